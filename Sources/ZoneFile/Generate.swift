// $GENERATE as in BIND: a template is filled in with every number of a range, and each result is parsed as an entry.

import DNSCore

/// A `$GENERATE` directive: a range, and the text of a record with `$` where numbers go.
struct Generator {
    let range: ClosedRange<Int64>
    let step: Int64
    /// The record's text, from the owner on.
    let template: [UInt8]
    /// How many records it makes.
    var count: Int64 { (range.upperBound - range.lowerBound) / step + 1 }

    /// Parses `start-stop[/step] owner [ttl] [class] type rdata…`; the directive's own word has been taken.
    init(_ entry: inout Entry) throws(ParseFailure) {
        let rangeToken = try entry.takeWord("a range START-STOP")
        guard let (range, step) = Generator.range(entry.octets(of: rangeToken)) else {
            throw entry.expected("a range START-STOP or START-STOP/STEP, up to 2147483647", rangeToken)
        }
        (self.range, self.step) = (range, step)
        var template = entry.octets(of: try entry.takeWord("an owner name")).array
        var previous = try entry.takeWord("an RR type")
        template.append(UInt8(ascii: " "))
        template += entry.octets(of: previous).array
        while !entry.isAtEnd {
            let token = try entry.take("rdata")
            template.append(UInt8(ascii: " "))
            let text = entry.octets(of: token)
            if !token.isQuoted {
                template += text.array
            } else if entry.isAtEnd, TypeMnemonics.all.type(of: entry.octets(of: previous)) != nil {
                // All of the rdata in one pair of quotes: BIND's way to write rdata of several fields.
                template += Generator.unquoted(text)
            } else {
                template += [UInt8(ascii: "\"")] + text.array + [UInt8(ascii: "\"")]
            }
            previous = token
        }
        self.template = template
    }

    private static func range(_ text: Octets) -> (ClosedRange<Int64>, Int64)? {
        let parts = text.array.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let bounds = parts[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(number)
        guard parts.count <= 2, bounds.count == 2, let start = bounds[0], let stop = bounds[1], start <= stop else {
            return nil
        }
        guard parts.count == 2 else { return (start...stop, 1) }
        guard let step = number(parts[1]), step > 0 else { return nil }
        return (start...stop, step)
    }

    private static func number(_ digits: some Collection<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 10, digits.allSatisfy(ASCII.isDigit) else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        return number <= Int32.max ? number : nil
    }

    private static func unquoted(_ text: Octets) -> [UInt8] {
        var result: [UInt8] = []
        for octet in text.array {
            if octet == UInt8(ascii: "\""), result.last == UInt8(ascii: "\\") { result.removeLast() }
            result.append(octet)
        }
        return result
    }

    /// Appends the record's text for one number of the range.
    func append(_ number: Int64, to text: inout [UInt8]) throws(GenerateError) {
        var index = 0
        while index < template.count {
            let octet = template[index]
            index += 1
            switch octet {
            case UInt8(ascii: "\\"):
                text.append(octet)
                if index < template.count {
                    text.append(template[index])
                    index += 1
                }
            case UInt8(ascii: "$"):
                if index < template.count, template[index] == UInt8(ascii: "$") {
                    text.append(octet)
                    index += 1
                    continue
                }
                var format = NumberFormat()
                if index < template.count, template[index] == UInt8(ascii: "{") {
                    guard let close = template[index...].firstIndex(of: UInt8(ascii: "}")),
                        let braces = NumberFormat(template[(index + 1)..<close])
                    else { throw .badFormat }
                    format = braces
                    index = close + 1
                }
                try format.append(number, to: &text)
            default:
                text.append(octet)
            }
        }
    }
}

/// Why a template can't be filled in.
enum GenerateError: Error {
    case badFormat
    case outOfRange

    var message: String {
        switch self {
        case .badFormat:
            "expected ${OFFSET,WIDTH,BASE} with a width up to 255 and a base of d, o, x, X, n or N"
        case .outOfRange: "a number and its offset are outside the range of -2147483648 to 2147483647"
        }
    }
}

/// What stands in the braces of `${offset,width,base}`.
private struct NumberFormat {
    private var offset: Int64 = 0
    private var width = 0
    private var base = UInt8(ascii: "d")

    init() {}

    init?(_ text: some Collection<UInt8>) {
        let parts = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count),
            let offset = Int32(String(decoding: parts[0], as: UTF8.self))
        else { return nil }
        self.offset = Int64(offset)
        if parts.count > 1 {
            guard let width = UInt8(String(decoding: parts[1], as: UTF8.self)) else { return nil }
            self.width = Int(width)
        }
        if parts.count > 2 {
            guard parts[2].count == 1, let base = parts[2].first, "doxXnN".utf8.contains(base) else { return nil }
            self.base = base
        }
    }

