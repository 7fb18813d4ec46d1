// The text of each form of field: what RDataText calls as it walks over some rdata. Each function takes its octets and
// appends a blank and a word; it returns false if the octets are not of its form.

import DNSCore

extension RDataText {
    mutating func append(word: String) {
        text.append(UInt8(ascii: " "))
        text += word.utf8
    }

    mutating func append(quoted octets: ArraySlice<UInt8>) {
        text.append(UInt8(ascii: " "))
        appendQuotes(octets)
    }

    mutating func appendQuotes(_ octets: ArraySlice<UInt8>) {
        text.append(UInt8(ascii: "\""))
        for octet in octets {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), octet]
            case 0x20...0x7E: text.append(octet)
            default: PrintableText.appendEscaped(octet, to: &text)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    mutating func appendHex(_ octet: UInt8) {
        for digit in [octet >> 4, octet & 0xF] { text.append(digit < 10 ? 0x30 + digit : 0x41 + digit - 10) }
    }

    mutating func printNumber(octets: Int) -> Bool {
        guard let number = takeNumber(octets: octets) else { return false }
        append(word: String(number))
        return true
    }

    mutating func printName() -> Bool {
        guard let length = Name.wireLength(of: rdata, from: position), let wire = take(length) else { return false }
        text.append(UInt8(ascii: " "))
        Name.appendText(ofWire: wire, to: &text)
        return true
    }

    mutating func printTime() -> Bool {
        guard let seconds = takeNumber(octets: 4) else { return false }
        let time = CalendarTime(secondsSince1970: Int(seconds))
        append(word: "")
        for (number, width) in [
            (time.year, 4), (time.month, 2), (time.day, 2), (time.hour, 2), (time.minute, 2), (time.second, 2),
        ] {
            let digits = String(number)
            text += repeatElement(0x30, count: max(0, width - digits.utf8.count))
            text += digits.utf8
        }
        return true
    }

    mutating func printIPv4() -> Bool {
        guard let octets = take(4) else { return false }
        append(word: octets.map { String($0) }.joined(separator: "."))
        return true
    }

    mutating func printIPv6() -> Bool {
        guard let octets = take(16) else { return false }
        append(word: IPv6Text.text(of: Array(octets)))
        return true
    }

    mutating func printString() -> Bool {
        guard let octets = takeCounted() else { return false }
        append(quoted: octets)
        return true
    }

    mutating func printTag() -> Bool {
        guard let tag = takeCounted(), !tag.isEmpty, tag.allSatisfy(\.isLetterOrDigit) else { return false }
        append(word: String(decoding: tag, as: UTF8.self))
        return true
    }

    mutating func printHex(_ octets: ArraySlice<UInt8>, minimum: Int) -> Bool {
        append(word: "")
        for octet in octets { appendHex(octet) }
        return octets.count >= minimum
    }

    mutating func printBase64(_ octets: ArraySlice<UInt8>, isOptional: Bool) -> Bool {
        if octets.isEmpty { return isOptional }
        append(word: "")
        appendBase64(octets)
        return true
    }

    mutating func appendBase64(_ octets: ArraySlice<UInt8>) {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var index = octets.startIndex
        while index < octets.endIndex {
            let group = octets[index..<min(index + 3, octets.endIndex)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for letter in 0..<4 {
                text.append(letter <= group.count ? letters[bits >> (18 - 6 * letter) & 63] : UInt8(ascii: "="))
            }
            index += 3
        }
    }

    mutating func printHash() -> Bool {
        guard let hash = takeCounted(), !hash.isEmpty else { return false }
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUV".utf8)
        append(word: "")
        var bits = 0
        var count = 0
        for octet in hash {
            bits = (bits << 8 | Int(octet)) & 0xFFF
            count += 8
            while count >= 5 {
                count -= 5
                text.append(letters[bits >> count & 31])
            }
        }
        if count > 0 { text.append(letters[bits << (5 - count) & 31]) }
        return true
    }

    mutating func printTypeBitmap() -> Bool {
        var previous = -1
        while position < rdata.count {
            guard let window = take(1)?.first, Int(window) > previous, let bits = takeCounted(),
                (1...32).contains(bits.count), bits.last != 0
            else { return false }
            previous = Int(window)
            printBits(bits) { RRType(rawValue: UInt16(window) << 8 | UInt16($0)).description }
        }
        return true
    }

    mutating func printOldTypeBitmap() -> Bool {
        let bits = rest()
        if bits.count > 16 || bits.last == 0 || bits.first.map({ $0 & 0x80 != 0 }) == true { isExact = false }
        printBits(bits) { RRType(rawValue: UInt16(truncatingIfNeeded: $0)).description }
        return true
    }

    mutating func printServices() -> Bool {
        guard printNumber(octets: 1) else { return false }
        let bits = rest()
        if bits.count > 8192 { return false }
        if bits.last == 0 { isExact = false }
        printBits(bits) { String($0) }
        return true
    }

    mutating func printBits(_ octets: ArraySlice<UInt8>, name: (Int) -> String) {
        for (index, octet) in octets.enumerated() {
            for bit in 0..<8 where octet & (0x80 >> UInt8(bit)) != 0 { append(word: name(index * 8 + bit)) }
        }
    }

    mutating func printLocator() -> Bool {
        guard let octets = take(8) else { return false }
        // Four digits a group, zeros included (RFC 6742, sections 2.1.2 and 2.3.2).
        append(
            word: stride(from: octets.startIndex, to: octets.endIndex, by: 2)
                .map { String(0x1_0000 + Int(octets[$0]) << 8 + Int(octets[$0 + 1]), radix: 16).dropFirst() }
                .joined(separator: ":"))
        return true
    }

    mutating func printATMA() -> Bool {
        guard let format = take(1)?.first else { return false }
        let address = rest()
        switch format {
        case 0:
            append(word: "")
            for octet in address { appendHex(octet) }
        case 1 where address.allSatisfy(ASCII.isDigit):
            append(word: "+" + String(decoding: address, as: UTF8.self))
        default: isExact = false
        }
        return !address.isEmpty
    }

    mutating func printEUI(octets: Int) -> Bool {
        guard let address = take(octets) else { return false }
        append(word: address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: "-"))
        return true
    }

