// SHA-1, for the chain of NSEC3 records of a test zone; nothing here depends on its strength.

/// RFC 3174, for messages of up to 2^32 octets.
enum SHA1 {
    static func hash(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        let bits = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        var words = [UInt32](repeating: 0, count: 80)
        for block in stride(from: 0, to: padded.count, by: 64) {
            for index in 0..<16 {
                words[index] = (0..<4).reduce(0) { $0 << 8 | UInt32(padded[block + index * 4 + $1]) }
            }
            for index in 16..<80 {
                words[index] = rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (mix, constant): (UInt32, UInt32) =
                    switch index {
                    case ..<20: (b & c | ~b & d, 0x5a82_7999)
                    case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
                    case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                    default: (b ^ c ^ d, 0xca62_c1d6)
                    }
                let next = rotate(a, 5) &+ mix &+ e &+ constant &+ words[index]
                (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
        }
        return state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    private static func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 { word << by | word >> (32 - by) }
}

/// The digits of NSEC3 owner names: RFC 4648, section 7, in lower case.
enum Base32Hex {
    /// The text of whole groups of five octets.
    static func text(_ octets: [UInt8]) -> String {
        precondition(octets.count % 5 == 0)
        let digits = Array("0123456789abcdefghijklmnopqrstuv".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 5) {
            let group = octets[start..<start + 5].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            for shift in stride(from: 35, through: 0, by: -5) { text.append(digits[Int(group >> UInt64(shift)) & 31]) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
