// A question of a test set and the text form of a file of them: `NAME TYPE [do] [RCODE]`, one a line. dnsperf reads the
// same files when the questions have no more than a name and a type.

import DNSCore

/// What is asked, and what a right answer's code is.
struct Question: Hashable {
    var name: String
    var type: RRType
    var dnssecOK = false
    var expected: RCode?

    /// The line of a file.
    var text: String {
        name + " " + type.description + (dnssecOK ? " do" : "") + (expected.map { " " + $0.description } ?? "")
    }

    /// Reads a line of a file, or says what is wrong with it.
    static func parse(_ line: Substring) -> Result<Question, ParseError> {
        var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })[...]
        guard let name = words.popFirst(), let typeText = words.popFirst() else {
            return .failure(ParseError("a question is `NAME TYPE [do] [RCODE]`"))
        }
        guard let type = RRType(typeText) else { return .failure(ParseError("'\(typeText)' is not a type")) }
        var question = Question(name: String(name), type: type)
        if words.first == "do" {
            question.dnssecOK = true
            words.removeFirst()
        }
        if let code = words.popFirst() {
            guard let expected = codes[String(code)] else { return .failure(ParseError("'\(code)' is not a code")) }
            question.expected = expected
        }
        return words.isEmpty ? .success(question) : .failure(ParseError("'\(words[words.startIndex])' is too much"))
    }

    struct ParseError: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static let codes = [String: RCode](
        uniqueKeysWithValues: [RCode.noError, .formErr, .servFail, .nxDomain, .notImp, .refused].map {
            ($0.description, $0)
        })

    /// The message: a header with RD off, the question, and an OPT record of 1232 octets.
    func message(id: UInt16 = 0) throws(NameTextError) -> [UInt8] {
        var message: [UInt8] = [UInt8(id >> 8), UInt8(id & 0xff), 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
        message += try Name(name).wire
        message += [UInt8(type.rawValue >> 8), UInt8(type.rawValue & 0xff), 0, 1]
        let size = UInt16(EDNS.defaultPayload)
        message += [0, 0, UInt8(RRType.opt.rawValue), UInt8(size >> 8), UInt8(size & 0xff)]
        message += [0, 0, dnssecOK ? 0x80 : 0, 0, 0, 0]
        return message
    }
}
