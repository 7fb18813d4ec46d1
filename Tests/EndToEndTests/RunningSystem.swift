// A whole Zonecast system for one test: the real programs, in a folder and on ports of their own, asked by programs
// that are not ours. It is ended with the test, whatever happens.

import Foundation
import Glibc
import TestSupport
import Testing

/// What a command printed, and how it ended.
struct CommandResult {
    let status: Int32
    let output: String
    let errors: String
}

/// Runs a program to its end.
@discardableResult
func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
    try RunningCommand(program, arguments, environment: environment).end()
}

/// A program that runs beside the test, until its end or that of this object.
///
/// Output goes through files: a pipe that nobody reads would stop it.
final class RunningCommand {
    private let process = Process()
    private let folder: URL

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let files = ["out", "err"].map { folder.appendingPathComponent($0) }
        for file in files { FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.executableURL = URL(fileURLWithPath: program.hasPrefix("/") ? program : "/usr/bin/env")
        process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    var isRunning: Bool { process.isRunning }
    var id: Int32 { process.processIdentifier }

    /// What it has printed so far.
    var output: String { get throws { try text("out") } }

    /// Waits until it has ended.
    func end() throws -> CommandResult {
        process.waitUntilExit()
        return CommandResult(status: process.terminationStatus, output: try text("out"), errors: try text("err"))
    }

    private func text(_ file: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
    }
}

/// A started `zonecast` and its children.
final class RunningSystem {
    let folder: URL
    let port: Int
    /// The folder of the programs that it runs.
    let programs: URL
    private var zonecast = Process()
    var state: String { folder.appendingPathComponent("state").path }
    private var output: URL { folder.appendingPathComponent("out") }
    private var log: URL { folder.appendingPathComponent("log") }

    /// The folder of the programs under test: that of the test bundle.
    static let programs: URL = {
        if let named = ProcessInfo.processInfo.environment["ZONECAST_BIN"] { return URL(fileURLWithPath: named) }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    }()

    /// The checkout, for its example zones.
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Starts the system with zone files, given as name and text, and waits for its `ready`.
    init(
        zones: [(name: String, text: String)], options: [String] = [], programs: URL = RunningSystem.programs
    ) throws {
        self.programs = programs
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("zc-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = Int(try FreePort.next())
        for zone in zones { try write(zone.name, zone.text) }
        try start(zones: zones.map(\.name), options: options)
    }

    /// Starts zonecast, with these options and the files of these names on its command line, and waits for its `ready`.
    func start(zones: [String], options: [String] = []) throws {
        for file in [output, log] { FileManager.default.createFile(atPath: file.path, contents: nil) }
        zonecast = Process()
        zonecast.executableURL = programs.appendingPathComponent("zonecast")
        // On a machine that runs all tests at once, a build that stands back might never come to its end.
        let own = ["--dir", state, "--listen", "127.0.0.1:\(port)", "--workers", "2", "--build-nice", "0"]
        zonecast.arguments = own + options + zones.map(path)
        zonecast.environment = ProcessInfo.processInfo.environment.merging(
            ["ZONECAST_BIN": programs.path]) { $1 }
        zonecast.standardInput = FileHandle.nullDevice
        zonecast.standardOutput = try FileHandle(forWritingTo: output)
        zonecast.standardError = try FileHandle(forWritingTo: log)
        try zonecast.run()
        guard wait(for: { self.printed.contains("ready") }) else { throw NotReady(log: logged) }
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    struct NotReady: Error { let log: String }

    /// What zonecast has printed to standard output so far.
    var printed: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    /// What all parts have logged so far.
    var logged: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
    var isRunning: Bool { zonecast.isRunning }
    var id: Int32 { zonecast.processIdentifier }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Writes a file of the test's folder.
    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    /// Runs memmgr on this system.
    @discardableResult
    func memmgr(_ arguments: String...) throws -> CommandResult {
        try run(RunningSystem.programs.appendingPathComponent("memmgr").path, ["--dir", state] + arguments)
    }

    /// Starts a command of memmgr on this system, and lets the test go on.
    func memmgrInBackground(_ arguments: String...) throws -> RunningCommand {
        try RunningCommand(
            RunningSystem.programs.appendingPathComponent("memmgr").path, ["--dir", state] + arguments)
    }

    /// Asks with dig; the lines of its short output, sorted.
    func dig(_ arguments: String...) throws -> [String] {
        try run("dig", ["+short", "+time=2", "+tries=4", "@127.0.0.1", "-p", "\(port)"] + arguments)
            .output.split(separator: "\n").map(String.init).sorted()
    }

    /// Asks with dig; its whole output.
    func digAll(_ arguments: String...) throws -> String {
        try run("dig", ["+time=2", "+tries=4", "@127.0.0.1", "-p", "\(port)"] + arguments).output
    }

    /// What the kernel says in one of its files, whose sizes are not known before they are read.
    func kernelFile(_ path: String) throws -> String { try run("cat", [path]).output }

    /// The processes of this system that run `program`.
    func processes(_ program: String) throws -> [Int32] {
        try run("pgrep", ["-f", "^\\S*/\(program) .*\(state)"]).output
            .split(separator: "\n").compactMap { Int32($0) }
    }

    /// Kills a part in the hardest way, and waits until another one runs in its place.
    func killAndAwaitRestart(_ program: String) throws {
        let before = try processes(program)
        #expect(!before.isEmpty, "no \(program) to kill")
        for process in before { kill(process, SIGKILL) }
        #expect(
            wait(for: {
                (try? self.processes(program)).map { !$0.isEmpty && Set($0).isDisjoint(with: before) } ?? false
            }),
            "\(program) was not restarted: \(logged)")
    }

    /// Polls until a condition holds; false after a minute and a hundred looks.
    func wait(for condition: () -> Bool) -> Bool {
        let deadline = Date().addingTimeInterval(60)
        var looks = 0
        while looks < 100 || Date() < deadline {
            if condition() { return true }
            if !zonecast.isRunning { return condition() }
            looks += 1
            usleep(20_000)
        }
        return false
    }

    /// Ends the system as Ctrl-C does; its exit status.
    @discardableResult
    func stop() -> Int32 {
        if zonecast.isRunning {
            kill(zonecast.processIdentifier, SIGINT)
            zonecast.waitUntilExit()
        }
        return zonecast.terminationStatus
    }

    func signal(_ number: Int32) { kill(zonecast.processIdentifier, number) }

    /// Whether sockets can be bound to ::1.
    static let hasIPv6: Bool = {
        let descriptor = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }()
}
