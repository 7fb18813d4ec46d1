// Questions about the server itself, of class CH (RFC 4892, and what BIND made customary).

import DNSCore
import ZoneImage

/// What a question of class CH wants to know.
enum ServerQuestion {
    /// `id.server`, `hostname.bind`.
    case identity
    /// `version.server`, `version.bind`.
    case version
    /// `generation.zonecast`: which generation the answers are from.
    case generation

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
        } else if ServerQuestion.isEqual(wire, "\u{A}generation\u{8}zonecast\0") {
            self = .generation
        } else {
            return nil
        }
    }

    private static func isEqual(_ wire: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        unsafe wire.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

/// The number and the digest of a generation as a text: `8 57172a2d…`, the digest in 64 hexadecimal digits as `memmgr
/// status` has it. Made anew with each message that asks no zone, as another generation may be
/// served by then.
struct GenerationText {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 20 + 1 + 64, alignment: 1)
    private var length = 0

    func deallocate() { unsafe buffer.deallocate() }

    var octets: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: buffer[..<length]) }

    mutating func write(_ directory: DirectoryView) {
        length = 0
        write(number: directory.generation)
        append(UInt8(ascii: " "))
        for octet in unsafe directory.headerDigest {
            append(GenerationText.digit(octet >> 4))
            append(GenerationText.digit(octet & 15))
        }
    }

    private mutating func write(number: UInt64) {
        if number >= 10 { write(number: number / 10) }
        append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private mutating func append(_ octet: UInt8) {
        // Never out of room: a number has 20 digits at most.
        guard length < buffer.count else { return }
        unsafe buffer[length] = octet
        length += 1
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
