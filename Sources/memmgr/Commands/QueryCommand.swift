// `memmgr query`: what authd answers, from the same code, without a socket.

import ArgumentParser
import CommandOptions
import DNSCore
import Platform
import Responder
import ZoneImage

struct QueryCommand: JSONCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Show the answer to a query, without the network.",
        discussion: """
            Asks the current generation of the running system, or with --generation another one that is kept, or with \
            --file an image, a directory or a master file, for which no system has to run: \
            memmgr query --file example.zone www.example. AAAA +dnssec
            """)

    @OptionGroup var source: AnswerSource
    @OptionGroup var include: IncludeOption
    @OptionGroup var outOfZone: OutOfZoneOption
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("The name, a type (default: A), +dnssec, +tcp.", valueName: "question"))
    var words: [String]

    func run() throws {
        finish {
            let question: WrittenQuestion
            do { question = try WrittenQuestion(words) } catch { throw CommandFailure("\(error)", .usage) }
            let responder = try source.responder(accepting: .forPrinting(outOfZone), including: include)
            let answer = try AnswerText(responder.answer(question.message, over: question.transport))
            if output.json {
                try Output.json(answer.members)
            } else {
                for line in answer.lines { try Output.line(line) }
            }
            return .done
        }
    }
}
