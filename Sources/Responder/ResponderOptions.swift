// What an operator sets for a responder: its limits, its secrets, and what it says of itself.

import DNSCore

/// The configuration of a responder.
package struct ResponderOptions: Sendable {
    /// The most octets of an answer over UDP, whatever the requestor offers, and what we offer ourselves: 512 to 4096. The
    /// default fits any path (RFC 9715).
    package var largestPayload = EDNS.defaultPayload
    /// The server's name for NSID (RFC 5001), `id.server` and `hostname.bind` (RFC 4892): at most 64 octets; nil: not told.
    package var identity: [UInt8]?
    /// What `version.server` and `version.bind` are answered with: at most 64 octets; nil: not told.
    package var version: [UInt8]?
    /// Whether `generation.zonecast` is answered with the number and the digest of the generation.
    package var tellsGeneration = false
    /// Without secrets, cookies are ignored.
    package var cookieSecrets: CookieSecrets?
    /// Who may ask; others are refused.
    package var access = AccessList()
    /// Limits answers over UDP; nil: no limit. Responders that share it are limited together.
    package var rateTable: RateTable?
    /// How long an idle TCP connection is kept, in units of 100 ms, for clients that ask (RFC 7828); nil: not told.
    package var idleTimeout: UInt16?

    /// What fits, beside all other options, into the smallest message with the longest question.
    package static let longestText = 64

    package init() {}
}

/// Who asks, as far as a cookie depends on it.
package struct ClientAddress: BitwiseCopyable, Hashable, Sendable {
    /// The address's octets as little-endian numbers; of an IPv4 address four octets of the first.
    let first: UInt64
    let second: UInt64
    let isIPv6: Bool

    /// An address of 4 or 16 octets in network order.
    package init(_ octets: UnsafeRawBufferPointer) {
        var words: (UInt64, UInt64) = (0, 0)
        for index in 0..<min(8, octets.count) { words.0 |= unsafe UInt64(octets[index]) << UInt64(8 * index) }
        for index in 8..<max(8, min(16, octets.count)) {
            words.1 |= unsafe UInt64(octets[index]) << UInt64(8 * (index - 8))
        }
        (first, second) = words
        isIPv6 = octets.count == 16
    }
}
