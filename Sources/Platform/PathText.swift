// Paths are octets, Swift's strings are Unicode. A path that is not UTF-8 must neither be changed nor become another one, so
// it is held in a string that stands for all of its octets, and becomes octets again where a system call takes it.
//
//     octets  "x\xE9"                     what the file system has
//     text    "x\u{F7E9}"                 what our code, the bus and our records pass around
//     shown   "x\\xE9"                    what people read
//
// An octet that belongs to no character is U+F700 and its value. Characters from U+F780 to U+F7FF, which are for private use,
// are taken for three such octets, so that each octet string has one text.

import Glibc

extension String {
    /// The text that stands for the octets of a path.
    package init(path octets: some Collection<UInt8>) {
        let octets = Array(octets)
        if let text = String(validating: octets, as: UTF8.self), !text.unicodeScalars.contains(where: PathText.isOctet)
        {
            self = text
            return
        }
        var text = UnicodeScalarView()
        var position = 0
        while position < octets.count {
            let rest = octets[position...]
            let character = (1...4).lazy.compactMap { PathText.scalar(rest.prefix($0)) }.first
            text.append(character ?? PathText.scalar(of: rest[position]))
            position += character.map { UTF8.width($0) } ?? 1
        }
        self = String(text)
    }

    /// The text that stands for a path of the system's.
    package init(path start: UnsafePointer<CChar>) {
        unsafe self.init(path: UnsafeRawBufferPointer(start: start, count: strlen(start)))
    }

    /// The octets of a path.
    package var pathOctets: [UInt8] {
        // Few paths have one of these, whose first octet is this.
        guard utf8.contains(0xEF) else { return Array(utf8) }
        return unicodeScalars.flatMap { scalar in
            PathText.isOctet(scalar) ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }

    /// Calls `body` with the path as C functions take it.
    package func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        guard utf8.contains(0xEF) else { return unsafe withCString { unsafe body($0) } }
        let octets = pathOctets.map { CChar(bitPattern: $0) } + [0]
        return unsafe octets.withUnsafeBufferPointer { unsafe body($0.baseAddress.unsafelyUnwrapped) }
    }

    /// The text with its single octets as people read them: `\xE9`.
    package var shown: String {
        guard utf8.contains(0xEF), unicodeScalars.contains(where: PathText.isOctet) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if PathText.isOctet(scalar) {
                text += "\\x" + String(scalar.value & 0xFF, radix: 16, uppercase: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// What follows the last slash of a path; all of it if there is none.
    package var lastPathComponent: String {
        utf8.lastIndex(of: UInt8(ascii: "/")).map { String(self[utf8.index(after: $0)...]) } ?? self
    }
}

private enum PathText {
    static func isOctet(_ scalar: Unicode.Scalar) -> Bool { (0xF780...0xF7FF).contains(scalar.value) }

    /// The character that these octets are, unless it would be taken for an octet.
    static func scalar(_ octets: ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let scalars = String(validating: octets, as: UTF8.self)?.unicodeScalars, scalars.count == 1,
            let scalar = scalars.first, !isOctet(scalar)
        else { return nil }
        return scalar
    }

    /// The character that stands for an octet beyond ASCII.
    static func scalar(of octet: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(0xF700 + UInt32(octet)) ?? "\u{FFFD}"
    }
}

/// The command line of this process, whose words may be paths.
package enum ProgramArguments {
    /// All words but the program's name.
    package static let all: [String] = {
        var words: [String] = []
        for index in 0..<max(0, Int(CommandLine.argc)) {
            if let word = unsafe CommandLine.unsafeArgv[index] { words.append(unsafe String(path: word)) }
        }
        return Array(words.dropFirst())
    }()

    /// The program's name as it was started.
    package static let program: String = {
        guard CommandLine.argc > 0, let word = unsafe CommandLine.unsafeArgv[0] else { return "" }
        return unsafe String(path: word)
    }()
}
