// What can go wrong in a benchmark.

import Platform

/// A reason why a measurement can't be made or can't be believed.
enum BenchError: Error, Hashable, CustomStringConvertible {
    case badQuestion(file: String, line: Int, reason: String)
    case noQuestions(file: String)
    case notLoopback(Endpoint)
    case noMemory
    case noSuchProcess(Int32)
    case serverEnded(name: String, log: String)
    case notReady(name: String, seconds: Int, log: String)
    case commandFailed(command: String, output: String)
    case nothingAnswered(Endpoint)
    case nothingToMeasure

    var description: String {
        switch self {
        case .badQuestion(let file, let line, let reason): "\(file):\(line): \(reason)"
        case .noQuestions(let file): "\(file) has no questions"
        case .notLoopback(let endpoint):
            "\(endpoint) is not a loopback address: load is for machines of one's own; --i-know lifts this"
        case .noMemory: "there is no memory for the buffers"
        case .noSuchProcess(let id): "there is no process \(id)"
        case .serverEnded(let name, let log): "\(name) has ended: \(log)"
        case .notReady(let name, let seconds, let log): "\(name) did not answer within \(seconds) s: \(log)"
        case .commandFailed(let command, let output): "`\(command)` failed: \(output)"
        case .nothingAnswered(let endpoint): "nothing at \(endpoint) has answered"
        case .nothingToMeasure: "none of the servers is there"
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .notLoopback: .usage
        case .badQuestion, .noQuestions: .ioError
        case .notReady: .timedOut
        default: .failed
        }
    }
}
