// Records that keep to every rule and were probably meant otherwise: a missing dot, an address for a name, an '@' for a dot.
// A zone that is right must not be warned about, so each rule here asks for more than one sign.

import DNSCore

extension ZoneBuilder {
    /// Looks at an RRset that can be an answer.
    mutating func checkLikelyMistakes(_ set: RRsetRows, of sets: borrowing NameRRsets, at id: NameID) {
        switch set.type {
        case .a, .aaaa, .rrsig, .txt, .nsec, .nsec3, .ds, .dnskey: return
        case .soa: for place in set.data { checkMailbox(sets[place], skippingNames: 1, .soa) }
        case .rp: for place in set.data { checkMailbox(sets[place], skippingNames: 0, .rp) }
        case .tlsa, .smimea: for place in set.data { checkDigestLength(sets[place], set.type) }
        case .cds, .cdnskey, .csync, .nsec3param: checkIsAtApex(set, of: sets, at: id)
        case .mx: checkNullMX(set, of: sets, at: id)
        case .cname: checkAliasLoop(set, of: sets, at: id)
        default: break
        }
        guard let offset = RecordTargets.nameOffset(in: set.type) else { return }
        for place in set.data { checkTarget(sets[place], set.type, nameAt: offset) }
    }

    /// Looks at a name that has records and is not hidden.
    mutating func checkOwner(_ id: NameID, row: Int) {
        if hasForeignNames { checkCharacters(of: id, row: row) }
        // Below a delegation names are another's; the delegation of such a name itself is usual in a zone of one label (com.com).
        let isSingle = apex.labelCount == 1
        guard unsafe endsWithApex(groups.names.relativeName(id)), !(isSingle && flags[id.index].contains(.cut)) else {
            return
        }
        // In a zone of one label, a host with the name of the zone is usual too.
        if isSingle, groups.names.entries[id.index].labels == 1 { return }
        problems.append(
            .warning(
                .doubledOrigin, row,
                "\(groups.names.name(id)) ends with \(apex) twice; end a name with a dot if it is complete"))
    }

    /// Whether the labels before the apex end with those of the apex.
    private func endsWithApex(_ relative: UnsafeRawBufferPointer) -> Bool {
        let length = apex.wire.count - 1
        guard length > 0, relative.count >= length,
            unsafe relative.suffix(length).elementsEqual(apex.wire.dropLast())
        else { return false }
        var position = 0
        while position < relative.count - length { unsafe position += 1 + Int(relative[position]) }
        return position == relative.count - length
    }

    // MARK: Owners

    /// Resolvers ask for the xn-- form (RFC 5891). Instances of services have names in UTF-8 (RFC 6763, section 4.1.1).
    private mutating func checkCharacters(of id: NameID, row: Int) {
        let name = groups.names.name(id)
        var position = 0
        var isForeign = false
        // Of the apex once, and not again with each name below it.
        let own = id == NameTable.apexID ? name.wire.count - 1 : unsafe groups.names.relativeName(id).count
        while position < own {
            let end = position + 1 + Int(name.wire[position])
            let isInstance = name.wire[end] != 0 && name.wire[end + 1] == UInt8(ascii: "_")
            if !isInstance, name.wire[position + 1..<end].contains(where: { $0 >= 0x80 }) { isForeign = true }
            position = end
        }
        guard isForeign else { return }
        let advice = name.asciiForm.map { "resolvers ask for \($0)" } ?? "write international names in their xn-- form"
        problems.append(.warning(.nonASCIIOwner, row, "the owner \(name) is not ASCII; \(advice)"))
    }

    private mutating func checkIsAtApex(_ set: RRsetRows, of sets: borrowing NameRRsets, at id: NameID) {
        // What is at a cut has been warned about; the CDS of other zones may be signalled below a name server (RFC 9615).
        guard id != NameTable.apexID, !flags[id.index].contains(.cut), !set.data.isEmpty,
            unsafe !groups.names.relativeName(id).starts(with: [7] + Array("_dsboot".utf8))
        else { return }
        problems.append(
            .warning(
                .notAtApex, sets.first(of: set.data),
                "the \(set.type) records at \(groups.names.name(id)) have no meaning there; they belong at the apex \(apex)"
            ))
    }

    // MARK: Data

