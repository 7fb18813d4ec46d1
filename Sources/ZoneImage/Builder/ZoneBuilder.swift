// From a table of records to a zone in the form in which it is served. All that a query would otherwise have to find out
// is decided here: cuts, occlusion, empty non-terminals, wildcards, additional names, the SOA of negative answers.

import DNSCore

/// Compiles the records of one zone. The zone depends on the set of records alone, not on their order.
public struct ZoneBuilder: ~Copyable {
    let table: RecordTable
    /// The rows of `table`.
    let source: SourceRows
    let options: BuildOptions
    let apex: Name
    var groups: RecordGroups
    var flags: [NodeFlags] = []
    var wildcards: [NameID: NameID] = [:]
    var problems: [ZoneProblem] = []
    /// Which name of this zone each record points to.
    let targets: RecordTargets
    /// By name: whether any record points to it, so that its addresses may go along with an answer.
    var isTarget: [Bool] = []
    var signatureTimes: SignatureTimes
    /// Whether any name has a DNAME, and whether any has other octets than ASCII: most zones have neither.
    var hasDNAME = false
    var hasForeignNames = false

    /// Checks `records` against the rules for zones and compiles them. Never traps, whatever the records are.
    public static func build(_ records: RecordTable, options: BuildOptions = BuildOptions()) -> BuildResult {
        SourceRows.with(records) { source in
            var builder = ZoneBuilder(table: records, source: source, options: options)
            builder.findStructure()
            let image = builder.write()
            let problems = builder.problems.sorted { ($0.row ?? -1, $0.message) < ($1.row ?? -1, $1.message) }
            let isServable = !problems.contains { $0.severity == .error }
            return BuildResult(zone: isServable ? image : nil, problems: problems)
        }
    }

    private init(table: RecordTable, source: SourceRows, options: BuildOptions) {
        self.table = table
        self.source = source
        self.options = options
        signatureTimes = SignatureTimes(now: options.now)
        apex = table.origin.lowercased
        groups = RecordGroups(source, origin: table.origin)
        targets = RecordTargets(source, names: groups.names)
        problems = groups.outside.map { row in
            .error(row, "\(table[row].owner) is outside the zone \(table.origin)")
        }
    }

    /// Finds what each name is: a cut, occluded, an empty non-terminal, a wildcard's parent.
    private mutating func findStructure() {
        flags = groups.kinds.enumerated().map { index, kinds in
            index == NameTable.apexID.index ? NodeFlags(apexWith: kinds) : NodeFlags(nameWith: kinds)
        }
        for index in 0..<groups.names.count where !flags[index].contains(.hash) {
            placeBelowAncestors(NameID(rawValue: UInt32(index)))
        }
        // Names that were added above are empty non-terminals; they are no one's descendants below a cut.
        for index in 0..<groups.names.count where !flags[index].isHidden {
            noteWildcard(NameID(rawValue: UInt32(index)))
        }
    }

    /// Finds out whether a name is occluded; if it is not, adds the empty non-terminals between it and the apex.
    private mutating func placeBelowAncestors(_ id: NameID) {
        let labels = Int(groups.names.entries[id.index].labels)
        if labels > 0, flags[NameTable.apexID.index].contains(.dname) {
            flags[id.index].insert(.occluded)
            return
        }
        // From the apex down: what is missing there is added only once it is known that no cut stands further down.
        var missing: [Int] = []
        for skip in stride(from: labels - 1, to: 0, by: -1) {
            guard let ancestor = groups.names.ancestor(of: id, skippingLabels: skip) else {
                missing.append(skip)
                continue
            }
            if !flags[ancestor.index].isDisjoint(with: [.cut, .dname]) {
                flags[id.index].insert(.occluded)
                return
            }
            // A name with others below it exists, whatever it holds.
            flags[ancestor.index].remove(.hash)
        }
        for skip in missing {
            groups.addAncestor(of: id, skippingLabels: skip)
            if groups.kinds.count > flags.count { flags.append(.emptyNonTerminal) }
        }
    }

    private mutating func noteWildcard(_ id: NameID) {
        guard isWildcard(id), let parent = groups.names.ancestor(of: id, skippingLabels: 1)
        else { return }
        flags[parent.index].insert(.wildcardBelow)
        wildcards[parent] = id
    }

    /// Writes the image of the zone, and collects problems with its RRsets on the way.
    private mutating func write() -> CompiledZone? {
        let order = groups.names.canonicalOrder()
        groups.arrange(in: order)
        let chain = findHashedChain()
        let hashed = chain.map { HashedNames($0, names: groups.names, flags: flags) }
        if let hashed { checkMatches(hashed) } else { checkPlainChain(order) }
        var writer = ZoneWriter(
            apex: apex, rrClass: table.rrClass, nameCount: order.count, recordCount: table.count)
        checkApex()
        var sets = NameRRsets(source)
        hasDNAME = groups.kinds.contains { $0.contains(.dname) }
        hasForeignNames = !groups.names.isASCII
        isTarget = Array(repeating: false, count: groups.names.count)
        targets.visitNames { isTarget[$0.index] = true }
        for (place, id) in order.enumerated() {
            prefetch(order, behind: place)
            sets.collect(groups.rows(at: place))
            checkRRsets(sets, at: id)
            let flags = flags[id.index]
            writer.beginNode(
                id, name: unsafe groups.names.relativeName(id), flags: flags,
                wildcard: flags.contains(.wildcardBelow) ? wildcards[id] : nil,
                proof: hashed?.proof(of: id, names: groups.names, flags: flags), rrsetCount: sets.indices.count)
            for index in sets.indices {
                let set = sets[set: index]
                append(set, of: sets, at: id, to: &writer, ttl: set.ttl)
                writer.endPart(entry: index, type: set.type)
            }
            if writer.isFull || groups.names.isFull {
                problems.append(.error(nil, "the zone is too large: its names or its image would take too many bytes"))
                return nil
            }
            if id == NameTable.apexID {
                for index in sets.indices where sets[set: index].type == .soa {
                    appendNegativeSOA(sets[set: index], of: sets, to: &writer)
                }
            }
        }
        checkUnclaimedAddresses()
        problems += signatureTimes.problems
        let zone = writer.finish(order: order, names: groups.names, flags: flags, kinds: groups.kinds, chain: chain)
        if zone == nil {
            problems.append(.error(nil, "the zone's names collide with every hash seed; they were chosen for that"))
        }
        return zone
    }

