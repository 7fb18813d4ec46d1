// A program that runs beside the measurement.

import Glibc
import Platform

/// A started command.
final class BackgroundCommand {
    private let process: ChildProcess
    private let name: String
    private var result: ProcessEnd?

    /// Starts a program; what it prints goes to a file.
    init(_ command: [String], output path: String) throws {
        let output = try System.open(path, O_WRONLY | O_CREAT | O_APPEND)
        var child = ChildCommand(command[0], Array(command.dropFirst()))
        child.output = output.number
        child.errors = output.number
        process = try ChildProcess(child)
        name = command.joined(separator: " ")
        Leftovers.add(process: process.id)
    }

    /// Whether the program has ended.
    func hasEnded() throws -> Bool {
        if result == nil, let end = try process.end() {
            result = end
            Leftovers.remove(process: process.id)
        }
        return result != nil
    }

    /// Throws if the program has ended in another way than well.
    func requireSuccess() throws {
        if let result, result != .exited(0) { throw BenchError.commandFailed(command: name, output: "\(result)") }
    }

    /// Ends the program.
    func kill() throws {
        process.send(.kill)
        while try !hasEnded() { usleep(1000) }
    }
}
