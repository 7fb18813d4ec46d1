// What comes before the rdata: owner, TTL, class and type, the middle two in either order and each optional.

import DNSCore

extension ZoneParser {
    /// Takes the owner, or keeps the previous one for an entry that begins with a blank.
    mutating func parseOwner() throws(ParseFailure) {
        if entry.startsWithBlank {
            if previousOwner == .none {
                throw ParseFailure(
                    at: 0, "expected an owner name: the line begins with a blank, but there is no previous record")
            }
            return
        }
        let token = try entry.takeWord("an owner name")
        let text = entry.octets(of: token)
        // Most records have the owner of the previous one, in the same spelling.
        if previousOwner == .known || previousOwner == .outside, ownerText.octets.equals(text) { return }
        previousOwner = .lost
        if text.count <= Name.maximumLength { ownerText.set(to: text) } else { ownerText.removeAll() }
        if text.count == 1, text[0] == UInt8(ascii: "@") {
            owner.set(to: origin.octets)
        } else {
            do {
                try owner.set(toText: text, relativeTo: origin.octets)
            } catch {
                throw entry.fail(token, "owner name: \(error)")
            }
            if originIsInZone, text[text.count - 1] != UInt8(ascii: ".") {
                previousOwner = .known
                return
            }
        }
        if owner.octets.isName(atOrBelow: zone.octets) {
            previousOwner = .known
            return
        }
        if skipsOutOfZone {
            previousOwner = .outside
            return
        }
        let isRelative = text[text.count - 1] != UInt8(ascii: ".") && !(text.count == 1 && text[0] == UInt8(ascii: "@"))
        throw entry.fail(
            token,
            "\(owner.name) is outside the zone \(apex)"
                + (isRelative ? " (a name without a dot at its end is relative to the origin \(origin.name))" : "")
                + "; --skip-out-of-zone skips such records")
    }

    /// Takes TTL, class and type.
    @inline(__always)
    mutating func parseTypeAndTTL() throws(ParseFailure) -> (type: RRType, ttl: UInt32?) {
        var ttl: UInt32?
        var hasClass = false
        while true {
            let token = try entry.takeWord("an RR type")
            let text = entry.octets(of: token)
            if ASCII.isDigit(text[0]) {
                if ttl != nil {
                    throw entry.fail(token, "expected an RR type, found a second TTL \(entry.quote(token))")
                }
                ttl = try entry.timeToLive(of: token)
            } else if !hasClass, try isClass(token, text) {
                hasClass = true
            } else if let type = rdata.mnemonics.type(of: text) {
                if let complaint = type.complaintAboutZone { throw entry.fail(token, complaint) }
                return (type, ttl)
            } else if hasClass, RRClass(text.text) != nil {
                throw entry.fail(token, "expected an RR type, found a second class \(entry.quote(token))")
            } else {
                throw entry.unknownType(token)
            }
        }
    }

    /// True if the token is the zone's class; an error if it is another.
    @inline(__always)
    private func isClass(_ token: Token, _ text: Octets) throws(ParseFailure) -> Bool {
        if text.count == 2, text[0] | 0x20 == UInt8(ascii: "i"), text[1] | 0x20 == UInt8(ascii: "n") {
            if rrClass == .in { return true }
        } else if text.count == 2 ? !text.isCHOrHS : !text.hasPrefixIgnoringCase("class") {
            // ANY and NONE are no classes of data.
            return false
        }
        guard let found = RRClass(text.text) else { return false }
        if found == rrClass { return true }
        throw entry.fail(token, "expected class \(rrClass), found class \(found): a zone has records of one class")
    }

