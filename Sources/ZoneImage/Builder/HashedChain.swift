// The NSEC3 chain of a zone under construction (RFC 5155): which parameter set is used when there are several, and which of
// its records prove what about each name that exists.

import DNSCore

/// One complete ring of NSEC3 records, in order of hashes.
struct HashedChain {
    /// What the hash of a name depends on (RFC 5155, section 4).
    struct Parameters: Hashable {
        let iterations: UInt16
        let salt: [UInt8]
    }

    /// One NSEC3 record: its owner's hash, the next one, and the name that owns it.
    struct Link {
        let hash: HashedName
        let next: HashedName
        let owner: NameID
        let isOptOut: Bool
    }

    /// What the image stores for a name: see `HashedProof`.
    enum Proof {
        case matched(match: NameID, wildcard: NameID?)
        case notMatched(encloser: NameID, cover: NameID)
    }

    let parameters: Parameters
    let links: [Link]

    /// A chain from the records of one parameter set.
    init(_ parameters: Parameters, _ records: [Link]) {
        self.parameters = parameters
        let sorted = records.sorted { ($0.hash, $0.next) < ($1.hash, $1.next) }
        links = sorted.indices.filter { $0 == 0 || sorted[$0 - 1].hash != sorted[$0].hash }.map { sorted[$0] }
    }

    /// True when each record leads to the one behind it, and the last to the first.
    var isRing: Bool {
        !links.isEmpty && links.indices.allSatisfy { links[$0].next == links[($0 + 1) % links.count].hash }
    }

    func hash(_ name: some Sequence<UInt8>) -> HashedName {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Name.maximumLength) { buffer in
            let (_, length) = unsafe buffer.update(from: name)
            return parameters.salt.withUnsafeBytes { salt in
                // Safe: `length` octets of the buffer were filled.
                unsafe HashedName(
                    of: buffer.baseAddress.unsafelyUnwrapped, length: length, salt: salt,
                    iterations: parameters.iterations)
            }
        }
    }

    /// The number of the link that matches or covers a hash.
    func link(notBehind hash: HashedName) -> Int {
        var low = -1
        var high = links.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if links[middle].hash <= hash { low = middle } else { high = middle }
        }
        return low < 0 ? links.count - 1 : low
    }

    /// An NSEC3 record's fields; nil when it is malformed or of an unknown hash algorithm (RFC 5155, section 8.1).
    static func parse(_ rdata: ArraySlice<UInt8>) -> (parameters: Parameters, flags: UInt8, next: HashedName)? {
        guard let (parameters, flags, rest) = parseParameters(rdata), let length = rest.first,
            let next = HashedName(octets: rest.dropFirst().prefix(Int(length)))
        else { return nil }
        return (parameters, flags, next)
    }

    /// The fields that NSEC3 and NSEC3PARAM records begin with, and what follows them.
    static func parseParameters(
        _ rdata: ArraySlice<UInt8>
    ) -> (parameters: Parameters, flags: UInt8, rest: ArraySlice<UInt8>)? {
        let octets = Array(rdata.prefix(5))
        guard octets.count == 5, octets[0] == 1, rdata.count >= 5 + Int(octets[4]) else { return nil }
        let behind = rdata.dropFirst(5)
        return (
            Parameters(
                iterations: UInt16(octets[2]) << 8 | UInt16(octets[3]), salt: Array(behind.prefix(Int(octets[4])))),
            octets[1], behind.dropFirst(Int(octets[4]))
        )
    }
}

/// For each name, the link that matches it.
struct HashedNames {
    let chain: HashedChain
    /// By name; -1 where there is none.
    private(set) var matches: [Int32]

    init(_ chain: HashedChain, names: borrowing NameTable, flags: [NodeFlags]) {
        self.chain = chain
        matches = []
        for index in names.entries.indices {
            var match: Int32 = -1
            if !flags[index].isHidden {
                let hash = chain.hash(names.name(NameID(rawValue: UInt32(index))).wire)
                let link = chain.link(notBehind: hash)
                if chain.links[link].hash == hash { match = Int32(link) }
            }
            matches.append(match)
        }
    }

    /// The NSEC3 records for a name that is in the index; nil when not even the apex has one.
    func proof(of id: NameID, names: borrowing NameTable, flags: NodeFlags) -> HashedChain.Proof? {
        if flags.isHidden { return nil }
        let match = matches[id.index]
        if match >= 0 {
            let owner = chain.links[Int(match)].owner
            // Nothing is denied below a cut or a DNAME, and no wildcard fits below the longest names.
            let name = names.name(id).wire
            guard flags.isDisjoint(with: [.cut, .dname]), name.count + 2 <= Name.maximumLength else {
                return .matched(match: owner, wildcard: nil)
            }
            let wildcard = chain.link(notBehind: chain.hash([1, UInt8(ascii: "*")] + name))
            return .matched(match: owner, wildcard: chain.links[wildcard].owner)
        }
        var next = id
        for skip in 1...max(1, Int(names.entries[id.index].labels)) {
            guard let encloser = names.ancestor(of: id, skippingLabels: skip) else { return nil }
            if matches[encloser.index] >= 0 {
                let cover = chain.link(notBehind: chain.hash(names.name(next).wire))
                return .notMatched(encloser: encloser, cover: chain.links[cover].owner)
            }
            next = encloser
        }
        return nil
    }
}

