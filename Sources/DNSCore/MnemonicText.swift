// How mnemonics are compared: by octets. Swift's own case mapping and `==` of strings know more letters than the DNS does
// (`ſ` is an S in lower case, the Kelvin sign equals K), and would find types in text that is none.

extension ASCII {
    /// The text with its letters in upper case; nil when it has a character outside ASCII, as no mnemonic has.
    public static func uppercased(_ text: some StringProtocol) -> String? {
        var octets: [UInt8] = []
        for octet in text.utf8 {
            if octet >= 0x80 { return nil }
            octets.append(octet &- 0x61 < 26 ? octet & 0xDF : octet)
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// The number after a prefix, as in `TYPE65280`; nil unless the rest is digits alone.
    static func number(in text: String, after prefix: String) -> UInt16? {
        guard text.hasPrefix(prefix) else { return nil }
        let digits = text.utf8.dropFirst(prefix.utf8.count)
        guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
        return UInt16(String(decoding: Array(digits), as: UTF8.self))
    }
}
