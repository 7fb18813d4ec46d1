// A DNS message for people: its code, its flags, and each section's records as lines of a master file.

import Bus
import DNSCore
import JSON
import ZoneFile

/// A message taken apart.
struct AnswerText {
    /// The message ends early or points outside itself. Ours never do.
    struct Damaged: Error {}

    private(set) var rcode = RCode.noError
    /// `aa`, `tc`, `rd`, as `dig` writes them.
    private(set) var flags: [String] = []
    /// The records of answer, authority and additional section, one a line, without the OPT record.
    private(set) var sections: [[String]] = [[], [], []]
    /// The answer section's records without their owners.
    private(set) var answers: [(type: RRType, rdata: [UInt8])] = []
    /// The types of the authority section's records.
    private(set) var authorityTypes: Set<RRType> = []
    private(set) var hasEDNS = false
    /// The codes of extended errors (RFC 8914).
    private(set) var extendedErrors: [Int] = []

    static let sectionNames = ["answer", "authority", "additional"]

    init(_ message: [UInt8]) throws(Damaged) {
        var reader = Reader(message: message)
        reader.position = MessageHeader.flagsOffset
        let word = try reader.word()
        rcode = RCode(rawValue: word & MessageHeader.rcodeMask)
        let names: [(MessageHeader.Flags, String)] = [
            (.response, "qr"), (.authoritative, "aa"), (.truncated, "tc"), (.recursionDesired, "rd"),
        ]
        flags = names.filter { MessageHeader.Flags(rawValue: word).contains($0.0) }.map(\.1)
        var counts: [Int] = []
        for _ in 0..<4 { counts.append(Int(try reader.word())) }
        for _ in 0..<counts[0] {
            _ = try reader.name()
            reader.position += 4
        }
        for (section, count) in counts.dropFirst().enumerated() {
            for _ in 0..<count {
                let record = try reader.record()
                if record.type == .opt {
                    read(opt: record)
                } else {
                    var line: [UInt8] = []
                    RecordText.append(
                        owner: record.owner, type: record.type, rrClass: RRClass(rawValue: record.rrClass),
                        ttl: record.ttl, rdata: record.rdata, to: &line)
                    if section == 0 { answers.append((record.type, record.rdata)) }
                    if section == 1 { authorityTypes.insert(record.type) }
                    sections[section].append(String(decoding: line.dropLast(), as: UTF8.self))
                }
            }
        }
    }

    private mutating func read(opt record: Record) {
        hasEDNS = true
        rcode = RCode(rawValue: rcode.rawValue | UInt16(record.ttl >> 24) << 4)
        var position = 0
        while position + 4 <= record.rdata.count {
            let octets = record.rdata[position...].prefix(4).map { Int($0) }
            let end = position + 4 + (octets[2] << 8 | octets[3])
            guard end <= record.rdata.count else { return }
            if octets[0] << 8 | octets[1] == Int(EDNS.extendedErrorOption), end - position >= 6 {
                extendedErrors.append(Int(record.rdata[position + 4]) << 8 | Int(record.rdata[position + 5]))
            }
            position = end
        }
    }

    /// Lines for a terminal, in the manner of `dig`.
    var lines: [String] {
        var lines = [";; \(rcode), flags: \(flags.joined(separator: " "))"]
        if !extendedErrors.isEmpty {
            lines.append(";; extended error: \(extendedErrors.map(String.init).joined(separator: ", "))")
        }
        for (name, records) in zip(AnswerText.sectionNames, sections) where !records.isEmpty {
            lines += ["", ";; \(name)"] + records
        }
        return lines
    }

    /// Members for programs.
    var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "rcode": .string("\(rcode)"), "flags": .array(flags.map { .string($0) }), "edns": .bool(hasEDNS),
            "extended_errors": .array(extendedErrors.map { .integer(Int64($0)) }),
        ]
        for (name, records) in zip(AnswerText.sectionNames, sections) {
            members[name] = .array(records.map { .string($0.replacing("\t", with: " ")) })
        }
        return members
    }
}

extension AnswerText {
    private struct Record {
        let owner: [UInt8]
        let type: RRType
        let rrClass: UInt16
        let ttl: UInt32
        /// Names in it are uncompressed.
        let rdata: [UInt8]
    }

    /// Reads a message from its start to its end.
    private struct Reader {
        let message: [UInt8]
        var position = 0

        init(message: [UInt8]) { self.message = message }

        mutating func octets(_ count: Int) throws(Damaged) -> ArraySlice<UInt8> {
            guard position >= 0, count >= 0, message.count - position >= count else { throw Damaged() }
            defer { position += count }
            return message[position..<position + count]
        }

        mutating func word() throws(Damaged) -> UInt16 {
            try octets(2).reduce(0) { $0 << 8 | UInt16($1) }
        }

        /// A name, decompressed: each pointer leads back, so that this ends.
        mutating func name() throws(Damaged) -> [UInt8] {
            var name: [UInt8] = []
            var behind: Int?
            while true {
                let start = position
                let length = Int(try octets(1)[start])
                if length >= 0xC0 {
                    let target = (length & 0x3F) << 8 | Int(try octets(1)[start + 1])
                    guard target < start else { throw Damaged() }
                    behind = behind ?? position
                    position = target
                    continue
                }
                guard length <= Name.maximumLabelLength, name.count + length < Name.maximumLength else {
                    throw Damaged()
                }
                name.append(UInt8(length))
                name += try octets(length)
                if length == 0 { break }
            }
            position = behind ?? position
            return name
        }

        mutating func record() throws(Damaged) -> Record {
            let owner = try name()
            let (type, rrClass) = (RRType(rawValue: try word()), try word())
            let ttl = UInt32(try word()) << 16 | UInt32(try word())
            let length = Int(try word())
            let end = position + length
            guard end <= message.count else { throw Damaged() }
            var rdata: [UInt8] = []
            for field in type.rdataFields where position < end {
                switch field {
                case .octets(let count): rdata += try octets(count)
                case .characterString:
                    rdata += try octets(1)
                    rdata += try octets(Int(rdata[rdata.count - 1]))
                case .compressibleName, .plainName: rdata += try name()
                }
            }
            guard position <= end else { throw Damaged() }
            rdata += try octets(end - position)
            return Record(owner: owner, type: type, rrClass: rrClass, ttl: ttl, rdata: rdata)
        }
    }
}
