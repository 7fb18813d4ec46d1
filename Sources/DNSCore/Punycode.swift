// The xn-- form of internationalized names (RFC 3492, RFC 5891), for messages that show what should have been written.

extension Name {
    /// The name with all labels in ASCII; nil when a label with other octets is not UTF-8, or would need more preparation than
    /// lower case: a decomposed character, or what is no letter, digit or hyphen.
    public var asciiForm: Name? {
        var result: [UInt8] = []
        var position = 0
        while wire[position] != 0 {
            let label = wire[position + 1..<position + 1 + Int(wire[position])]
            position += 1 + label.count
            guard let ascii = label.allSatisfy({ $0 < 0x80 }) ? Array(label) : Punycode.label(label) else { return nil }
            result += [UInt8(ascii.count)] + ascii
        }
        return Name(wire: result + [0])
    }
}

private enum Punycode {
    /// A label in its xn-- form.
    static func label(_ octets: ArraySlice<UInt8>) -> [UInt8]? {
        guard let text = String(validating: octets, as: UTF8.self) else { return nil }
        let scalars = Array(text.lowercased().unicodeScalars)
        let isPlain = scalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .lowercaseLetter, .modifierLetter, .otherLetter, .decimalNumber: true
            default: scalar == "-"
            }
        }
        guard isPlain, let encoded = encode(scalars) else { return nil }
        let label = Array("xn--".utf8) + encoded
        return label.count <= Name.maximumLabelLength ? label : nil
    }

    /// RFC 3492, section 6.3, with the parameters of section 5.
    private static func encode(_ scalars: [Unicode.Scalar]) -> [UInt8]? {
        // Longer ones do not fit a label, and their deltas might not fit an Int.
        guard scalars.count <= Name.maximumLabelLength else { return nil }
        var output = scalars.filter(\.isASCII).map { UInt8($0.value) }
        let basic = output.count
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var (next, delta, bias, handled) = (UInt32(128), 0, 72, basic)
        while handled < scalars.count {
            guard let least = scalars.map(\.value).filter({ $0 >= next }).min() else { return nil }
            delta += Int(least - next) * (handled + 1)
            next = least
            for scalar in scalars {
                if scalar.value < next { delta += 1 }
                guard scalar.value == next else { continue }
                appendInteger(delta, bias, to: &output)
                bias = adapted(delta, points: handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            next += 1
        }
        return output
    }

    private static func appendInteger(_ value: Int, _ bias: Int, to output: inout [UInt8]) {
        var rest = value
        var place = 36
        while true {
            let threshold = min(max(place - bias, 1), 26)
            if rest < threshold { break }
            output.append(digit(threshold + (rest - threshold) % (36 - threshold)))
            rest = (rest - threshold) / (36 - threshold)
            place += 36
        }
        output.append(digit(rest))
    }

    private static func adapted(_ delta: Int, points: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / points
        var place = 0
        while delta > 455 {
            delta /= 35
            place += 36
        }
        return place + 36 * delta / (delta + 38)
    }

    private static func digit(_ value: Int) -> UInt8 {
        UInt8(value < 26 ? 97 + value : 22 + value)
    }
}
