// `memmgr test`: questions with the answers that they should have, for those who check zones before they are loaded.

import ArgumentParser
import CommandOptions
import DNSCore
import Glibc
import Platform
import Responder
import ZoneFile
import ZoneImage

struct TestCommand: JSONCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Compare answers with those that a file expects.",
        discussion: """
            A line is a question, '=' and what is expected: the data of all records of the type in the answer, with '|' \
            between them, or a word: NODATA, REFERRAL, ALIAS (it leads out of the zone), NXDOMAIN, REFUSED or another \
            response code. A truncated answer is asked for again over TCP. Comments begin with ';'.

                www.example. A  = 192.0.2.80
                example. MX     = 10 mail.example. | 20 mail.example.net.
                gone.example. A = NXDOMAIN

            What is asked is chosen as for query. Ends with 1 if any answer is another.
            """)

    @OptionGroup var source: AnswerSource
    @OptionGroup var zones: ZoneOptions
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("The file of questions.", valueName: "file"), completion: .file())
    var questions: String

    func run() throws {
        finish {
            let expectations = try Expectation.list(at: questions)
            if expectations.isEmpty { throw CommandFailure("\(questions) has no questions", .failed) }
            let responder = try source.responder(accepting: BuildOptions(zones), including: zones.include)
            var failed = 0
            for expectation in expectations {
                let question = expectation.question
                var answer = try AnswerText(responder.answer(question.message, over: question.transport))
                if answer.flags.contains("tc") {
                    answer = try AnswerText(responder.answer(question.message, over: .tcp))
                }
                let found = Expectation.outcome(of: answer, for: expectation.question.type)
                if found == expectation.expected { continue }
                failed += 1
                Output.diagnostic(
                    "\(questions):\(expectation.line):1: error: \(expectation.text): expected \(expectation.expected), "
                        + "but the answer is \(found)")
            }
            if output.json {
                try Output.json([
                    "ok": .bool(failed == 0), "questions": .integer(Int64(expectations.count)),
                    "failed": .integer(Int64(failed)),
                ])
            } else {
                let right =
                    "\(Wording.grouped(expectations.count - failed)) of \(Wording.count(expectations.count, "answer"))"
                try Output.line("\(right) as expected")
            }
            return failed == 0 ? .done : .failed
        }
    }
}

/// One line of a file of questions.
private struct Expectation {
    /// What an answer comes to.
    enum Outcome: Equatable, CustomStringConvertible {
        /// The data of the records of the type that was asked for, in order.
        case data([String])
        /// NODATA, REFERRAL, or a response code.
        case word(String)

        var description: String {
            switch self {
            case .data(let data): data.joined(separator: " | ")
            case .word(let word): word
            }
        }
    }

    let line: Int
    let text: String
    let question: WrittenQuestion
    let expected: Outcome

    static func outcome(of answer: AnswerText, for type: RRType) -> Outcome {
        let data = answer.answers.filter { $0.type == type || type == .any }.map { comparable($0.rdata, $0.type) }
            .sorted()
        if !data.isEmpty { return .data(data) }
        if answer.rcode != .noError { return .word("\(answer.rcode)") }
        if answer.authorityTypes.contains(.soa) { return .word("NODATA") }
        return .word(answer.authorityTypes.contains(.ns) ? "REFERRAL" : "ALIAS")
    }

    /// Reads a file of questions.
    ///
    /// - Throws: `CommandFailure` with the first line that is none.
    static func list(at path: String) throws -> [Expectation] {
        let octets = try CommandInput(path).bytes()
        var list: [Expectation] = []
        // A carriage return and a newline are one character to Swift.
        let lines = String(decoding: octets, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let text = pieces(of: line, at: ";")[0]
            if text.allSatisfy(\.isWhitespace) { continue }
            do {
                list.append(try Expectation(line: index + 1, text))
            } catch {
                throw CommandFailure("\(path):\(index + 1):1: error: \(error)", .failed)
            }
        }
        return list
    }

    private init(line: Int, _ text: Substring) throws(WrittenQuestion.Problem) {
        let equals = Expectation.pieces(of: text, at: "=")[0].endIndex
        guard equals < text.endIndex else {
            throw WrittenQuestion.Problem(description: "a question, '=' and what is expected are wanted")
        }
        self.line = line
        let words = text[..<equals].split(whereSeparator: \.isWhitespace).map(String.init)
        self.text = words.joined(separator: " ")
        question = try WrittenQuestion(words)
        let right = Expectation.pieces(of: text[text.index(after: equals)...], at: "|").map { String($0) }
        let word = right[0].filter { !$0.isWhitespace }
        if word.isEmpty { throw WrittenQuestion.Problem(description: "nothing is expected behind '='") }
        if right.count == 1, Expectation.outcomes.contains(word) {
            expected = .word(word)
        } else {
            var data: [String] = []
            for text in right { data.append(try Expectation.data(text, of: question.type)) }
            expected = .data(data.sorted())
        }
    }

    /// What may be expected besides data.
    private static let outcomes: Set<String> = [
        "NODATA", "REFERRAL", "ALIAS", "NXDOMAIN", "REFUSED", "SERVFAIL", "FORMERR", "NOTIMP", "YXDOMAIN", "NOTAUTH",
    ]

    /// Data in the form in which answers are printed.
    private static func data(_ text: String, of type: RRType) throws(WrittenQuestion.Problem) -> String {
        do {
            let zone = try ZoneLoader(origin: .root).load(text: "x. 0 \(type) \(text)\n", name: "expected")
            guard zone.records.count == 1 else { throw WrittenQuestion.Problem(description: "'\(text)' is no data") }
            return comparable(zone.records[0].rdata, type)
        } catch let failure as LoadFailure {
            throw WrittenQuestion.Problem(
                description: "'\(text)' is no data of type \(type): \(failure.diagnostics.first?.message ?? "")")
        } catch let problem as WrittenQuestion.Problem {
            throw problem
        } catch {
            throw WrittenQuestion.Problem(description: "\(error)")
        }
    }

    /// Names differ in nothing when they differ in case (RFC 4343).
    private static func comparable(_ rdata: [UInt8], _ type: RRType) -> String {
        var rdata = rdata
        for name in unsafe rdata.withUnsafeBytes({ unsafe type.names(in: $0) }) ?? [] {
            for place in name.range { rdata[place] = ASCII.lowercase(rdata[place]) }
        }
        return RecordText.rdata(rdata, type: type)
    }

    /// Splits a line at a character that is not within quotes; at least one piece.
    private static func pieces(of line: Substring, at separator: Character) -> [Substring] {
        var pieces: [Substring] = []
        var (start, isQuoted, isEscaped) = (line.startIndex, false, false)
        for index in line.indices {
            if isEscaped {
                isEscaped = false
                continue
            }
            if line[index] == "\\" { isEscaped = true }
            if line[index] == "\"" { isQuoted.toggle() }
            if line[index] == separator, !isQuoted {
                pieces.append(line[start..<index])
                start = line.index(after: index)
            }
        }
        return pieces + [line[start...]]
    }
}