    /// A mailbox is written as a name, with a dot for the '@' (RFC 1035, section 8).
    private mutating func checkMailbox(_ row: Int, skippingNames count: Int, _ type: RRType) {
        var rest = unsafe Array(source.rdata(of: row))[...]
        for _ in 0..<count {
            guard let length = Name.wireLength(of: Array(rest), from: 0) else { return }
            rest = rest.dropFirst(length)
        }
        let octets = Array(rest)
        guard let length = Name.wireLength(of: octets, from: 0), let mailbox = Name(wire: octets.prefix(length)),
            octets.prefix(length).contains(UInt8(ascii: "@"))
        else { return }
        let advice = ZoneBuilder.mailbox(mailbox).map { "; write \($0)" } ?? ""
        problems.append(
            .warning(
                .atSignInMailbox, row,
                "the mailbox \(mailbox) of the \(type) record has an '@', where a dot is expected\(advice)"))
    }

    /// `john.doe@example.` as a name: `john\.doe.example.`
    private static func mailbox(_ name: Name) -> Name? {
        var labels: [[UInt8]] = []
        var position = 0
        while name.wire[position] != 0 {
            labels.append(Array(name.wire[(position + 1)...].prefix(Int(name.wire[position]))))
            position += 1 + Int(name.wire[position])
        }
        let sign = UInt8(ascii: "@")
        guard let index = labels.firstIndex(where: { $0.contains(sign) }),
            let place = labels[index].firstIndex(of: sign)
        else { return nil }
        let parts: [[UInt8]] = Array(labels[..<index]) + [Array(labels[index][..<place])]
        let local = Array(parts.joined(separator: [UInt8(ascii: ".")]))
        let domain: [[UInt8]] = [Array(labels[index].dropFirst(place + 1))] + Array(labels[(index + 1)...])
        let wire = ([local] + domain).filter { !$0.isEmpty }.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0 }
        return local.count > Name.maximumLabelLength ? nil : Name(wire: wire + [0])
    }

    /// SHA-256 and SHA-512 (RFC 6698, section 2.1.3).
    private mutating func checkDigestLength(_ row: Int, _ type: RRType) {
        let rdata = unsafe source.rdata(of: row)
        guard rdata.count >= 3, let length = unsafe [1: 32, 2: 64][rdata[2]], rdata.count - 3 != length else { return }
        unsafe problems.append(
            .warning(
                .tlsaLength, row,
                "the \(type) record has \(rdata.count - 3) octets; matching type \(rdata[2]) has \(length)"))
    }

    /// "No mail" stands alone (RFC 7505, section 3).
    private mutating func checkNullMX(_ set: RRsetRows, of sets: borrowing NameRRsets, at id: NameID) {
        guard set.data.count > 1,
            let place = set.data.first(where: { unsafe source.rdata(of: sets[$0]).dropFirst(2).elementsEqual([0]) })
        else { return }
        problems.append(
            .warning(
                .nullMX, sets[place],
                "an MX record without a host at \(groups.names.name(id)) means that there is no mail, but others stand beside it"
            ))
    }

    /// A chain of a few links that ends where it began.
    private mutating func checkAliasLoop(_ set: RRsetRows, of sets: borrowing NameRRsets, at id: NameID) {
        guard let first = sets.first(of: set.data) else { return }
        var row = first
        var chain: [NameID] = [id]
        while chain.count <= ZoneBuilder.longestLoop {
            guard let next = unsafe groups.names.find(absolute: source.rdata(of: row)) else { return }
            if next == id { break }
            guard !chain.contains(next), flags[next.index].contains(.cname), !flags[next.index].isHidden,
                let alias = groups.rows(of: next).first(where: { table.rows[Int($0)].type == .cname })
            else { return }
            chain.append(next)
            row = Int(alias)
        }
        guard chain.count <= ZoneBuilder.longestLoop else { return }
        let links = (chain + [id]).map { "\(groups.names.name($0))" }.joined(separator: " to ")
        problems.append(.warning(.cnameLoop, first, "the CNAME leads back to itself: \(links)"))
    }

    private static var longestLoop: Int { 8 }

    // MARK: Targets

    /// Looks at the name that a record points to.
    private mutating func checkTarget(_ row: Int, _ type: RRType, nameAt offset: Int) {
        let rdata = unsafe source.rdata(of: row)
        guard rdata.count > offset else { return }
        let target = unsafe UnsafeRawBufferPointer(rebasing: rdata.dropFirst(offset))
        let label = unsafe target.dropFirst().prefix(Int(target[0]))
        func warn(_ warning: ZoneWarning, _ message: (Name) -> String) {
            let octets = unsafe Array(target)
            guard let length = Name.wireLength(of: octets, from: 0), let name = Name(wire: octets.prefix(length)) else {
                return
            }
            problems.append(.warning(warning, row, message(name)))
        }
        if unsafe isAddress(target) {
            warn(.addressAsTarget) { "the \(type) record points to \($0), an IP address; it takes a host name" }
        } else if unsafe (type == .svcb || type == .https) && label.contains(UInt8(ascii: "=")) {
            warn(.missingTarget) {
                "the \(type) record points to \($0), which looks like a parameter; write the target first, '.' for the owner"
            }
        } else if unsafe label.contains(UInt8(ascii: ":")), unsafe label.contains(UInt8(ascii: "/")) {
            warn(.urlAsTarget) { "the \(type) record points to \($0), a URL; it takes a host name" }
        } else if unsafe isDoubled(target) {
            warn(.doubledOrigin) {
                "the \(type) record points to \($0), which ends with \(apex) twice; end a name with a dot if it is complete"
            }
        }
    }

    /// Whether a target is an IPv4 address with the dot missing or not, or an IPv6 address, and no name of the zone.
    private func isAddress(_ target: UnsafeRawBufferPointer) -> Bool {
        let first = unsafe target.dropFirst().prefix(Int(target[0]))
        let colons = unsafe first.count { $0 == UInt8(ascii: ":") }
        if colons >= 2 { return unsafe first.allSatisfy { $0 == UInt8(ascii: ":") || ZoneBuilder.isHexDigit($0) } }
        guard let digit = unsafe first.first, ASCII.isDigit(digit) else { return false }
        var position = 0
        for _ in 0..<4 {
            guard let number = unsafe ZoneBuilder.number(target, at: position), number <= 255 else { return false }
            unsafe position += 1 + Int(target[position])
        }
        // A fifth number: a name of a reverse zone, perhaps.
        guard position < target.count, unsafe ZoneBuilder.number(target, at: position) == nil else { return false }
        if unsafe target[position] == 0 { return true }
        // Names of reverse zones and of lists of addresses begin in the same way.
        guard !ZoneBuilder.isReverse(apex),
            let id = unsafe groups.names.find(absolute: UnsafeRawBufferPointer(rebasing: target[position...])),
            unsafe groups.names.find(absolute: target) == nil
        else { return false }
        return wildcards[id] == nil
    }

    private static func isReverse(_ apex: Name) -> Bool {
        apex.isRoot || apex.wire.suffix(6).elementsEqual([4] + Array("arpa".utf8) + [0])
    }

    private static func isHexDigit(_ octet: UInt8) -> Bool { ASCII.isDigit(octet) || octet | 0x20 &- 0x61 < 6 }

    /// The value of a label of one to three digits.
    private static func number(_ name: UnsafeRawBufferPointer, at position: Int) -> Int? {
        guard position < name.count, unsafe (1...3).contains(name[position]),
            unsafe position + Int(name[position]) < name.count
        else { return nil }
        var value = 0
        for octet in unsafe name[position + 1..<position + 1 + Int(name[position])] {
            guard ASCII.isDigit(octet) else { return nil }
            value = value * 10 + Int(octet - 0x30)
        }
        return value
    }

    /// Whether a target ends with the apex twice, is no name of the zone, and not below one that it delegates.
    private func isDoubled(_ target: UnsafeRawBufferPointer) -> Bool {
        var end = 0
        while end < target.count, unsafe target[end] != 0 { unsafe end += 1 + Int(target[end]) }
        let apexLength = apex.wire.count
        let start = end + 1 - (2 * apexLength - 1)
        guard !apex.isRoot, end < target.count, start >= 0, apex.labelCount > 1 || start > 0 else { return false }
        for index in 0..<2 * apexLength - 1 {
            let expected = apex.wire[index < apexLength - 1 ? index : index - (apexLength - 1)]
            if unsafe ASCII.lowercase(target[start + index]) != expected { return false }
        }
        // The apex must begin where a label does.
        var position = 0
        while position < start { unsafe position += 1 + Int(target[position]) }
        guard position == start, unsafe groups.names.find(absolute: target) == nil else { return false }
        var isDelegated = false
        unsafe groups.names.forEachEncloser(absolute: target) { id in
            isDelegated =
                id != NameTable.apexID && (!flags[id.index].isDisjoint(with: [.cut, .dname]) || wildcards[id] != nil)
            return isDelegated
        }
        return !isDelegated
    }
}
