// A header of someone else's making, cut into members: where each name's value stands in the frame.
//
// The daemon reads the few that it needs and replaces `from`; every other byte, with its spacing, its escapes and its
// repeated names, travels on as it came. If a name is repeated the last one counts, as in the clients' own parsers.

import JSON

/// The members of a frame's header.
public struct HeaderMembers: Sendable {
    /// What stands behind a name.
    public enum Field: Hashable, Sendable {
        case absent
        case null
        case text(String)
        /// Anything else.
        case other
    }

    private struct Member: Sendable {
        let name: String
        let value: Range<Int>
    }

    private let frame: Frame
    private let members: [Member]
    /// Where the closing brace stands.
    private let end: Int

    /// Cuts a header; throws if it is no JSON object.
    public init(_ frame: Frame) throws(WireError) {
        self.frame = frame
        do {
            var scanner = try JSONScanner(frame.header)
            (members, end) = try HeaderMembers.members(&scanner)
            try scanner.expectEnd()
        } catch {
            throw .notJSON(error)
        }
        if end < 0 { throw .headerNotObject }
    }

    /// The members of an object and the place of its closing brace, which is negative for any other value.
    private static func members(_ scanner: inout JSONScanner) throws(JSONError) -> ([Member], Int) {
        guard scanner.peek() == UInt8(ascii: "{") else {
            _ = try scanner.skip()
            return ([], -1)
        }
        var members: [Member] = []
        try scanner.object(depth: 0) { scanner, name throws(JSONError) in
            members.append(Member(name: name, value: try scanner.skip(depth: 1)))
        }
        return (members, scanner.position - 1)
    }

    // MARK: Reading

    /// The bytes of a member's value as they were written.
    public func spelling(_ name: String) -> ArraySlice<UInt8>? {
        members.last { $0.name == name }.map { frame.wire[$0.value] }
    }

    /// The value of a member.
    public func value(_ name: String) -> JSONValue? {
        spelling(name).flatMap { try? JSONValue(text: $0) }
    }

    /// A member of which only text means anything.
    public func field(_ name: String) -> Field {
        switch value(name) {
        case nil: .absent
        case .null: .null
        case .string(let text): .text(text)
        default: .other
        }
    }

    /// Every value that stands behind a name, also where it is repeated.
    func all(_ name: String) -> [JSONValue] {
        members.filter { $0.name == name }.compactMap { try? JSONValue(text: frame.wire[$0.value]) }
    }

    // MARK: Rewriting

    /// The header with some members replaced, or added at its end, and all else byte for byte.
    func replacing(_ replacements: [(name: String, spelling: [UInt8])]) -> [UInt8] {
        var header: [UInt8] = []
        header.reserveCapacity(frame.header.count + 64)
        var copied = frame.headerRange.lowerBound
        for member in members {
            guard let replacement = replacements.first(where: { $0.name == member.name }) else { continue }
            header.append(contentsOf: frame.wire[copied..<member.value.lowerBound])
            header.append(contentsOf: replacement.spelling)
            copied = member.value.upperBound
        }
        header.append(contentsOf: frame.wire[copied..<end])
        var first = members.isEmpty
        for replacement in replacements where !members.contains(where: { $0.name == replacement.name }) {
            if !first { header.append(UInt8(ascii: ",")) }
            first = false
            header.append(contentsOf: JSONValue.string(replacement.name).text)
            header.append(UInt8(ascii: ":"))
            header.append(contentsOf: replacement.spelling)
        }
        header.append(contentsOf: frame.wire[end..<frame.headerRange.upperBound])
        return header
    }
}
