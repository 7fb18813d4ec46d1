// A part taken apart again: its records one by one with all names in full. Dumps, transfers and very long messages
// need this; ordinary answers copy parts whole.

import DNSCore

/// One record of a part, uncompressed.
package struct PartRecord: Hashable {
    package let type: RRType
    package let rrClass: RRClass
    package let ttl: UInt32
    package let rdata: [UInt8]

    package init(type: RRType, rrClass: RRClass, ttl: UInt32, rdata: [UInt8]) {
        self.type = type
        self.rrClass = rrClass
        self.ttl = ttl
        self.rdata = rdata
    }
}

extension ZoneView {
    /// The records of a part, and of its signatures if asked for, all names uncompressed.
    ///
    /// `owner` is the full wire form of the name that the part stands at. A damaged part gives fewer records.
    package func records(of reference: PartReference, owner: [UInt8], signatures: Bool) -> [PartRecord] {
        var expansion = PartExpansion(zone: self, part: view(reference), owner: owner)
        return expansion.records(signatures: signatures)
    }

    /// A node's full name in wire form, lower case.
    package func ownerWire(of node: NodeView) -> [UInt8] {
        unsafe Array(node.name) + Array(apexWire)
    }

    /// Every node whose RRsets are within the zone, in canonical order.
    package func forEachNode<Failure: Error>(_ body: (NodeView) throws(Failure) -> Void) throws(Failure) {
        var nodes = CanonicalNodes(of: self)
        while let node = nodes.next() { try body(node) }
    }

    /// Every record of the zone, in canonical order of owners and by type number, each RRset followed by its signatures.
    package func forEachRecord<Failure: Error>(
        _ body: (_ owner: [UInt8], _ record: PartRecord) throws(Failure) -> Void
    ) throws(Failure) {
        try forEachNode { (node) throws(Failure) in
            let owner = ownerWire(of: node)
            for entry in 0..<node.rrsetCount {
                for record in records(of: node.rrset(entry).part, owner: owner, signatures: true) {
                    try body(owner, record)
                }
            }
        }
    }
}

/// The nodes of a zone whose RRsets are within it, in canonical order.
package struct CanonicalNodes: IteratorProtocol {
    private let zone: ZoneView
    private let order: Int
    private let count: Int
    private var index = 0

    package init(of zone: ZoneView) {
        self.zone = zone
        order = Int(truncatingIfNeeded: zone.header(ZoneLayout.orderOffset))
        count = zone.bytes.contains(order, zone.nodeCount * 4) ? zone.nodeCount : 0
    }

    package mutating func next() -> NodeView? {
        while index < count {
            let reference = zone.bytes.load(UInt32.self, at: order + index * 4)
            index += 1
            let node = zone.view(NodeReference(rawValue: reference))
            if zone.bytes.contains(node.entries, node.rrsetCount * NodeLayout.entrySize) { return node }
        }
        return nil
    }
}

/// Walks a part and undoes its compression.
private struct PartExpansion {
    let part: PartView
    let owner: [UInt8]
    let apex: [UInt8]
    let wire: UnsafeRawBufferPointer
    /// Pointer places by anchor, each list in ascending order.
    let ownerPlaces: [Int]
    let apexPlaces: [Int]

    init(zone: ZoneView, part: PartView, owner: [UInt8]) {
        self.part = part
        self.owner = owner
        unsafe apex = Array(zone.apexWire)
        unsafe wire = part.bytes.slice(at: part.wireOffset, length: part.dataLength + part.signatureLength)
        let listed = part.ownerPointers + part.apexPointers
        // A damaged part may count more places than there are octets.
        let places = part.places(listed)
        ownerPlaces = places.map { places in (0..<part.ownerPointers).map { places[$0] } } ?? []
        apexPlaces = places.map { places in (part.ownerPointers..<listed).map { places[$0] } } ?? []
    }

    mutating func records(signatures: Bool) -> [PartRecord] {
        var records: [PartRecord] = []
        var position = 0
        let total = part.recordCount + (signatures ? part.signatureCount : 0)
        while records.count < total, let record = record(at: &position) { records.append(record) }
        return records
    }

    /// The record at `position`, which is moved behind it; nil at a damaged one.
    private func record(at position: inout Int) -> PartRecord? {
        guard position + 12 <= wire.count else { return nil }
        let start = position + 12
        let end = start + word(position + 10)
        guard end <= wire.count else { return nil }
        let type = RRType(rawValue: UInt16(word(position + 2)))
        let rrClass = RRClass(rawValue: UInt16(word(position + 4)))
        let ttl = UInt32(word(position + 6)) << 16 | UInt32(word(position + 8))
        position = end
        guard let rdata = expand(start..<end, of: type) else { return nil }
        return PartRecord(type: type, rrClass: rrClass, ttl: ttl, rdata: rdata)
    }

    private func expand(_ range: Range<Int>, of type: RRType) -> [UInt8]? {
        var rdata: [UInt8] = []
        var position = range.lowerBound
        for field in type.rdataFields {
            switch field {
            case .octets(let count):
                guard position + count <= range.upperBound else { return nil }
                unsafe rdata.append(contentsOf: wire[position..<position + count])
                position += count
            case .characterString:
                guard position < range.upperBound else { return nil }
                let end = unsafe position + 1 + Int(wire[position])
                guard end <= range.upperBound else { return nil }
                unsafe rdata.append(contentsOf: wire[position..<end])
                position = end
            case .compressibleName, .plainName:
                guard let name = name(at: &position, jumpsLeft: 64) else { return nil }
                rdata += name
            }
        }
        guard position <= range.upperBound else { return nil }
        unsafe rdata.append(contentsOf: wire[position..<range.upperBound])
        return rdata
    }

    /// The name at `position`, which is moved behind it, pointers followed. `jumpsLeft` ends the loops of a damaged part.
    private func name(at position: inout Int, jumpsLeft: Int) -> [UInt8]? {
        var name: [UInt8] = []
        while position < wire.count, name.count < Name.maximumLength {
            let length = unsafe Int(wire[position])
            if length >= 0xC0 {
                guard position + 2 <= wire.count, jumpsLeft > 0 else { return nil }
                let place = position
                let offset = word(place) & 0x3FFF
                position += 2
                if isListed(place, in: ownerPlaces) { return suffix(of: owner, from: offset).map { name + $0 } }
                if isListed(place, in: apexPlaces) { return suffix(of: apex, from: offset).map { name + $0 } }
                var target = offset
                return self.name(at: &target, jumpsLeft: jumpsLeft - 1).map { name + $0 }
            }
            guard length <= Name.maximumLabelLength, position + 1 + length <= wire.count else { return nil }
            unsafe name.append(contentsOf: wire[position..<position + 1 + length])
            position += 1 + length
            if length == 0 { return name }
        }
        return nil
    }

    private func suffix(of name: [UInt8], from offset: Int) -> ArraySlice<UInt8>? {
        offset < name.count ? name[offset...] : nil
    }

    private func isListed(_ place: Int, in places: [Int]) -> Bool {
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low] == place
    }

    private func word(_ position: Int) -> Int {
        unsafe Int(wire[position]) << 8 | Int(wire[position + 1])
    }
}
