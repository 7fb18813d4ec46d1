// A reader of DNS messages that shares nothing with the code under test and forgives nothing: every octet must be
// accounted for, every pointer must lead back, and names are compressed only where RFC 3597, section 4, allows it.

/// A message taken apart.
package struct WireMessage {
    package var id: UInt16 = 0
    package var flags: UInt16 = 0
    package var questions: [WireQuestion] = []
    package var answer: [WireRecord] = []
    package var authority: [WireRecord] = []
    /// Without the OPT record.
    package var additional: [WireRecord] = []
    package var opt: WireRecord?
    package var size = 0

    /// With the OPT record's upper bits.
    package var rcode: Int { Int(flags & 15) | (opt.map { Int($0.ttl >> 24) << 4 } ?? 0) }
    package var isResponse: Bool { flags & 0x8000 != 0 }
    package var isAuthoritative: Bool { flags & 0x0400 != 0 }
    package var isTruncated: Bool { flags & 0x0200 != 0 }
    package var records: [WireRecord] { answer + authority + additional }

    /// The info codes of extended errors (RFC 8914).
    package var extendedErrors: [Int] {
        options.filter { $0.code == 15 }.map { Int($0.value[0]) << 8 | Int($0.value[1]) }
    }

    /// The options of the OPT record.
    package var options: [(code: Int, value: [UInt8])] {
        guard let opt else { return [] }
        var options: [(Int, [UInt8])] = []
        var position = 0
        while position + 4 <= opt.rdata.count {
            let code = Int(opt.rdata[position]) << 8 | Int(opt.rdata[position + 1])
            let length = Int(opt.rdata[position + 2]) << 8 | Int(opt.rdata[position + 3])
            options.append((code, Array(opt.rdata[(position + 4)..<(position + 4 + length)])))
            position += 4 + length
        }
        return options
    }
}

package struct WireQuestion: Hashable {
    /// Presentation form, spelled as in the message.
    package let name: String
    package let type: UInt16
    package let rrClass: UInt16
}

package struct WireRecord: Hashable {
    /// Presentation form, spelled as in the message.
    package var owner: String
    package var type: UInt16
    package var rrClass: UInt16
    package var ttl: UInt32
    /// Names in it are uncompressed.
    package var rdata: [UInt8]
}

/// What is wrong with a message.
package struct WireError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

extension WireMessage {
    /// - Parameter allowsRepeats: a record may come twice, as it does in the loops of some servers.
    package init(_ bytes: [UInt8], allowsRepeats: Bool = false) throws {
        var reader = WireReader(bytes: bytes)
        size = bytes.count
        id = try reader.word()
        flags = try reader.word()
        let counts = try (0..<4).map { _ in Int(try reader.word()) }
        for _ in 0..<counts[0] {
            questions.append(
                WireQuestion(
                    name: wirePresentation(try reader.name(mayPoint: false)), type: try reader.word(),
                    rrClass: try reader.word()))
        }
        answer = try (0..<counts[1]).map { _ in try reader.record() }
        authority = try (0..<counts[2]).map { _ in try reader.record() }
        for _ in 0..<counts[3] {
            let record = try reader.record()
            if record.type == 41 {
                if opt != nil { throw WireError("two OPT records") }
                opt = record
            } else {
                additional.append(record)
            }
        }
        if reader.position != bytes.count { throw WireError("\(bytes.count - reader.position) octets left over") }
        if allowsRepeats { return }
        for section in [answer, authority, additional] where Set(section).count != section.count {
            throw WireError("a record comes twice: \(section.map(\.text))")
        }
    }
}

private struct WireReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func octet() throws -> UInt8 {
        guard position < bytes.count else { throw WireError("the message ends early") }
        position += 1
        return bytes[position - 1]
    }

    mutating func word() throws -> UInt16 { UInt16(try octet()) << 8 | UInt16(try octet()) }

    mutating func octets(_ count: Int) throws -> [UInt8] {
        guard count >= 0, position + count <= bytes.count else { throw WireError("the message ends early") }
        position += count
        return Array(bytes[(position - count)..<position])
    }

    /// The uncompressed wire form of the name at `position`.
    mutating func name(mayPoint: Bool) throws -> [UInt8] {
        var name: [UInt8] = []
        var back: Int?
        while true {
            let start = position
            let length = Int(try octet())
            if length >= 0xC0 {
                guard mayPoint else { throw WireError("a pointer at \(start) where none may be") }
                let target = (length & 0x3F) << 8 | Int(try octet())
                guard target >= 12, target < start else { throw WireError("a pointer at \(start) to \(target)") }
                back = back ?? position
                position = target
                continue
            }
            guard length < 64 else { throw WireError("a label type of \(length) at \(start)") }
            name.append(UInt8(length))
            name += try octets(length)
            if name.count > 255 { throw WireError("a name of over 255 octets at \(start)") }
            if length == 0 { break }
        }
        position = back ?? position
        return name
    }

    mutating func record() throws -> WireRecord {
        let owner = wirePresentation(try name(mayPoint: true))
        let (type, rrClass) = (try word(), try word())
        let ttl = UInt32(try word()) << 16 | UInt32(try word())
        let length = Int(try word())
        let end = position + length
        guard end <= bytes.count else { throw WireError("rdata of \(owner) reaches behind the message") }
        var rdata: [UInt8] = []
        for field in wireFields[type] ?? [] {
            switch field {
            case .octets(let count): rdata += try octets(count)
            case .string:
                let length = try octet()
                rdata.append(length)
                rdata += try octets(Int(length))
            case .compressible: rdata += try name(mayPoint: true)
            case .plain: rdata += try name(mayPoint: false)
            }
        }
        guard position <= end else { throw WireError("rdata of \(owner), type \(type), is longer than it says") }
        rdata += try octets(end - position)
        return WireRecord(owner: owner, type: type, rrClass: rrClass, ttl: ttl, rdata: rdata)
    }
}

private enum WireField {
    case octets(Int)
    case string
    case compressible
    case plain
}

/// Where names stand in rdata, from the RFCs that define the types.
private let wireFields: [UInt16: [WireField]] = [
    2: [.compressible], 5: [.compressible], 6: [.compressible, .compressible], 12: [.compressible],
    14: [.compressible, .compressible], 15: [.octets(2), .compressible], 17: [.plain, .plain],
    18: [.octets(2), .plain], 33: [.octets(6), .plain], 35: [.octets(4), .string, .string, .string, .plain],
    39: [.plain], 46: [.octets(18), .plain], 47: [.plain], 64: [.octets(2), .plain], 65: [.octets(2), .plain],
]

/// Presentation form of a wire-form name.
package func wirePresentation(_ wire: [UInt8]) -> String {
    var text = ""
    var position = 0
    while position < wire.count, wire[position] != 0 {
        for octet in wire[(position + 1)...(position + Int(wire[position]))] {
            switch octet {
            case UInt8(ascii: "."), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(octet))
            case 0x21...0x7E: text += String(UnicodeScalar(octet))
            default: text += "\\" + String(String(1000 + Int(octet)).dropFirst())
            }
        }
        text += "."
        position += 1 + Int(wire[position])
    }
    return text.isEmpty ? "." : text
}
