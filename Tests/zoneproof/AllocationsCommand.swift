// `zoneproof allocations`: nothing is taken from the heap for an answer.

import ArgumentParser
import CAllocations
import Platform

struct AllocationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allocations",
        abstract: "Count what each kind of answer takes from the heap.",
        discussion: "Exits with 1 if any takes anything after the first thousand. Counts by a malloc of its own.")

    @Flag(help: "Take something on purpose, to see that it is noticed.")
    var plant = false

    func run() throws {
        var isGood = true
        for kind in AnswerKind.all {
            let loop = try AnswerLoop(kind)
            _ = loop.run(1000)
            let before = allocations_count()
            _ = loop.run(1000)
            if plant { _ = loop.run([Int](repeating: 1, count: Int.random(in: 1...1)).count) }
            let taken = allocations_count() - before
            if taken > 0 {
                isGood = false
                print("\(kind.name): \(taken) blocks for 1000 answers")
            }
        }
        guard isGood else { throw ExitCode(ExitStatus.failed.rawValue) }
        print("\(AnswerKind.all.count) kinds of answers: nothing from the heap")
    }
}
