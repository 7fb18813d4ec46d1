// What a child gets from its parent, and what the parent learns of it.

import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ChildProcessTests {
    /// Runs a shell script to its end: what it wrote and how it ended.
    private func run(_ script: String, _ change: (inout ChildCommand) -> Void = { _ in }) throws -> (String, ProcessEnd)
    {
        let pipe = try System.makePipe()
        var command = ChildCommand("/bin/sh", ["-c", script])
        command.output = pipe.writing.number
        change(&command)
        let child = try ChildProcess(command)
        let reading = pipe.closeWriting()
        let output = try System.readToEnd(reading.number, of: "pipe")
        try child.awaitEnd()
        let end = try #require(try child.end())
        return (String(decoding: output, as: UTF8.self), end)
    }

    @Test func tellsExitCodesAndSignalsApart() throws {
        #expect(try run("exit 0").1 == .exited(0))
        #expect(try run("exit 74").1 == .exited(74))
        #expect(try run("kill -SEGV $$").1 == .died(Signal(rawValue: SIGSEGV)))
        #expect(try run("kill -KILL $$").1 == .died(.kill))
        #expect("\(ProcessEnd.died(Signal(rawValue: SIGBUS)))" == "died of SIGBUS")
    }

    @Test func aMissingProgramIsAnErrorWithItsName() {
        #expect(throws: PlatformError.system(SystemError(ENOENT, .spawn, "/no/such/program"))) {
            _ = try ChildProcess(ChildCommand("/no/such/program", []))
        }
    }

    @Test func variablesAreKeptFromAChildThatReadsWhatStrangersWrite() throws {
        let (output, _) = try run("env") {
            $0.hasShortEnvironment = true
            $0.variables = ["ZONECAST_CHILD": "build"]
        }
        // The shell adds its own.
        let shells: Set = ["PWD", "OLDPWD", "SHLVL", "_"]
        let names = Set(output.split(separator: "\n").map { String($0.prefix { $0 != "=" }) }).subtracting(shells)
        #expect(names.isSubset(of: Variable.inherited + ["ZONECAST_CHILD"]), "\(names)")
        #expect(output.contains("ZONECAST_CHILD=build"))
    }

    @Test func variablesAreSetAndRemoved() throws {
        let script = "echo ${ZONECAST_CHILD-unset} ${HOME-unset} ${LISTEN_FDS-unset} ${LISTEN_PID-unset}"
        let (output, _) = try run(script) { $0.variables = ["ZONECAST_CHILD": "authd.1", "HOME": nil] }
        #expect(output == "authd.1 unset unset unset\n")
    }

    @Test func socketsAreAtThreeAndUpWhateverTheirNumbersHere() throws {
        // Sources whose numbers lie in the target range, in the order that plain dup2 calls would get wrong.
        let folder = try TemporaryFolder()
        var files: [Int32] = []
        defer { for file in files { close(file) } }
        for name in ["a", "b", "c", "d", "e"] {
            try DurableFile.write(Array(name.utf8), to: folder.path + "/" + name)
            files.append(try System.open(folder.path + "/" + name, O_RDONLY).release())
        }
        let (output, _) = try run("cat <&3; cat <&4; cat <&5; cat <&6; cat <&7; echo $LISTEN_FDS") {
            $0.sockets = files.reversed()
        }
        #expect(output == "edcba5\n")
    }

    @Test func nothingElseIsPassedOn() throws {
        let folder = try TemporaryFolder()
        let held = try System.open(folder.path + "/held", O_RDWR | O_CREAT)
        // Others' descriptors may not even be CLOEXEC.
        #expect(fcntl(held.number, F_SETFD, 0) == 0)
        #expect(try run("ls -l /proc/self/fd").0.contains("held") == false)
        #expect(try run("ls -l /proc/self/fd") { $0.sockets = [held.number] }.0.contains("3 -> \(folder.path)/held"))
    }

    @Test func signalsAreUnblockedAndDefaultInTheChild() throws {
        let script = "while read name value; do case $name in SigBlk:|SigIgn:) echo $name $value;; esac; done"
        var blocked = sigset_t()
        var before = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGUSR2)
        _ = pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { _ = pthread_sigmask(SIG_SETMASK, &before, nil) }
        let (output, _) = try run("exec 0</proc/self/status; " + script)
        let masks = output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(masks.map(\.first) == ["SigBlk:", "SigIgn:"])
        // Above the 31 usual ones are two that the C library keeps for itself.
        for mask in masks.compactMap(\.last) {
            #expect(UInt64(mask, radix: 16).map { $0 & 0x7fff_ffff } == 0, "\(output)")
        }
    }

    @Test func aSecretIsReadableByChildrenAndChangeableByNone() throws {
        let secret = try SealedMemory(Array("0123456789abcdef".utf8), named: "test")
        let script =
            "cat /proc/self/fd/$ZONECAST_SECRET; (echo x >>/proc/self/fd/$ZONECAST_SECRET) 2>/dev/null || echo -"
        for _ in 0..<2 {
            let (output, _) = try run(script) { $0.secret = secret }
            #expect(output == "0123456789abcdef-\n")
        }
        #expect(try run("echo ${ZONECAST_SECRET-unset}").0 == "unset\n")
    }

    @Test func aChildEndsWithItsLifeline() throws {
        var lifeline: Lifeline? = try Lifeline()
        var command = ChildCommand("/bin/sh", ["-c", "eval \"read line <&$ZONECAST_LIFELINE\"; exit 7"])
        command.lifeline = lifeline
        let child = try ChildProcess(command)
        command.lifeline = nil
        #expect(try child.end() == nil)
        lifeline = nil
        try child.awaitEnd()
        #expect(try child.end() == .exited(7))
    }
}