extension ZoneBuilder {
    /// The chain that answers use: a complete one that the apex announces (RFC 5155, section 7.3); nil when there is none.
    mutating func findHashedChain() -> HashedChain? {
        let (announced, isRefused) = announcedParameters()
        if announced.isEmpty {
            if !isRefused, groups.kinds.contains(where: { $0.contains(.nsec3) }),
                !groups.kinds[NameTable.apexID.index].contains(.nsec)
            {
                problems.append(
                    .warning(
                        .nsec3Chain, nil,
                        "there are NSEC3 records and no NSEC3PARAM at the apex that announces them: they are not used, and "
                            + "resolvers will reject denials of existence"))
            }
            return nil
        }
        var links: [HashedChain.Parameters: [HashedChain.Link]] = [:]
        for index in groups.kinds.indices where groups.kinds[index].contains(.nsec3) {
            let owner = NameID(rawValue: UInt32(index))
            guard groups.names.entries[index].labels == 1,
                let hash = HashedName(label: unsafe groups.names.relativeName(owner).dropFirst())
            else { continue }
            for row in groups.rows(of: owner) where table.rows[Int(row)].type == .nsec3 {
                guard let record = HashedChain.parse(table.heap[table.rows[Int(row)].rdataRange]),
                    announced.contains(record.parameters)
                else { continue }
                links[record.parameters, default: []].append(
                    HashedChain.Link(
                        hash: hash, next: record.next, owner: owner, isOptOut: record.flags & 1 != 0))
            }
        }
        let chains = announced.compactMap { parameters in
            links[parameters].map { HashedChain(parameters, $0) }
        }.filter { $0.links.contains { [apex = self.apex, chain = $0] in $0.hash == chain.hash(apex.wire) } }
        if let complete = chains.first(where: \.isRing) { return complete }
        // Better proofs of another kind than such as have gaps.
        if groups.kinds[NameTable.apexID.index].contains(.nsec) { return nil }
        problems.append(
            .warning(.nsec3Chain, nil, "no NSEC3 chain is complete: resolvers will reject denials of existence"))
        return chains.max { $0.links.count < $1.links.count }
    }

    /// The parameter sets of the apex, cheapest first, and whether others have too many iterations.
    private mutating func announcedParameters() -> ([HashedChain.Parameters], isRefused: Bool) {
        var sets: Set<HashedChain.Parameters> = []
        var isRefused = false
        for row in groups.rows(of: NameTable.apexID) where table.rows[Int(row)].type == .nsec3param {
            // Flags must be 0 (RFC 5155, section 4.1.2).
            guard let record = HashedChain.parseParameters(table.heap[table.rows[Int(row)].rdataRange]),
                record.flags == 0
            else { continue }
            let iterations = record.parameters.iterations
            guard iterations <= options.iterationLimit else {
                problems.append(
                    .error(
                        Int(row),
                        "\(iterations) NSEC3 iterations; the limit is \(options.iterationLimit) (RFC 9276 asks for 0); "
                            + "--nsec3-iterations raises it"))
                isRefused = true
                continue
            }
            if iterations > ZoneBuilder.reasonableIterations {
                problems.append(
                    .warning(
                        .nsec3Iterations, Int(row),
                        "\(iterations) NSEC3 iterations: resolvers treat zones with more than "
                            + "\(ZoneBuilder.reasonableIterations) as unsigned; RFC 9276 asks for 0"))
            }
            sets.insert(record.parameters)
        }
        let sorted = sets.sorted { left, right in
            left.iterations != right.iterations
                ? left.iterations < right.iterations : left.salt.lexicographicallyPrecedes(right.salt)
        }
        return (sorted, isRefused)
    }

    /// What validating resolvers take (RFC 9276, section 3.2).
    private static let reasonableIterations: UInt16 = 100

    /// Warns of names that a chain leaves out without opting out.
    mutating func checkMatches(_ hashed: HashedNames) {
        var missing: [NameID] = []
        for index in hashed.matches.indices where hashed.matches[index] < 0 && !flags[index].isHidden {
            let id = NameID(rawValue: UInt32(index))
            let cover = hashed.chain.link(notBehind: hashed.chain.hash(groups.names.name(id).wire))
            if !hashed.chain.links[cover].isOptOut { missing.append(id) }
        }
        var first: Name?
        for id in missing {
            let name = groups.names.name(id)
            first = min(first ?? name, name)
        }
        guard let first else { return }
        problems.append(
            .warning(
                .nsec3Chain, nil,
                "\(first) has no NSEC3 record, nor is it left out by opt-out; \(missing.count) such names in all"))
    }
}