    mutating func printA6() -> Bool {
        guard let prefix = take(1)?.first, prefix <= 128 else { return false }
        append(word: String(prefix))
        if prefix < 128 {
            let count = (128 - Int(prefix) + 7) / 8
            guard let suffix = take(count) else { return false }
            // Bits of the suffix that belong to the prefix would be lost.
            if prefix % 8 != 0, suffix.first.map({ $0 >> (8 - prefix % 8) != 0 }) == true { isExact = false }
            append(word: IPv6Text.text(of: Array(repeating: 0, count: 16 - count) + suffix))
        }
        return prefix == 0 || printName()
    }

    mutating func printGateway() -> Bool {
        guard let type = take(1)?.first, let algorithm = take(1)?.first else { return false }
        append(word: "\(type) \(algorithm)")
        return printGateway(ofType: type)
    }

    mutating func printRelay() -> Bool {
        guard let first = take(1)?.first else { return false }
        append(word: "\(first >> 7) \(first & 0x7F)")
        return printGateway(ofType: first & 0x7F)
    }

    mutating func printGateway(ofType type: UInt8) -> Bool {
        switch type {
        case 0:
            append(word: ".")
            return true
        case 1: return printIPv4()
        case 2: return printIPv6()
        case 3: return printName()
        default:
            isExact = false
            _ = rest()
            return true
        }
    }

    mutating func printServiceParameters() -> Bool {
        var previous = -1
        while position < rdata.count {
            guard let number = takeNumber(octets: 2), Int(number) > previous, let length = takeNumber(octets: 2),
                let value = take(Int(length))
            else { return false }
            previous = Int(number)
            let key = ServiceParameterKey(rawValue: UInt16(truncatingIfNeeded: number))
            guard ServiceValue.isValid(Array(value), key: key) else { return false }
            append(word: key.description)
            appendValue(Array(value), key: key)
        }
        return true
    }

    mutating func appendValue(_ value: [UInt8], key: ServiceParameterKey) {
        let numbers = stride(from: 0, to: value.count - 1, by: 2).map { UInt16(value[$0]) << 8 | UInt16(value[$0 + 1]) }
        switch key.form {
        case .empty: return
        case .keys: appendList(numbers.map { ServiceParameterKey(rawValue: $0).description })
        case .number, .differentNumbers: appendList(numbers.map { String($0) })
        case .ipv4Addresses:
            appendList(
                stride(from: 0, to: value.count, by: 4).map { start in
                    value[start..<start + 4].map { String($0) }.joined(separator: ".")
                })
        case .ipv6Addresses:
            appendList(stride(from: 0, to: value.count, by: 16).map { IPv6Text.text(of: Array(value[$0..<$0 + 16])) })
        case .base64:
            text.append(UInt8(ascii: "="))
            appendBase64(value[...])
        case .protocols, .segments:
            if value.isEmpty { return }
            // Commas and backslashes are escaped twice: for the list, and as characters of a string.
            var list: [UInt8] = []
            for (index, name) in (ServiceValue.items(in: value) ?? []).enumerated() {
                if index > 0 { list.append(UInt8(ascii: ",")) }
                for octet in name {
                    if octet == UInt8(ascii: ",") || octet == UInt8(ascii: "\\") { list.append(UInt8(ascii: "\\")) }
                    list.append(octet)
                }
            }
            text.append(UInt8(ascii: "="))
            appendQuotes(list[...])
        case .template, .characters:
            if value.isEmpty { return }
            text.append(UInt8(ascii: "="))
            appendQuotes(value[...])
        }
    }

    mutating func appendList(_ items: [String]) {
        text.append(UInt8(ascii: "="))
        text += items.joined(separator: ",").utf8
    }
}
