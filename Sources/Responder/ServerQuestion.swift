// Questions about the server itself, of class CH (RFC 4892, and what BIND made customary).

import DNSCore
import ZoneImage

/// What a question of class CH wants to know.
enum ServerQuestion {
    /// `id.server`, `hostname.bind`.
    case identity
    /// `version.server`, `version.bind`.
    case version

    /// Nil for a name that asks for nothing of the kind.
    init?(_ name: LookupName) {
        let wire = unsafe name.wire
        if ServerQuestion.isEqual(wire, "\u{2}id\u{6}server\0")
            || ServerQuestion.isEqual(wire, "\u{8}hostname\u{4}bind\0")
        {
            self = .identity
        } else if ServerQuestion.isEqual(wire, "\u{7}version\u{6}server\0")
            || ServerQuestion.isEqual(wire, "\u{7}version\u{4}bind\0")
        {
            self = .version
        } else {
            return nil
        }
    }

    private static func isEqual(_ wire: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        unsafe wire.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension MessageWriter {
    /// Appends a TXT record of class CH to the question's name; false when it does not fit.
    mutating func appendServerText(_ text: UnsafeRawBufferPointer) -> Bool {
        let length = UInt8(truncatingIfNeeded: text.count)
        let fields: InlineArray<13, UInt8> = [
            0xC0, UInt8(NamePlace.question.offset), 0, UInt8(RRType.txt.rawValue), 0, UInt8(RRClass.ch.rawValue), 0, 0,
            0, 0,
            0, length &+ 1, length,
        ]
        let start = mark
        for index in fields.indices where !appendOctets(CollectionOfOne(fields[index])) {
            rewind(to: start)
            return false
        }
        guard unsafe appendOctets(text) else {
            rewind(to: start)
            return false
        }
        count(1, in: .answer)
        return true
    }
}
