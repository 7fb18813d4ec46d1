// The descriptors of a process: closed standard ones, too few of them, and the low numbers that are left to the runtime.

import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct DescriptorsTests {
    /// Runs a command line of the shell to its end, with what it writes to its standard error.
    private func shell(_ script: String, _ arguments: String...) throws -> (end: ProcessEnd?, errors: String) {
        let pipe = try System.makePipe()
        var command = ChildCommand("/bin/sh", ["-c", script, "sh"] + arguments)
        command.output = pipe.writing.number
        command.errors = pipe.writing.number
        let child = try ChildProcess(command)
        let reading = pipe.closeWriting()
        let text = try System.readToEnd(reading.number, of: "pipe")
        try child.awaitEnd()
        return (try child.end(), String(decoding: text, as: UTF8.self))
    }

    /// Where a shell finds each program, and a command line on which it opens sockets, locks or an event loop.
    private static let commands = [
        "zonecast": "--dir $1/d --listen 127.0.0.1:$2", "msgq": "--socket $1/msgq.sock",
        "memmgr": "run --dir $1/d", "authd": "--dir $1/d --listen 127.0.0.1:$2",
    ]

    @Test(arguments: ["zonecast", "msgq", "memmgr", "authd"])
    func whereDescriptorsAreTooFewTheProgramSaysHowManyItNeeds(program: String) throws {
        let folder = try TemporaryFolder()
        let line = try #require(Self.commands[program])
        let path = try SiblingBinary.path(of: program)
        for limit in [10, 16, 20] {
            let (end, errors) = try shell(
                "ulimit -n \(limit); exec \(path) \(line)", folder.path, "\(try FreePort.next())")
            #expect(end == .exited(71), "\(errors)")
            #expect(errors.contains("descriptors are needed and the limit is \(limit): raise it"), "\(errors)")
        }
    }

    @Test func aCommandToo() throws {
        let folder = try TemporaryFolder()
        let (end, errors) = try shell(
            "ulimit -n 12; exec \(try SiblingBinary.path(of: "memmgr")) --dir $1 status", folder.path)
        #expect(end == .exited(71), "\(errors)")
        #expect(errors.contains("descriptors are needed and the limit is 12"))
    }

    /// What is logged must not go into a file that was opened as number 2.
    @Test(arguments: ["zonecast", "msgq", "memmgr", "authd"])
    func closedStandardDescriptorsAreNobodysFiles(program: String) throws {
        let folder = try TemporaryFolder()
        let line = try #require(Self.commands[program])
        let path = try SiblingBinary.path(of: program)
        let port = "\(try FreePort.next())"
        let script =
            "\(path) \(line) <&- >&- 2>&- & id=$!; until [ \"$(readlink /proc/$id/exe)\" = \(path) ]; do :; done; "
            + "until [ -e /proc/$id/fd/2 ]; do kill -0 $id || break; done; "
            + "readlink /proc/$id/fd/0 /proc/$id/fd/1 /proc/$id/fd/2; kill $id; wait $id"
        let (_, text) = try shell(script, folder.path, port)
        // It may be gone before it was looked at, as without a bus there is little to live for.
        let files = text.split(separator: "\n").filter { $0.hasPrefix("/") }
        #expect(files.allSatisfy { $0 == "/dev/null" }, "\(text)")
        for name in try folder.names() where name.hasSuffix("lock") {
            #expect(Int(try folder.text(of: name).dropLast()) != nil, "\(name)")
        }
    }

    @Test func whatIsOpenedHereLeavesTheLowNumbersToTheRuntime() throws {
        let file = try System.open("/dev/null", O_RDONLY)
        let pipe = try System.makePipe()
        for number in [file.number, pipe.reading.number, pipe.writing.number] {
            #expect(number >= Descriptors.floor)
            #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
        }
    }
}
