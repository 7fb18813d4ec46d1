// An IP address and a port, and their text: `192.0.2.1:53`, `[2001:db8::1]:53`.

import CLinux

/// Where a server listens.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// Four octets or sixteen.
    package let address: [UInt8]

    package let port: UInt16

    /// The interface's index of a link-local IPv6 address.
    package let scope: UInt32

    package var isIPv6: Bool { address.count == 16 }
    package var isWildcard: Bool { address.allSatisfy { $0 == 0 } }

    /// Reads `ADDRESS:PORT` with the address of IPv6 in brackets.
    package init(parsing text: String) throws(PlatformError) {
        func refused(_ reason: String) -> PlatformError { .badEndpoint(text: text, reason: reason) }
        guard let colon = text.lastIndex(of: ":") else { throw refused("there is no port") }
        var host = text[..<colon]
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 1
        if bracketed {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw refused("an IPv6 address goes in brackets")
        }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw refused("the port is not a number")
        }
        guard let port = UInt16(digits), port > 0 else { throw refused("ports go from 1 to 65535") }
        var parsed = zc_address()
        guard !host.utf8.contains(0), unsafe zc_address_parse(String(host), &parsed) == 0 else {
            throw refused("the address is not one of IPv4 or IPv6 in numbers")
        }
        guard bracketed == (parsed.family == ZC_IPV6) else { throw refused("brackets are for IPv6") }
        parsed.port = port
        self.init(parsed)
    }

    /// Makes an endpoint from four or sixteen octets.
    package init(address: [UInt8], port: UInt16, scope: UInt32 = 0) {
        precondition(address.count == 4 || address.count == 16)
        self.address = address
        self.port = port
        self.scope = scope
    }

    init(_ address: zc_address) {
        var copy = address.address
        let octets = unsafe withUnsafeBytes(of: &copy) { unsafe Array($0) }
        self.address = Array(octets.prefix(address.family == ZC_IPV4 ? 4 : 16))
        self.port = address.port
        self.scope = address.scope
    }

    /// The form that CLinux takes.
    package var cAddress: zc_address {
        var result = zc_address()
        result.family = isIPv6 ? UInt8(ZC_IPV6) : UInt8(ZC_IPV4)
        result.port = port
        result.scope = scope
        unsafe withUnsafeMutableBytes(of: &result.address) { unsafe $0.copyBytes(from: address) }
        return result
    }

    /// The address alone, without brackets.
    package var host: String {
        var copy = cAddress
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let base = text.baseAddress else { return "" }
            unsafe zc_address_text(&copy, base)
            return unsafe String(cString: base)
        }
    }

    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
