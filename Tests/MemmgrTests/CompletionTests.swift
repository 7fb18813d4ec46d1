// What a shell completes: files, and the zones and consumers of the system that the command line is about. The scripts are those that
// are installed.

import Bus
import BusClient
import Platform
import TestSupport
import Testing

@testable import memmgr

@Suite(.serialized) struct CompletionTests {
    /// What bash offers for the last word of a command line.
    private func completions(_ system: TestSystem, _ words: String...) async throws -> [String] {
        let memmgr = try Program.path("memmgr")
        let script = try await system.memmgr(["--generate-completion-script", "bash"], global: false).output
        try system.folder.write(
            script + #"""
                PATH=$1:$PATH
                shift
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
                COMP_POINT=${#COMP_LINE}
                COMPREPLY=()
                _memmgr "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                printf '%s\n' "${COMPREPLY[@]}"

                """#, to: "complete")
        let folder = memmgr.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let result = try await Program.run(
            "/bin/bash", ["complete", folder, "memmgr"] + words, in: system.folder)
        return result.output.split(separator: "\n").map(String.init).sorted()
    }

    @Test func filesZonesAndConsumersAreCompleted() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system, name: "consumer.9")
        for zone in ["one", "other"] { try system.writeZone(zone, serial: 1) }
        #expect(try await system.memmgr("load", "one.zone", "other.zone").status == 0)
        let dir = system.folder.path
        #expect(try await completions(system, "unload", "--dir", dir, "") == ["one.", "other."])
        #expect(try await completions(system, "unload", "--dir=\(dir)", "ot") == ["other."])
        #expect(try await completions(system, "status", "--dir", dir, "on") == ["one."])
        #expect(try await completions(system, "log", "--dir", dir, "--zone", "on") == ["one."])
        #expect(try await completions(system, "load", "--dir", dir, "--canary", "") == ["consumer.9"])
        for command in ["load", "check", "compile", "plan", "dump", "verify", "diff", "test"] {
            #expect(try await completions(system, command, "oth") == ["other.zone"], "\(command)")
        }
        #expect(try await completions(system, "unlo") == ["unload"])
        _ = consumer
    }

    @Test func withoutASystemNothingIsOfferedAndNothingPrinted() async throws {
        let system = try await TestSystem()
        try await system.end("msgq", .kill)
        #expect(try await completions(system, "unload", "--dir", system.folder.path, "") == [])
    }

    @Test func theFolderIsFoundAmongTheWords() {
        #expect(Candidates.folder(in: ["memmgr", "unload", "--dir", "/a b", ""]) == "/a b")
        #expect(Candidates.folder(in: ["memmgr", "unload", "--dir='/a'", ""]) == "/a")
        #expect(Candidates.folder(in: ["memmgr", "unload", "--dir"]) == nil)
    }
}
