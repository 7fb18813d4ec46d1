// From the fuzzer's octets to a message. Some inputs are taken for the message itself; most choose the parts of a query
// that is right as far as its zone, and spoil some octets of it now and then: so more than half reach the lookup.

import DNSCore

/// A message made of the fuzzer's octets.
public struct QueryInput {
    private var rest: ArraySlice<UInt8>
    public private(set) var isTCP = false
    public private(set) var message: [UInt8] = []

    public init(_ octets: some Sequence<UInt8>) {
        rest = Array(octets)[...]
        let kind = next()
        isTCP = kind & 1 != 0
        if kind & 14 == 14 { message = Array(rest) } else { build() }
    }

    private mutating func next() -> UInt8 { rest.popFirst() ?? 0 }

    private mutating func build() {
        let flags = next()
        message = [next(), next(), flags & 0x87 == 0x80 ? 0x01 : flags & 0x01, flags & 0x30, 0, 1, 0, 0, 0, 0, 0, 0]
        for _ in 0..<Int(next() % 6) { appendLabel() }
        let apex = next()
        message += apex < 240 ? FuzzZones.all[Int(apex) % FuzzZones.all.count].apex.wire : QueryInput.elsewhere
        let type = QueryInput.types[Int(next()) % QueryInput.types.count]
        message += [UInt8(type >> 8), UInt8(type & 255), 0, 1]
        let edns = next()
        if edns & 1 != 0 {
            message[11] = 1
            let options = Array(rest.prefix(Int(next() % 64)))
            rest = rest.dropFirst(options.count)
            message += [0, 0, 41, next(), next(), 0, 0, edns & 0x80, 0, 0, UInt8(options.count)] + options
        }
        // Most are left as they are.
        for _ in 0..<Int(next() % 16) where next() & 0xF0 == 0xF0 {
            let place = Int(next()) << 8 | Int(next())
            message[place % message.count] = next()
        }
        message += rest
    }

    private mutating func appendLabel() {
        let choice = Int(next())
        guard choice >= QueryInput.labels.count else {
            message += QueryInput.labels[choice]
            return
        }
        let label = rest.prefix(choice & 63)
        rest = rest.dropFirst(label.count)
        if !label.isEmpty { message += [UInt8(label.count)] + label }
    }

    private static let labels = [
        "*", "a", "b", "www", "mail", "ns1", "ns", "child", "alias", "loop", "d", "wild", "ent", "x", "deep", "_tcp",
    ].map { [UInt8($0.utf8.count)] + Array($0.utf8) }

    private static let elsewhere: [UInt8] = [3] + Array("com".utf8) + [0]

    private static let types: [UInt16] = [
        1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 43, 46, 47, 48, 50, 51, 64, 65, 99, 128, 250, 251, 252, 255, 257,
        65_534,
    ]
}
