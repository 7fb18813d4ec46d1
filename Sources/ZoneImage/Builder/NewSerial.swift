// A compiled zone with another serial. Nothing else of a zone depends on it, unless the zone is signed or has a digest of itself:
// so its bytes are copied, and four octets are set, twice: in the SOA of the apex and in that of negative answers.

import DNSCore

/// Why a zone can't get another serial by itself.
package enum NewSerialProblem: Error, CustomStringConvertible {
    /// The signatures of the SOA would not fit it any more.
    case signed
    /// The ZONEMD record would not (RFC 8976, section 2.2.1).
    case hasDigest
    /// It is not as the builder makes zones.
    case damaged

    package var description: String {
        switch self {
        case .signed:
            "the zone is signed: with a new serial, its SOA would have to be signed anew; load it with a serial of its own"
        case .hasDigest: "the zone has a ZONEMD record, which holds its serial; load it with a serial of its own"
        case .damaged: "the zone is damaged"
        }
    }
}

extension CompiledZone {
    /// The zone with another serial, as if it had been compiled with it.
    package func with(serial: Serial) throws(NewSerialProblem) -> CompiledZone {
        let places = try placesOfSerial().get()
        var bytes = GrowingBuffer<UInt8>(capacity: content.count)
        content.withUnsafeBytes { unsafe bytes.append(copying: $0) }
        bytes.set(ZoneLayout.serial, of: 0, to: serial.rawValue)
        for place in places {
            // As messages have it: big-endian.
            for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: serial.rawValue >> (24 - 8 * index)) }
        }
        return CompiledZone(
            apex: apex, rrClass: rrClass, serial: serial, recordCount: recordCount, content: ZoneBytes(bytes))
    }

    /// Where the serial stands in the zone's SOA parts.
    private func placesOfSerial() -> Result<[Int], NewSerialProblem> {
        withView { zone in
            if zone.isSigned { return .failure(.signed) }
            let apex = zone.view(zone.apexNode)
            if !apex.part(of: .zonemd).isNone { return .failure(.hasDigest) }
            let places = [apex.part(of: .soa), zone.negativeSOA].map { reference in
                let part = zone.view(reference)
                // The serial and the four times after it end the data (RFC 1035, section 3.3.13).
                return part.wireOffset + part.dataLength - 20
            }
            let isThere = places.allSatisfy { zone.bytes.load(UInt32.self, at: $0).byteSwapped == zone.serial.rawValue }
            return isThere ? .success(places) : .failure(.damaged)
        } ?? .failure(.damaged)
    }
}
