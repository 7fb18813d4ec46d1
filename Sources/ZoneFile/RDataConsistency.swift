// What holds between the fields of some types, which no field knows by itself: for rdata from text and for rdata that was
// given as octets.

import DNSCore

/// The rules between fields.
enum RDataConsistency {
    /// What is wrong, and the number of the field that shows it.
    struct Complaint {
        let field: Int
        let text: String
    }

    /// What is wrong with rdata each field of which is of its form; nil: nothing.
    @inline(__always)
    static func complaint(about rdata: Octets, of type: RRType) -> Complaint? {
        switch type {
        case .rrsig, .sig: covered(RRType(rawValue: UInt16(rdata[0]) << 8 | UInt16(rdata[1])))
        case .ds, .cds, .dlv, .ta: length(ofDigest: rdata.count - 4, field: 3, digestSize(rdata[3]), type: rdata[3])
        case .sshfp: length(ofDigest: rdata.count - 2, field: 2, fingerprintSize(rdata[1]), type: rdata[1])
        case .zonemd: length(ofZoneDigest: rdata.count - 6, scheme: rdata[4], algorithm: rdata[5])
        case .x25: number(rdata)
        case .key: key(rdata)
        case .uri: target(rdata)
        default: nil
        }
    }

    @inline(__always)
    private static func covered(_ type: RRType) -> Complaint? {
        if type.mayStandInZone { return nil }
        return type.complaintAboutZone.map { Complaint(field: 0, text: $0) }
    }

    /// IANA's "DS RR Type Digest Algorithms": SHA-1, SHA-256, GOST R 34.11-94, SHA-384, GOST R 34.11-2012, SM3.
    @inline(__always)
    private static func digestSize(_ type: UInt8) -> Int? {
        switch type {
        case 1: 20
        case 2, 3, 5, 6: 32
        case 4: 48
        default: nil
        }
    }

    /// IANA's "SSHFP RR Types for fingerprint types": SHA-1, SHA-256.
    private static func fingerprintSize(_ type: UInt8) -> Int? {
        switch type {
        case 1: 20
        case 2: 32
        default: nil
        }
    }

    @inline(__always)
    private static func length(ofDigest octets: Int, field: Int, _ expected: Int?, type: UInt8) -> Complaint? {
        guard let expected, octets != expected else { return nil }
        return Complaint(field: field, text: "expected \(expected) octets for type \(type), found \(octets)")
    }

    /// The scheme SIMPLE with SHA-384 or SHA-512 (IANA's "ZONEMD Schemes" and "ZONEMD Hash Algorithms") has digests of known
    /// lengths. Others have twelve octets at least (RFC 8976, section 2.2.4), schemes for private use any.
    private static func length(ofZoneDigest octets: Int, scheme: UInt8, algorithm: UInt8) -> Complaint? {
        if scheme == 1, algorithm == 1 || algorithm == 2 {
            return length(ofDigest: octets, field: 3, algorithm == 1 ? 48 : 64, type: algorithm)
        }
        if octets >= 12 || (240...254).contains(scheme) { return nil }
        return Complaint(field: 3, text: "expected at least 12 octets, found \(octets) (RFC 8976, section 2.2.4)")
    }

    /// RFC 1183, section 3.1.
    private static func number(_ rdata: Octets) -> Complaint? {
        let digits = rdata.array.dropFirst()
        if digits.count >= 4, digits.allSatisfy(ASCII.isDigit) { return nil }
        return Complaint(field: 0, text: "expected at least four digits and nothing else")
    }

    /// Only flags with both highest bits set say that there is no key (RFC 2535, section 3.1.2).
    private static func key(_ rdata: Octets) -> Complaint? {
        if rdata.count > 4 || rdata[0] >= 0xC0 { return nil }
        return Complaint(field: 3, text: "expected base64: only flags from 49152 on say that there is no key")
    }

    /// RFC 7553, section 4.4.
    private static func target(_ rdata: Octets) -> Complaint? {
        rdata.count > 4 ? nil : Complaint(field: 2, text: "expected a URI, found an empty string")
    }
}
