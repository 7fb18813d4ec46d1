// Lays out one zone: nodes and parts as they come, then order, denial and index, then the header. References to nodes
// that are not placed yet are remembered and filled in at the end.

import DNSCore

/// Writes the bytes of one zone. The caller hands in nodes in canonical order, each followed by its RRsets.
struct ZoneWriter: ~Copyable {
    var serial = Serial(rawValue: 0)
    private let apex: Name
    private let rrClass: RRClass
    private var bytes: GrowingBuffer<UInt8>
    private var part: PartWriter
    private var shared: SharedParts
    /// The node of each name, in units of 4 bytes; 0 while it is not placed.
    private var nodes: [UInt32]
    /// Places that hold a name's number until its node is known.
    private var nodeFields = GrowingBuffer<Int>()
    private var entries = 0
    private var apexNode: UInt32 = 0
    private var negativeSOA: UInt32 = 0
    private var recordCount = 0

    init(apex: Name, rrClass: RRClass, nameCount: Int, recordCount: Int) {
        self.apex = apex
        self.rrClass = rrClass
        part = PartWriter(apex: apex)
        shared = SharedParts(expected: recordCount / 2)
        // What zones of delegations come to; others are more, and grow.
        bytes = GrowingBuffer(capacity: ZoneLayout.size + recordCount * 40)
        nodes = Array(repeating: 0, count: nameCount)
        for _ in 0..<ZoneLayout.size { bytes.append(0) }
        apex.wire.withUnsafeBytes { unsafe bytes.append(copying: $0) }
        bytes.pad(toMultipleOf: 4)
    }

    /// True when references to what comes next might not fit 32 bits: at 16 GiB, less what the rest of a zone takes.
    var isFull: Bool { bytes.count > 15 << 30 }

    /// The octets of the part at hand.
    var partLength: Int { part.wireLength }

    mutating func beginNode(
        _ id: NameID, name: UnsafeRawBufferPointer, flags: NodeFlags, wildcard: NameID?, proof: HashedChain.Proof?,
        rrsetCount: Int
    ) {
        nodes[id.index] = UInt32(bytes.count / 4)
        if id == NameTable.apexID { apexNode = nodes[id.index] }
        var flags = flags
        switch proof {
        case .none: break
        case .matched: flags.insert(.hashedProof)
        case .notMatched: flags.formUnion([.hashedProof, .notMatched])
        }
        bytes.appendLittleEndian(flags.rawValue)
        bytes.appendLittleEndian(UInt16(truncatingIfNeeded: rrsetCount))
        bytes.append(UInt8(name.count))
        unsafe bytes.append(copying: name)
        bytes.pad(toMultipleOf: 4)
        if let wildcard { appendReference(to: wildcard) }
        switch proof {
        case .none: break
        case .matched(let match, let wildcard):
            appendReference(to: match)
            appendReference(to: wildcard)
        case .notMatched(let encloser, let cover):
            appendReference(to: encloser)
            appendReference(to: cover)
        }
        entries = bytes.count
        for _ in 0..<rrsetCount * NodeLayout.entrySize { bytes.append(0) }
        unsafe part.setOwner(name)
    }

    private mutating func appendReference(to name: NameID?) {
        if name != nil { nodeFields.append(bytes.count) }
        bytes.appendLittleEndian(name?.rawValue ?? 0)
    }

    /// Appends the records and signatures of an RRset of the node at hand as a part. `noteTarget` may note an additional
    /// name for each record, whose row and the place of whose first name it gets.
    mutating func appendRecords(
        _ set: RRsetRows, of sets: borrowing NameRRsets, in table: SourceRows, ttl: UInt32,
        noteTarget: (inout PartWriter, Int, Int?) -> Void
    ) {
        appendAll(set, of: sets, in: table, ttl: ttl, selfPointers: true, noteTarget: noteTarget)
        if part.wireLength >= PartWriter.selfPointerLimit {
            appendAll(set, of: sets, in: table, ttl: ttl, selfPointers: false, noteTarget: noteTarget)
        }
    }

    private mutating func appendAll(
        _ set: RRsetRows, of sets: borrowing NameRRsets, in table: SourceRows, ttl: UInt32, selfPointers: Bool,
        noteTarget: (inout PartWriter, Int, Int?) -> Void
    ) {
        part.begin(selfPointers: selfPointers)
        for place in set.data {
            let row = sets[place]
            let name = unsafe part.appendRecord(
                type: set.type, rrClass: rrClass, ttl: ttl, rdata: table.rdata(of: row))
            noteTarget(&part, row, name)
        }
        for place in set.signatures {
            unsafe part.appendSignature(rrClass: rrClass, ttl: ttl, rdata: table.rdata(of: sets[place]))
        }
    }

    /// Leaves an empty part, for an RRset that can't be sent. The zone is not going to be used.
    mutating func discardPart() {
        part.begin()
    }

    /// Places the part, or shares an identical one, as entry `index` of the node at hand.
    mutating func endPart(entry index: Int, type: RRType) {
        recordCount += part.recordCount + part.signatureCount
        let entry = entries + index * NodeLayout.entrySize
        bytes.set(NodeLayout.entryType, of: entry, to: type.rawValue)
        bytes.set(NodeLayout.entryPart, of: entry, to: placePart())
    }

    mutating func endNegativeSOA() {
        negativeSOA = placePart()
    }

    private mutating func placePart() -> UInt32 {
        let start = bytes.count
        let additional = part.write(to: &bytes)
        if part.mayBeShared, let earlier = shared.findOrAdd(from: start, in: bytes) {
            bytes.truncate(to: start)
            return UInt32(earlier / 4)
        }
        for index in 0..<additional {
            nodeFields.append(
                bytes.count - (additional - index) * PartLayout.additionalSize + PartLayout.additionalNode.offset)
        }
        return UInt32(start / 4)
    }

