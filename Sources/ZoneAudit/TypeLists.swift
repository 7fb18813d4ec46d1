// Whether NSEC and NSEC3 records list the types that their names have (RFC 4034, section 4.1.2; RFC 5155, section 7.1).

import DNSCore
import ZoneImage

extension ZoneAudit {
    /// Compares what is listed for a name with what is there.
    mutating func checkTypes(of zone: ZoneView, _ node: NodeView, _ owner: [UInt8]) {
        let there = ZoneAudit.types(of: node, in: zone)
        if let rdata = ZoneAudit.record(.nsec, of: node, in: zone) {
            // It is signed itself, also at a cut.
            compare(
                there.union([.nsec, .rrsig]), with: ZoneAudit.types(inMaps: ZoneAudit.maps(ofNSEC: rdata)), owner,
                Subject(owner: owner, type: .nsec, rdata: []))
        }
        if case .matched(let match, _) = zone.hashedProof(of: node), !match.isNone,
            let rdata = ZoneAudit.record(.nsec3, of: zone.view(match), in: zone)
        {
            compare(
                there, with: ZoneAudit.types(inMaps: ZoneAudit.maps(ofNSEC3: rdata)), owner,
                Subject(owner: zone.ownerWire(of: zone.view(match)), type: .nsec3, rdata: []))
        }
    }

    private mutating func compare(
        _ there: Set<RRType>, with listed: Set<RRType>, _ owner: [UInt8], _ subject: Subject
    ) {
        func text(_ types: Set<RRType>) -> String { types.map { "\($0)" }.sorted().joined(separator: ", ") }
        let place = "\(Name(wire: owner).map { "\($0)" } ?? "?") \(subject.type)"
        let (missing, excess) = (there.subtracting(listed), listed.subtracting(there))
        if !missing.isEmpty { note("\(place): it does not list \(text(missing)), which is there", at: subject) }
        if !excess.isEmpty { note("\(place): it lists \(text(excess)), which is not there", at: subject) }
    }

    /// The types that a name has in this zone, NSEC and NSEC3 apart. RRSIG is one where anything of that is signed.
    private static func types(of node: NodeView, in zone: ZoneView) -> Set<RRType> {
        var there: Set<RRType> = []
        for index in 0..<node.rrsetCount {
            let (type, reference) = node.rrset(index)
            if type == .nsec || type == .nsec3 { continue }
            // At a cut the rest is the child's.
            if node.flags.contains(.cut), type != .ns, type != .ds { continue }
            let part = zone.view(reference)
            if part.recordCount > 0 { there.insert(type) }
            if part.signatureCount > 0, !node.flags.contains(.cut) || type == .ds { there.insert(.rrsig) }
        }
        return there
    }

    private static func record(_ type: RRType, of node: NodeView, in zone: ZoneView) -> [UInt8]? {
        let part = node.part(of: type)
        return part.isNone
            ? nil : zone.records(of: part, owner: zone.ownerWire(of: node), signatures: false).first?.rdata
    }

    /// The bit maps of an NSEC record, which follow the next name.
    private static func maps(ofNSEC rdata: [UInt8]) -> ArraySlice<UInt8> {
        var rest = rdata[...]
        while let length = rest.popFirst(), length > 0 { rest = rest.dropFirst(Int(length)) }
        return rest
    }

    /// The bit maps of an NSEC3 record, which follow the salt and the next hash.
    private static func maps(ofNSEC3 rdata: [UInt8]) -> ArraySlice<UInt8> {
        var rest = rdata.dropFirst(4)
        for _ in 0..<2 { if let length = rest.popFirst() { rest = rest.dropFirst(Int(length)) } }
        return rest
    }

    private static func types(inMaps maps: ArraySlice<UInt8>) -> Set<RRType> {
        var rest = maps
        var types: Set<RRType> = []
        while let window = rest.popFirst(), let count = rest.popFirst() {
            for (index, octet) in rest.prefix(Int(count)).enumerated() {
                for bit in 0..<8 where octet & 0x80 >> bit != 0 {
                    types.insert(RRType(rawValue: UInt16(window) << 8 | UInt16(index * 8 + bit)))
                }
            }
            rest = rest.dropFirst(Int(count))
        }
        return types
    }
}
