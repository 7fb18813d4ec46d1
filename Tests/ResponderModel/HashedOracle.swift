// Which NSEC3 records an answer should have, by the plainest reading of RFC 5155, section 7.2: hashes are made for whatever
// is asked, and the chain is searched from end to end. Nothing is shared with the code under test but names and records.

import DNSCore

/// A chain of NSEC3 records over a set of names.
package struct HashedOracle {
    /// What an answer's NSEC3 records must show.
    package enum Claim: Equatable {
        /// The name does not exist, nor does a wildcard below its closest encloser.
        case nameError(Name, encloser: Name)
        /// The name does not exist, and has been answered for by the wildcard below the encloser.
        case expansion(Name, encloser: Name)
        /// The name exists without the type; or a delegation without DS, which opt-out may have left out.
        case noData(Name)
        /// The wildcard below the encloser stands for the name and does not have the type.
        case noDataOfWildcard(Name, encloser: Name)
    }

    package let apex: Name
    package let names: Set<Name>
    package let salt: [UInt8]
    package let iterations: Int
    package let optOut: Bool
    /// Hashes in order.
    private let ring: [[UInt8]]

    package init(apex: Name, names: Set<Name>, salt: [UInt8], iterations: Int, optOut: Bool) {
        self.apex = apex
        self.names = names
        self.salt = salt
        self.iterations = iterations
        self.optOut = optOut
        ring = names.map { HashedOracle.hash($0, salt, iterations) }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The chain's records, with NSEC3PARAM; the type bitmaps say nothing of use.
    package var records: [ResourceRecord] {
        let parameters = [UInt8(iterations >> 8), UInt8(iterations & 255), UInt8(salt.count)] + salt
        let links = ring.indices.map { index in
            ResourceRecord(
                owner: owner(ring[index]), type: .nsec3, ttl: 1,
                rdata: [1, optOut ? 1 : 0] + parameters + [20] + ring[(index + 1) % ring.count] + [0, 1, 0x40])
        }
        return links + [ResourceRecord(owner: apex, type: .nsec3param, ttl: 1, rdata: [1, 0] + parameters)]
    }

    /// The owners of the records that show what is claimed.
    package func owners(_ claim: Claim) -> Set<Name> {
        switch claim {
        case .nameError(let name, let encloser):
            let provable = provable(encloser)
            return [match(provable), cover(nextCloser(name, provable)), cover(wildcard(provable))]
        case .expansion(let name, let encloser):
            return [cover(nextCloser(name, provable(encloser)))]
        case .noData(let name):
            if names.contains(name) { return [match(name)] }
            let provable = provable(name)
            return [match(provable), cover(nextCloser(name, provable))]
        case .noDataOfWildcard(let name, let encloser):
            let provable = provable(encloser)
            return owners(.noData(wildcard(encloser))).union([match(provable), cover(nextCloser(name, provable))])
        }
    }

    private func provable(_ name: Name) -> Name {
        var name = name
        while !names.contains(name), let parent = name.parent { name = parent }
        return name
    }

    private func nextCloser(_ name: Name, _ encloser: Name) -> Name {
        var name = name
        while let parent = name.parent, parent != encloser { name = parent }
        return name
    }

    private func wildcard(_ encloser: Name) -> Name { Name(wire: [1, 0x2A] + encloser.wire) ?? encloser }

    private func match(_ name: Name) -> Name { owner(HashedOracle.hash(name, salt, iterations)) }

    /// The owner of the last hash that is not behind the name's.
    private func cover(_ name: Name) -> Name {
        let hash = HashedOracle.hash(name, salt, iterations)
        return owner(ring.last { !hash.lexicographicallyPrecedes($0) } ?? ring[ring.count - 1])
    }

    private func owner(_ hash: [UInt8]) -> Name { Name(known: "\(HashedOracle.base32hex(hash)).\(apex)") }

    /// RFC 5155, section 5.
    package static func hash(_ name: Name, _ salt: [UInt8], _ iterations: Int) -> [UInt8] {
        var hash = NaiveSHA1.digest(name.lowercased.wire + salt)
        for _ in 0..<iterations { hash = NaiveSHA1.digest(hash + salt) }
        return hash
    }

    /// RFC 4648, section 7, in lower case; 20 octets need no padding.
    package static func base32hex(_ octets: [UInt8]) -> String {
        let bits = octets.flatMap { octet in (0..<8).map { octet >> (7 - $0) & 1 } }
        let digits = Array("0123456789abcdefghijklmnopqrstuv")
        return String(
            stride(from: 0, to: bits.count, by: 5).map { start in
                digits[bits[start..<start + 5].reduce(0) { $0 * 2 + Int($1) }]
            })
    }
}

/// SHA-1 as FIPS 180-4 writes it down.
package enum NaiveSHA1 {
    package static func digest(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        padded += (0..<8).map { UInt8(truncatingIfNeeded: (message.count * 8) >> (56 - 8 * $0)) }
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        for start in stride(from: 0, to: padded.count, by: 64) {
            var words = (0..<16).map { word in
                padded[(start + 4 * word)..<(start + 4 * word + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            for index in 16..<80 {
                words.append(rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (mixed, constant): (UInt32, UInt32) =
                    switch index {
                    case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
                    case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                    case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                    default: (b ^ c ^ d, 0xCA62_C1D6)
                    }
                let next = rotate(a, 5) &+ mixed &+ e &+ constant &+ words[index]
                (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
        }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    }

    private static func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
}
