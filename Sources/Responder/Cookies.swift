// DNS cookies (RFC 7873) in the form that all servers of an anycast group can share (RFC 9018): a server cookie is a
// version, a time and a SipHash-2-4 of these, the client's cookie and its address.

import DNSCore

/// The keys of server cookies: the first makes them, all verify them.
package struct CookieSecrets: Sendable, Equatable {
    package let current: CookieSecret
    package let previous: CookieSecret?

    package init(current: CookieSecret, previous: CookieSecret? = nil) {
        self.current = current
        self.previous = previous
    }

    /// A secret that no other process knows.
    package static func random() -> CookieSecrets {
        CookieSecrets(
            current: CookieSecret(low: UInt64.random(in: 0...UInt64.max), high: UInt64.random(in: 0...UInt64.max)))
    }

    /// Reads one or two keys of 32 hexadecimal digits, each on a line; nil for anything else.
    package init?(text: some StringProtocol) {
        let lines = text.split(whereSeparator: \.isNewline).map { String($0.filter { !$0.isWhitespace }) }.filter {
            !$0.isEmpty
        }
        let keys = lines.compactMap { CookieSecret(hexadecimal: $0) }
        guard (1...2).contains(keys.count), keys.count == lines.count else { return nil }
        self.init(current: keys[0], previous: keys.count == 2 ? keys[1] : nil)
    }
}

/// A key of 128 bits.
package struct CookieSecret: Sendable, Equatable, BitwiseCopyable {
    let low: UInt64
    let high: UInt64

    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// A key of 32 hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: some StringProtocol) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let first = UInt64(text.prefix(16), radix: 16), let second = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        // The key's octets in order make little-endian numbers.
        self.init(low: first.byteSwapped, high: second.byteSwapped)
    }
}

/// A server cookie (RFC 9018, section 4), as its octets make little-endian numbers.
struct ServerCookie: BitwiseCopyable, Equatable {
    /// The version, three reserved octets and the time.
    let head: UInt64
    let hash: UInt64

    static let size = 16

    /// When the cookie was made, in seconds; wraps like a serial number.
    private var time: UInt32 { UInt32(truncatingIfNeeded: head >> 32).byteSwapped }

    init(head: UInt64, hash: UInt64) {
        self.head = head
        self.hash = hash
    }

    /// The cookie for a client at `time`.
    init(for clientCookie: UInt64, at time: UInt32, from client: ClientAddress, _ secret: CookieSecret) {
        self.init(head: 1 | UInt64(time.byteSwapped) << 32, for: clientCookie, from: client, secret)
    }

    private init(head: UInt64, for clientCookie: UInt64, from client: ClientAddress, _ secret: CookieSecret) {
        var state = SipHash24(low: secret.low, high: secret.high)
        state.append(clientCookie)
        state.append(head)
        if client.isIPv6 {
            state.append(client.first)
            state.append(client.second)
        }
        self.init(head: head, hash: state.finish(client.isIPv6 ? 0 : client.first, length: client.isIPv6 ? 32 : 20))
    }

    /// True when one of the secrets made the cookie for this client, less than an hour ago (RFC 9018, section 4.3).
    func isValid(
        for clientCookie: UInt64, at now: UInt32, from client: ClientAddress, _ secrets: CookieSecrets
    ) -> Bool {
        let age = Int32(truncatingIfNeeded: now &- time)
        guard head & 0xFF == 1, age <= ServerCookie.longestLife, age >= -ServerCookie.clockSkew else { return false }
        if self == ServerCookie(head: head, for: clientCookie, from: client, secrets.current) { return true }
        guard let previous = secrets.previous else { return false }
        return self == ServerCookie(head: head, for: clientCookie, from: client, previous)
    }

    /// True when the client should get a new one.
    func isOld(at now: UInt32) -> Bool { Int32(truncatingIfNeeded: now &- time) > ServerCookie.longestLife / 2 }

    private static let longestLife: Int32 = 3600
    private static let clockSkew: Int32 = 300
}

/// SipHash-2-4 over whole 64-bit words and a last one.
struct SipHash24 {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    init(low: UInt64, high: UInt64) {
        v0 = low ^ 0x736F_6D65_7073_6575
        v1 = high ^ 0x646F_7261_6E64_6F6D
        v2 = low ^ 0x6C79_6765_6E65_7261
        v3 = high ^ 0x7465_6462_7974_6573
    }

    mutating func append(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    /// The hash of all words and the octets left over, less than eight, of a message of `length` octets.
    mutating func finish(_ rest: UInt64, length: UInt64) -> UInt64 {
        append(rest | length << 56)
        v2 ^= 0xFF
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        v0 &+= v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }
}