    func append(_ number: Int64, to text: inout [UInt8]) throws(GenerateError) {
        guard let value = Int32(exactly: number + offset) else { throw .outOfRange }
        let bits = UInt32(bitPattern: value)
        switch base {
        case UInt8(ascii: "n"), UInt8(ascii: "N"):
            appendNibbles(bits, isUpperCase: base == UInt8(ascii: "N"), to: &text)
        case UInt8(ascii: "d"):
            let digits = String(value.magnitude)
            if value < 0 { text.append(UInt8(ascii: "-")) }
            pad(digits.utf8.count + (value < 0 ? 1 : 0), &text)
            text += digits.utf8
        default:
            let digits = String(bits, radix: base == UInt8(ascii: "o") ? 8 : 16, uppercase: base == UInt8(ascii: "X"))
            pad(digits.utf8.count, &text)
            text += digits.utf8
        }
    }

    private func pad(_ length: Int, _ text: inout [UInt8]) {
        text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - length)))
    }

    /// Hexadecimal digits, the last one first, with dots between: the labels of ip6.arpa. The width counts dots too.
    private func appendNibbles(_ bits: UInt32, isUpperCase: Bool, to text: inout [UInt8]) {
        var rest = bits
        var width = width
        while true {
            text += String(rest & 0xF, radix: 16, uppercase: isUpperCase).utf8
            rest >>= 4
            if width > 0 { width -= 1 }
            if rest == 0, width == 0 { return }
            text.append(UInt8(ascii: "."))
            if width > 0 { width -= 1 }
            if rest == 0, width == 0 { return }
        }
    }
}

extension ZoneParser {
    /// Makes and parses the records of a `$GENERATE`. The directive's place is the place of them all; the first one that is
    /// wrong ends it.
    mutating func generate(_ generator: Generator, file: Int, from place: Place) {
        let savedOwner = owner.name
        let savedPrevious = previousOwner
        defer {
            owner.set(to: savedOwner)
            ownerText.removeAll()
            previousOwner = savedPrevious
        }
        let allowed = min(limits.generatedRecords, limits.allGeneratedRecords - generated)
        guard generator.count <= allowed else {
            log.append(
                Diagnostic(
                    .error, at: place,
                    "$GENERATE would make \(generator.count) records; the limit here is \(max(allowed, 0))"))
            return
        }
        let text = Int(generator.count) * generator.template.count
        guard text <= limits.allGeneratedText - generatedText else {
            log.append(
                Diagnostic(
                    .error, at: place,
                    "$GENERATE would make \(text) octets of text; the limit here is \(limits.allGeneratedText - generatedText)"
                ))
            return
        }
        var hasWarned = false
        generatedText += text
        generated += Int(generator.count)
        for number in stride(
            from: generator.range.lowerBound, through: generator.range.upperBound, by: Int(generator.step))
        {
            var text: [UInt8] = []
            do {
                try generator.append(number, to: &text)
            } catch {
                log.append(Diagnostic(.error, at: place, error.message))
                return
            }
            let failure = parseGenerated(text, file: file, line: place.line)
            // What is to be warned about in one of the records is so in many.
            if let warning = entry.warnings.first, !hasWarned {
                hasWarned = true
                log.append(
                    Diagnostic(
                        .warning, at: place, describe(text, number, warning.finding), warning: warning.kind))
            }
            if let failure {
                log.append(Diagnostic(.error, at: place, describe(text, number, failure)))
                return
            }
        }
    }

    private func describe(_ text: [UInt8], _ number: Int64, _ finding: ParseFailure) -> String {
        "$GENERATE for \(number), '\(PrintableText.of(text[...], upTo: 200))': \(finding.message)"
    }

    private mutating func parseGenerated(_ text: [UInt8], file: Int, line: Int) -> ParseFailure? {
        // One newline ends the entry, and one is the scanner's own.
        let text = text + [UInt8(ascii: "\n"), UInt8(ascii: "\n")]
        return unsafe text.withUnsafeBufferPointer { text in
            // Safe: an array of two or more octets has a base address, and the entry is done with before it ends.
            guard
                case .complete = entry.scan(unsafe Octets(start: text.baseAddress.unsafelyUnwrapped, count: text.count))
            else { return ParseFailure(at: 0, "'(' without ')'") }
            if let failure = entry.failure { return failure }
            do throws(ParseFailure) {
                try parseRecord(file: file, line: line)
                return nil
            } catch {
                return error
            }
        }
    }
}