    /// Writes what follows the nodes, and the header. Nothing can be added after that.
    ///
    /// - Returns: nil when the names collide in the index, whatever the seed of its hash.
    mutating func finish(
        order: [NameID], names: borrowing NameTable, flags: [NodeFlags], kinds: [RecordKinds], chain: HashedChain?
    ) -> CompiledZone? {
        resolveNodeFields()
        let orderOffset = bytes.count
        for id in order { bytes.appendLittleEndian(nodes[id.index]) }
        if let chain { appendParameters(of: chain) }
        let denialOffset = bytes.count
        let denialCount = chain.map { append($0) } ?? appendDenying(order, flags: flags, kinds: kinds)
        var zoneFlags: ZoneFlags = []
        if denialCount > 0 { zoneFlags = chain == nil ? .nsec : .nsec3 }
        bytes.pad(toMultipleOf: ZoneLayout.alignment)
        let indexOffset = bytes.count
        let visible = order.filter { !flags[$0.index].isHidden }
        guard let index = makeIndex(of: visible) else { return nil }
        bytes.append(copying: index.words.octets)

        let deepest = visible.map { UInt16(names.entries[$0.index].labels) }.max() ?? 0
        bytes.set(ZoneLayout.byteCount, of: 0, to: UInt64(bytes.count))
        bytes.set(ZoneLayout.indexOffset, of: 0, to: UInt64(indexOffset))
        bytes.set(ZoneLayout.orderOffset, of: 0, to: UInt64(orderOffset))
        bytes.set(ZoneLayout.denialOffset, of: 0, to: UInt64(denialOffset))
        bytes.set(ZoneLayout.bucketCount, of: 0, to: index.bucketCount)
        bytes.set(ZoneLayout.nodeCount, of: 0, to: UInt32(order.count))
        bytes.set(ZoneLayout.denialCount, of: 0, to: UInt32(denialCount))
        bytes.set(ZoneLayout.recordCount, of: 0, to: UInt32(truncatingIfNeeded: recordCount))
        bytes.set(ZoneLayout.serial, of: 0, to: serial.rawValue)
        bytes.set(ZoneLayout.apexNode, of: 0, to: apexNode)
        bytes.set(ZoneLayout.negativeSOA, of: 0, to: negativeSOA)
        bytes.set(ZoneLayout.rrClass, of: 0, to: rrClass.rawValue)
        bytes.set(ZoneLayout.flags, of: 0, to: zoneFlags.rawValue)
        bytes.set(ZoneLayout.deepestName, of: 0, to: deepest)
        bytes.set(ZoneLayout.longestProbe, of: 0, to: index.longestProbe)
        bytes.set(ZoneLayout.seed, of: 0, to: index.seed)
        bytes.set(ZoneLayout.apexLabels, of: 0, to: UInt16(apex.labelCount))
        bytes.set(ZoneLayout.apexLength, of: 0, to: UInt16(apex.wire.count))
        var content = GrowingBuffer<UInt8>()
        swap(&content, &bytes)
        return CompiledZone(
            apex: apex, rrClass: rrClass, serial: serial, recordCount: recordCount, content: ZoneBytes(content))
    }

    /// The index of names. They are read from the nodes, which stand in the order in which they are placed.
    private func makeIndex(of names: [NameID]) -> HashIndex? {
        let octets = unsafe bytes.octets
        return HashIndex(names.map { nodes[$0.index] }) { index, function in
            let node = Int(nodes[names[index].index]) * 4
            let length = unsafe Int(octets[node + NodeLayout.nameLength.offset])
            let start = node + NodeLayout.nameOffset
            return unsafe function.hash(UnsafeRawBufferPointer(rebasing: octets[start..<start + length])).hash
        }
    }

    /// The names with NSEC records in canonical order: how many, 0 when the apex has none.
    private mutating func appendDenying(_ order: [NameID], flags: [NodeFlags], kinds: [RecordKinds]) -> Int {
        let denying = order.filter { kinds[$0.index].contains(.nsec) && !flags[$0.index].isHidden }
        guard denying.first == NameTable.apexID else { return 0 }
        for id in denying { bytes.appendLittleEndian(nodes[id.index]) }
        return denying.count
    }

    private mutating func appendParameters(of chain: HashedChain) {
        bytes.set(ZoneLayout.hashParameters, of: 0, to: UInt32(bytes.count / 4))
        bytes.appendLittleEndian(chain.parameters.iterations)
        bytes.append(UInt8(chain.parameters.salt.count))
        bytes.append(1)
        bytes.append(contentsOf: chain.parameters.salt)
        bytes.pad(toMultipleOf: 4)
    }

    /// The hashes of a chain and their nodes: how many.
    private mutating func append(_ chain: HashedChain) -> Int {
        for link in chain.links {
            bytes.appendBigEndian(link.hash.first)
            bytes.appendBigEndian(link.hash.second)
            bytes.appendBigEndian(link.hash.third)
            bytes.appendLittleEndian(nodes[link.owner.index])
        }
        return chain.links.count
    }

    private mutating func resolveNodeFields() {
        let memory = unsafe UnsafeMutableRawBufferPointer(bytes.elements)
        for index in nodeFields.indices {
            let place = nodeFields[index]
            precondition(place >= 0 && place + 4 <= bytes.count)
            // Safe: the place is within the bytes.
            let number = UInt32(littleEndian: unsafe memory.loadUnaligned(fromByteOffset: place, as: UInt32.self))
            unsafe memory.storeBytes(of: nodes[Int(number)].littleEndian, toByteOffset: place, as: UInt32.self)
        }
    }
}
