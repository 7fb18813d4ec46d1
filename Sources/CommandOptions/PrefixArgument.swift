// Address prefixes on command lines: `192.0.2.0/24`, `2001:db8::/32`, or an address alone.

import ArgumentParser
import Glibc

/// A range of addresses as it was written.
package struct PrefixArgument: ExpressibleByArgument, CustomStringConvertible, Sendable {
    package let description: String
    /// The address in network order, 4 or 16 octets.
    package let octets: [UInt8]
    /// How many leading bits count.
    package let length: Int

    /// Nil for anything but an IPv4 or IPv6 address, with a number of bits that it has, or all of them. Of an IPv4-mapped
    /// address (`::ffff:192.0.2.0/120`) the first 96 bits must count: fewer would not mean the IPv4 addresses that it names.
    package init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var octets = [UInt8](repeating: 0, count: parts[0].contains(":") ? 16 : 4)
        let family = octets.count == 16 ? AF_INET6 : AF_INET
        guard unsafe inet_pton(family, String(parts[0]), &octets) == 1 else { return nil }
        var length = octets.count * 8
        if parts.count == 2 {
            guard let stated = Int(parts[1]), (0...length).contains(stated) else { return nil }
            length = stated
        }
        let isMapped = octets.count == 16 && octets.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
        guard !isMapped || length >= 96 else { return nil }
        description = argument
        self.octets = octets
        self.length = length
    }
}