    /// Has the memory fetched that the names some places behind this one need, in two steps.
    ///
    /// Names in canonical order are spread all over a large table; without this, a third of the time is waiting.
    private func prefetch(_ order: [NameID], behind place: Int) {
        if place + 24 < order.count {
            groups.names.prefetchEntry(order[place + 24])
            if let row = groups.firstRow(at: place + 24) {
                source.prefetch(row: row)
                targets.prefetch(row: row)
            }
        }
        if place + 12 < order.count {
            groups.names.prefetchOctets(order[place + 12])
            if let row = groups.firstRow(at: place + 12) { source.prefetchOctets(of: row) }
        }
    }

    private mutating func append(
        _ set: RRsetRows, of sets: borrowing NameRRsets, at id: NameID, to writer: inout ZoneWriter, ttl: UInt32
    ) {
        writer.appendRecords(set, of: sets, in: source, ttl: ttl) { part, row, place in
            guard let place, let target = additional(row, of: set.type, place: place, at: id) else { return }
            part.noteAdditional(target.name, place: target.place, kind: target.kind)
        }
        let size = writer.partLength
        if size > ZoneBuilder.largestRRset || set.data.count > Int(UInt16.max) || set.signatures.count > Int(UInt16.max)
        {
            problems.append(
                .error(
                    sets.first(of: set.data) ?? sets.first(of: set.signatures),
                    "the \(set.type) records take \(size) octets with their signatures; at most "
                        + "\(ZoneBuilder.largestRRset) fit a message"))
            writer.discardPart()
        }
    }

    /// The largest RRset with its signatures that fits a message with the longest question and an OPT record.
    static var largestRRset: Int {
        Int(UInt16.max) - MessageHeader.size - (Name.maximumLength + 4) - EDNS.emptyRecordSize
    }

    /// The SOA as negative answers carry it: its TTL is the least of its own and its MINIMUM (RFC 2308, section 3).
    private mutating func appendNegativeSOA(
        _ soa: RRsetRows, of sets: borrowing NameRRsets, to writer: inout ZoneWriter
    ) {
        guard let row = sets.first(of: soa.data) else { return }
        let rdata = unsafe source.rdata(of: row)
        guard rdata.count >= 22 else { return }
        let minimum = unsafe rdata.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let serial = unsafe rdata.suffix(20).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        writer.serial = Serial(rawValue: serial)
        append(soa, of: sets, at: NameTable.apexID, to: &writer, ttl: min(soa.ttl, minimum))
        writer.endNegativeSOA()
    }

    /// The name in a record's rdata, at `place` in its part, whose addresses are worth sending along (RFC 1035, sections
    /// 3.3.9 and 3.3.11, RFC 2782, RFC 9460, section 4.1), as far as this zone holds any.
    private func additional(
        _ row: Int, of type: RRType, place: Int, at owner: NameID
    ) -> (name: NameID, place: Int, kind: AdditionalKind)? {
        if type == .svcb || type == .https {
            let rdata = unsafe source.rdata(of: row)
            if unsafe rdata.count > 2 && rdata[2] == 0 {
                // The root as target means the owner (RFC 9460, section 2.5.2), which every record begins with.
                return groups.kinds[owner.index].contains(.address) ? (owner, 0, .optional) : nil
            }
        }
        guard let name = targets[row], groups.kinds[name.index].contains(.address) else { return nil }
        let isInDomain = type == .ns && flags[owner.index].contains(.cut) && isAtOrBelow(name, owner)
        return (name, place, isInDomain ? .inDomainGlue : .optional)
    }

    /// True when `name` is `ancestor` or below it.
    func isAtOrBelow(_ name: NameID, _ ancestor: NameID) -> Bool {
        let labels = Int(groups.names.entries[name.index].labels)
        let ancestorLabels = Int(groups.names.entries[ancestor.index].labels)
        guard labels >= ancestorLabels else { return false }
        let suffix = unsafe groups.names.suffix(of: name, skippingLabels: labels - ancestorLabels)
        return unsafe suffix.elementsEqual(groups.names.relativeName(ancestor))
    }

    /// True for names whose first label is `*`.
    func isWildcard(_ id: NameID) -> Bool { unsafe NameTable.isWildcard(groups.names.relativeName(id)) }
}

extension NodeFlags {
    fileprivate init(apexWith kinds: RecordKinds) {
        self = kinds.contains(.dname) ? .dname : []
        // Refused, but for that it must be seen.
        if kinds.contains(.cname) { insert(.cname) }
    }

    fileprivate init(nameWith kinds: RecordKinds) {
        self = kinds == .nsec3 ? .hash : []
        if kinds.contains(.ns) {
            insert(.cut)
        } else if kinds.contains(.dname) {
            insert(.dname)
        }
        if kinds.contains(.cname) { insert(.cname) }
    }
}
