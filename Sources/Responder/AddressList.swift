// Lists of address prefixes: who may ask, who may not, whom no rate limit is for. They are few and read for every query,
// so they stand in one block of memory, and the longest prefixes come first.

/// A range of addresses: an address and how many of its leading bits count, such as `192.0.2.0/24` or `2001:db8::/32`.
package struct AddressPrefix: Hashable, Sendable, BitwiseCopyable {
    /// The address in network order, an IPv4 address in the first 4 octets; bits that don't count are zero.
    let high: UInt64
    let low: UInt64
    let length: UInt8
    let isIPv6: Bool

    /// A prefix of the address whose octets these are, 4 or 16 in network order; nil when there are not so many bits.
    ///
    /// A prefix of IPv4-mapped addresses (`::ffff:192.0.2.0/120`) is one of IPv4 addresses (`192.0.2.0/24`), as clients are.
    package init?(octets: [UInt8], length: Int) {
        guard octets.count == 4 || octets.count == 16, (0...octets.count * 8).contains(length) else { return nil }
        let isMapped = length >= AddressBits.mappedLength && octets.starts(with: AddressBits.mapped)
        let address = isMapped ? Array(octets.dropFirst(AddressBits.mapped.count)) : octets
        isIPv6 = address.count == 16
        self.length = UInt8(isMapped ? length - AddressBits.mappedLength : length)
        // As it is written: a short prefix of a mapped address is one of IPv6 addresses.
        let bits = AddressBits(address.withUnsafeBytes { unsafe ClientAddress($0) }, isIPv6: isIPv6)
        (high, low) = (bits.masked(Int(self.length)).high, bits.masked(Int(self.length)).low)
    }

    /// The network of `length` bits that an address is in.
    fileprivate init(_ address: AddressBits, length: Int) {
        let bits = address.masked(length)
        (high, low, isIPv6) = (bits.high, bits.low, address.isIPv6)
        self.length = UInt8(length)
    }

    func contains(_ address: AddressBits) -> Bool {
        guard address.isIPv6 == isIPv6 else { return false }
        let masked = address.masked(Int(length))
        return masked.high == high && masked.low == low
    }
}

/// An address as numbers whose first bits are the address's first.
struct AddressBits: BitwiseCopyable {
    let high: UInt64
    let low: UInt64
    let isIPv6: Bool

    private init(high: UInt64, low: UInt64, isIPv6: Bool) {
        self.high = high
        self.low = low
        self.isIPv6 = isIPv6
    }

    /// How IPv4 addresses begin that are written as IPv6 ones (RFC 4291, section 2.5.5.2), and the bits of that.
    static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    static var mappedLength: Int { 96 }

    /// An IPv4 address that is written as an IPv6 one is an IPv4 address.
    init(_ client: ClientAddress) {
        let (first, second) = (client.first.byteSwapped, client.second.byteSwapped)
        if client.isIPv6, first == 0, second >> 32 == 0xFFFF {
            self.init(high: second << 32, low: 0, isIPv6: false)
        } else {
            self.init(client, isIPv6: client.isIPv6)
        }
    }

    /// The address in the form in which it is written.
    fileprivate init(_ client: ClientAddress, isIPv6: Bool) {
        self.init(high: client.first.byteSwapped, low: client.second.byteSwapped, isIPv6: isIPv6)
    }

    /// The address with all bits behind the first `length` cleared.
    func masked(_ length: Int) -> AddressBits {
        AddressBits(
            high: AddressBits.masked(high, length), low: AddressBits.masked(low, length - 64), isIPv6: isIPv6)
    }

    private static func masked(_ word: UInt64, _ length: Int) -> UInt64 {
        length <= 0 ? 0 : length >= 64 ? word : word & ~(UInt64.max >> UInt64(length))
    }
}

extension ClientAddress {
    /// The network that a client counts as: whoever has one IPv6 address has many.
    package func network(ipv4Bits: Int, ipv6Bits: Int) -> AddressPrefix {
        let bits = AddressBits(self)
        return AddressPrefix(bits, length: bits.isIPv6 ? ipv6Bits : ipv4Bits)
    }
}

/// Who may ask. The longest prefix that an address is in decides; of two equal ones the one that denies.
package struct AccessList: Sendable, Equatable {
    private let rules: [Rule]
    /// What holds for addresses that no prefix names.
    private let allowsOthers: Bool

    private struct Rule: Sendable, Equatable, BitwiseCopyable {
        let prefix: AddressPrefix
        let allows: Bool
    }

    /// Without any `allowed` prefix, everyone may ask who is not denied.
    package init(allowed: [AddressPrefix] = [], denied: [AddressPrefix] = []) {
        rules = (denied.map { Rule(prefix: $0, allows: false) } + allowed.map { Rule(prefix: $0, allows: true) })
            .enumerated().sorted { ($1.element.prefix.length, $0.offset) < ($0.element.prefix.length, $1.offset) }
            .map(\.element)
        allowsOthers = allowed.isEmpty
    }

    /// True when nobody is kept out.
    package var isOpen: Bool { allowsOthers && rules.isEmpty }

    package func allows(_ client: ClientAddress) -> Bool {
        let address = AddressBits(client)
        for rule in rules where rule.prefix.contains(address) { return rule.allows }
        return allowsOthers
    }
}
