// `zoneproof answers`: one kind of answer over and over, to be run under a profiler or a counter of instructions.

import ArgumentParser

struct AnswersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answers",
        abstract: "Give one kind of answer many times; without a kind, list the kinds.",
        discussion: "bench/instructions runs this under callgrind.")

    @Argument(help: "The kind.")
    var kind: String?

    @Option(help: ArgumentHelp("How often.", valueName: "n"))
    var times = 1000

    func validate() throws {
        guard times >= 0 else { throw ValidationError("--times is at least 0.") }
        if let kind, !AnswerKind.all.contains(where: { $0.name == kind }) {
            throw ValidationError("There is no kind '\(kind)'; without one, the kinds are listed.")
        }
    }

    func run() throws {
        guard let kind = AnswerKind.all.first(where: { $0.name == kind }) else {
            for kind in AnswerKind.all { print(kind.name) }
            return
        }
        print("\(try AnswerLoop(kind).run(times)) octets")
    }
}