    /// The TTL of a record (RFC 2308, section 4; RFC 1035, section 5.1; RFC 1912, section 2.1).
    @inline(__always)
    mutating func timeToLive(stated: UInt32?, type: RRType) throws(ParseFailure) -> UInt32 {
        if let ttl = stated ?? defaultTTL ?? lastTTL {
            return ttl
        }
        guard type == .soa else {
            throw ParseFailure(
                at: 0, "no TTL: the record has none, and there is neither a $TTL nor a previous record with one")
        }
        let minimum = rdata.minimumOfSOA > TimeToLive.maximum ? 0 : rdata.minimumOfSOA
        lastTTL = minimum
        return minimum
    }
}

extension RRType {
    /// Why a record of this type can't be in a zone; nil if it can.
    var complaintAboutZone: String? {
        if mayStandInZone { return nil }
        if rawValue == 0 { return "type TYPE0 is reserved and cannot be in a zone (RFC 6895)" }
        return "type \(self) is for messages only and cannot be in a zone"
    }
}

extension Octets {
    /// True when these octets, a name in wire form, are `ancestor` or below it.
    func isName(atOrBelow ancestor: Octets) -> Bool {
        var position = 0
        while count - position > ancestor.count { position += 1 + Int(self[position]) }
        guard count - position == ancestor.count else { return false }
        for index in 0..<ancestor.count
        where ASCII.lowercase(self[position + index]) != ASCII.lowercase(ancestor[index]) {
            return false
        }
        return true
    }

    /// True for the classes beside IN that have a mnemonic of their own.
    fileprivate var isCHOrHS: Bool { equalsIgnoringCase("CH") || equalsIgnoringCase("HS") }

    func hasPrefixIgnoringCase(_ prefix: StaticString) -> Bool {
        count >= prefix.utf8CodeUnitCount && self[0..<prefix.utf8CodeUnitCount].equalsIgnoringCase(prefix)
    }
}

/// The text of TTLs and other periods: a number of seconds, or numbers with units in any order, such as `1h30m`.
enum TimeToLive {
    /// The largest TTL (RFC 2181, section 8).
    static let maximum: UInt32 = 0x7FFF_FFFF

    /// The seconds that a text stands for; nil if it is none, or more than 32 bits hold.
    @inline(__always)
    static func seconds(of text: Octets) -> UInt32? {
        if text.count < 10, let seconds = text.decimal { return UInt32(truncatingIfNeeded: seconds) }
        return secondsWithUnits(of: text)
    }

    private static func secondsWithUnits(of text: Octets) -> UInt32? {
        var total: UInt64 = 0
        var number: UInt64 = 0
        var digits = 0
        var hasUnit = false
        for index in 0..<text.count {
            let octet = text[index]
            if ASCII.isDigit(octet) {
                number = number * 10 + UInt64(octet - 0x30)
                digits += 1
                if number > UInt32.max { return nil }
                continue
            }
            guard digits > 0, let unit = secondsOfUnit(octet) else { return nil }
            total += number * unit
            if total > UInt32.max { return nil }
            number = 0
            digits = 0
            hasUnit = true
        }
        // A number without a unit stands alone: 1h30 could be meant in two ways.
        if digits > 0 { return hasUnit ? nil : UInt32(truncatingIfNeeded: number) }
        return hasUnit ? UInt32(truncatingIfNeeded: total) : nil
    }

    private static func secondsOfUnit(_ letter: UInt8) -> UInt64? {
        switch ASCII.lowercase(letter) {
        case UInt8(ascii: "s"): 1
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "d"): 86400
        case UInt8(ascii: "w"): 604_800
        default: nil
        }
    }
}

extension Entry {
    /// The TTL that a token states; 0 for one with its highest bit set (RFC 2181, section 8).
    @inline(__always)
    mutating func timeToLive(of token: Token) throws(ParseFailure) -> UInt32 {
        guard let seconds = TimeToLive.seconds(of: octets(of: token)) else {
            throw expected("a TTL: seconds up to 4294967295, or units such as 1h30m", token)
        }
        if seconds > TimeToLive.maximum {
            warn(.largeTTL, token, "TTL \(seconds) is above 2147483647 and is served as 0 (RFC 2181, section 8)")
            return 0
        }
        return seconds
    }
}
