// Response rate limiting for UDP. Whoever forges a victim's address makes us send answers to the victim; so of one kind
// of answer, a network gets no more than so many a second. All workers share one table and no lock:
//
//     slot, 64 bits:  | tag 24 | time 20, in seconds | level 20, in answers |
//
// The level of a slot sinks by the limit each second and rises by one with each answer. A race between two workers loses
// a count at most. A row is one cache line; in a full one, the slot that was quiet for longest is taken over.

import Synchronization

/// How answers are limited.
package struct RateLimit: Sendable, Equatable {
    /// Answers of one kind a second to one network.
    package var answersPerSecond: Int
    /// Every n-th answer beyond the limit is sent truncated, so that real clients come back by TCP; 0: none, 1: all.
    package var slip = 2
    /// The bits of an address that make its network.
    package var ipv4Bits = 24
    package var ipv6Bits = 56
    /// Networks that are not limited.
    package var exempt: [AddressPrefix] = []

    package init(answersPerSecond: Int) {
        self.answersPerSecond = answersPerSecond
    }
}

/// The table that all workers of a process share.
package final class RateTable: @unchecked Sendable {
    // Sendable: the memory holds atomic values only, and the rest never changes.

    /// What is to be done with an answer.
    enum Verdict {
        case send
        case truncate
        case drop
    }

    /// Answers are told apart by what an attacker can vary without limit: a name that exists counts by itself, what a zone
    /// says of names that don't, or makes from a wildcard, counts for the zone.
    enum Kind: UInt64 {
        case name = 1
        case zone = 2
        case failure = 3
    }

    private let limit: RateLimit
    private let slots: UnsafeMutablePointer<Atomic<UInt64>>
    private let rowMask: UInt64

    private static let slotsInRow = 8
    /// How many seconds of quiet make good for a flood, as with other servers.
    private static let window = 15

    /// A table for the networks of `1 << bits` rows of 8: 4 MiB by default.
    package init(_ limit: RateLimit, bits: Int = 16) {
        self.limit = limit
        let count = RateTable.slotsInRow << bits
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 64)
        unsafe slots = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        for index in 0..<count { unsafe (slots + index).initialize(to: Atomic(0)) }
        rowMask = (1 << UInt64(bits)) - 1
    }

    deinit { unsafe slots.deallocate() }

    /// Counts an answer and decides about it. `subject` stands for the name or zone that it is about.
    func count(_ kind: Kind, _ subject: UInt64, to client: ClientAddress, at time: UInt32) -> Verdict {
        let address = AddressBits(client)
        for prefix in limit.exempt where prefix.contains(address) { return .send }
        let network = address.masked(address.isIPv6 ? limit.ipv6Bits : limit.ipv4Bits)
        var key = RateTable.mix(network.high ^ kind.rawValue, 0x9E37_79B9_7F4A_7C15)
        key = RateTable.mix(key ^ subject, 0xD6E8_FEB8_6659_FD93)
        let level = raise(key, at: UInt64(time) & 0xF_FFFF)
        let excess = level - limit.answersPerSecond
        if excess <= 0 { return .send }
        return limit.slip > 0 && excess % limit.slip == 0 ? .truncate : .drop
    }

    /// The level of a key's slot after one more answer.
    private func raise(_ key: UInt64, at time: UInt64) -> Int {
        let tag = key >> 40
        let row = unsafe slots + Int(key & rowMask) * RateTable.slotsInRow
        var place = 0
        var quietest: UInt64 = 0
        var level = 0
        for index in 0..<RateTable.slotsInRow {
            // Safe: the row is within the table, here and below.
            let word = unsafe row[index].load(ordering: .relaxed)
            let quiet = word == 0 ? UInt64.max : RateTable.seconds(from: word >> 20, to: time)
            if word >> 40 == tag {
                place = index
                let sunk = Int(quiet == .max ? 0 : min(quiet, 1 << 16)) * limit.answersPerSecond
                level = max(0, Int(word & 0xF_FFFF) - sunk)
                break
            }
            if quiet > quietest {
                quietest = quiet
                place = index
            }
        }
        let highest = min(limit.answersPerSecond * RateTable.window, 0xF_FFFF - 1)
        let raised = level + 1
        // At the highest level it goes on counting up and down, so that every n-th can slip.
        let kept = raised > highest ? max(limit.answersPerSecond, highest - max(1, limit.slip)) + 1 : raised
        unsafe row[place].store(tag << 40 | time << 20 | UInt64(kept), ordering: .relaxed)
        return raised
    }

    /// The seconds between two times that wrap; a worker whose clock is read a moment earlier is not a day behind.
    private static func seconds(from start: UInt64, to end: UInt64) -> UInt64 {
        let passed = (end &- start) & 0xF_FFFF
        return passed > 0xF_FF00 ? 0 : passed
    }

    private static func mix(_ value: UInt64, _ factor: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }
}
