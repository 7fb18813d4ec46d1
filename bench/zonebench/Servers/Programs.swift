// Other people's programs: where they are, and running one to its end.

import Glibc
import Platform

enum Programs {
    /// The path of an installed program; daemons' folders are looked at also where PATH lacks them.
    static func find(_ name: String) -> String? {
        let folders =
            (Environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"]
        return folders.lazy.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }

    static func need(_ name: String) throws(PlatformError) -> String {
        guard let path = find(name) else { throw .noBinary(name: name, folders: ["PATH"]) }
        return path
    }

    /// Runs a program to its end; returns what it has printed, or throws if it failed.
    @discardableResult
    static func run(_ command: [String]) throws -> String {
        let pipe = try System.makePipe()
        var child = ChildCommand(command[0], Array(command.dropFirst()))
        child.output = pipe.writing.number
        child.errors = pipe.writing.number
        let process = try ChildProcess(child)
        Leftovers.add(process: process.id)
        defer { Leftovers.remove(process: process.id) }
        let reading = pipe.closeWriting()
        let output = String(
            decoding: try System.readToEnd(reading.number, of: "the output of \(command[0])"), as: UTF8.self)
        try process.awaitEnd()
        guard let end = try process.end(), end == .exited(0) else {
            throw BenchError.commandFailed(command: command.joined(separator: " "), output: output)
        }
        return output
    }

    static func firstLine(_ command: [String]) -> String? {
        (try? run(command))?.split(separator: "\n").first.map(String.init)
    }
}
