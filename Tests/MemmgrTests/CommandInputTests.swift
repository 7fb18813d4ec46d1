// What commands read and write: streams, the names of files, and paths that are not UTF-8.

import Glibc
import JSON
import Platform
import TestSupport
import Testing

@Suite struct CommandInputTests {
    let folder: TemporaryFolder
    private static let good = "$TTL 60\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.good, to: "example.zone")
    }

    /// Runs a line of the shell in the test's folder, where `$m` is memmgr and `$e` the octet 0xE9.
    private func shell(_ line: String) async throws -> Program.Result {
        let setting = "m='\(try Program.path("memmgr"))'; e=$(printf '\\351'); "
        return try await Program.run("/bin/sh", ["-c", setting + line], in: folder)
    }

    // MARK: Streams

    @Test(arguments: [
        "$m check --origin example - <example.zone", "cat example.zone | $m check --origin example -",
        "cat example.zone | $m check --origin example /dev/stdin",
        "mkfifo f; cat example.zone >f & $m check --origin example f",
        "$m compile --origin example - -o e.img <example.zone && $m verify e.img",
        "$m dump --origin example - <example.zone >d && $m check --origin example d",
        "$m compile example.zone -o e.img && $m dump - <e.img >d && $m check --origin example d",
        "printf 'ns1.example. A = 192.0.2.1\\n' | $m test --file example.zone -",
        "printf 'ns1.example. A = 192.0.2.1\\n' >q; $m test --origin example --file - q <example.zone",
        "$m diff --origin example - example.zone <example.zone", "$m plan --origin example - <example.zone",
    ])
    func streamsAreRead(_ line: String) async throws {
        let result = try await shell(line)
        #expect(result.status == 0, "\(line): \(result)")
    }

    @Test func errorsInStreamsHaveTheirLine() async throws {
        try folder.write(Self.good + "www A 192.0.2\n", to: "bad.zone")
        let result = try await shell("$m check --origin bad - <bad.zone")
        #expect(result.status == 1 && result.errors.contains("-:5:7: error: "), "\(result)")
        #expect(result.errors.contains("\nwww A 192.0.2\n      ^\n"))
        try folder.write(Self.good + "s NS ns.s\n", to: "warned.zone")
        let warned = try await shell("$m check --origin warned - <warned.zone")
        #expect(warned.errors.contains("-:5:1: warning: ") && warned.errors.contains("\ns NS ns.s\n^\n"), "\(warned)")
    }

    @Test func aStreamNeedsAnOrigin() async throws {
        let result = try await shell("$m check - <example.zone")
        #expect(result.status == 64 && result.errors.contains("--origin"), "\(result)")
    }

    @Test func loadHandsTheContentOfAStreamToTheManager() async throws {
        let system = try await TestSystem()
        try system.folder.write(Self.good, to: "z")
        let load = "cat '\(system.folder.path)/z' | $m --dir '\(system.folder.path)' load --origin example "
        let first = try await shell(load + "-")
        #expect(first.status == 0, "\(first)")
        // It is a file of the manager's from then on, which restarts and SIGHUP find unchanged.
        try await system.end("memmgr", .terminate)
        try await system.startManager()
        let zone = try #require(try await system.status()["zones"]?.array?.first)
        #expect(zone["state"] == "serving" && zone["file"]?.string?.contains("/streamed/") == true)
        try system.folder.write(Self.good + "www A x\n", to: "z")
        let refused = try await shell(load + "-")
        #expect(refused.status == 1 && refused.errors.contains("-:5:7: error: "), "\(refused)")
        #expect(try await system.status()["zones"]?.array?.first?["serial"] == 1)
        try system.folder.write(Self.good.replacing(" 1 2 3 4 5", with: " 2 2 3 4 5"), to: "z")
        #expect(try await shell(load + "/dev/stdin").status == 0)
        #expect(try await system.status()["zones"]?.array?.first?["serial"] == 2)
    }

    // MARK: Names of files

    @Test(arguments: [
        ("db.example.com", "example.com."), ("example.com.zone.signed", "example.com."), ("x.zone.db", "x."),
        ("example.com.hosts", "example.com."), ("example.com.db.signed", "example.com."),
        ("example.com.signed", "example.com."), ("db.example.com.signed", "example.com."), ("a.zone.zone", "a.zone."),
        ("example.com.zone.txt", "example.com."), ("example.com", "example.com."), ("db", "db."),
    ])
    func usualFormsOfFileNamesAreStripped(_ file: String, _ origin: String) async throws {
        try folder.write(Self.good, to: file)
        let result = try await Program.memmgr("check", "--json", file, in: folder)
        #expect(try JSONValue(text: Array(result.output.utf8))["zone"]?.string == origin)
    }

    @Test func aReverseZoneBehindDBHasAnotherName() async throws {
        try folder.write(Self.good, to: "db.192.0.2")
        let result = try await Program.memmgr("check", "db.192.0.2", in: folder)
        #expect(result.status == 64 && result.errors.contains("--origin"), "\(result)")
    }

    @Test(arguments: [
        "example.com. 60 SOA a. b. 1 2 3 4 5\nexample.com. 60 NS a.\nwww.example.com. 60 A 192.0.2.1\n",
        "$ORIGIN example.com.\n@ 60 SOA a. b. 1 2 3 4 5\n@ 60 NS a.\nwww 60 A 192.0.2.1\n",
    ])
    func aSOAForAnotherZoneIsOneErrorWithTheRemedy(_ text: String) async throws {
        try folder.write(text, to: "customer7")
        let result = try await Program.memmgr("check", "customer7", in: folder)
        #expect(result.status == 1)
        #expect(result.errors.contains("error: the SOA is for example.com.: use --origin example.com\n"), "\(result)")
        #expect(result.output.contains("is refused: 1 error\n"))
        #expect(try await Program.memmgr("check", "--origin", "example.com", "customer7", in: folder).status == 0)
        // Also where it lies in the zone that the file's name speaks of.
        try folder.write(text, to: "com.zone")
        #expect(try await Program.memmgr("check", "com.zone", in: folder).errors.contains("use --origin example.com\n"))
    }

    @Test func aFolderSaysWhatItPassesOver() async throws {
        let zones = try TemporaryFolder()
        for name in ["db.a.test", "b.test.signed", "c.test.zone", "d.test.zone", "d.test.zone.signed"] {
            try zones.write(Self.good, to: name)
        }
        for name in ["README", "c.test.zone.bak", ".hidden"] { try zones.write("no zone", to: name) }
        let result = try await Program.memmgr("plan", "--json", zones.path, in: folder)
        let planned = try JSONValue(text: Array(result.output.utf8))["zones"]?.array?.compactMap { $0["zone"]?.string }
        #expect(planned?.sorted() == ["a.test.", "b.test.", "c.test.", "d.test."])
        #expect(
            result.errors == "memmgr: \(zones.path): skipped 3 files: README, c.test.zone.bak, d.test.zone\n",
            "\(result)")
        try zones.write(Self.good, to: "a.test.db")
        let doubled = try await Program.memmgr("plan", zones.path, in: folder)
        #expect(doubled.status == 1 && doubled.errors.contains("a.test.db and db.a.test"), "\(doubled)")
    }

    @Test func aByteOrderMarkInAListIsNamed() async throws {
        try folder.write("\u{FEFF}a.test example.zone\n", to: "list")
        let result = try await Program.memmgr("load", "--dir", folder.path, "--list", "list", in: folder)
        #expect(
            result.status == 1 && result.errors.contains("list:1:1: error: ")
                && result.errors.contains("byte order mark"))
    }

    // MARK: Paths are octets

    @Test func pathsNeedNotBeUTF8() async throws {
        let checked = try await shell("cp example.zone \"x$e.zone\"; $m check --origin example \"x$e.zone\"")
        #expect(checked.status == 0 && checked.output.hasPrefix("x\\xE9.zone: "), "\(checked)")
        let named = try await shell("cp example.zone \"x$e.test.zone\"; $m check --json \"x$e.test.zone\"")
        #expect(try JSONValue(text: Array(named.output.utf8))["zone"] == "x\\233.test.", "\(named)")
        let compiled = try await shell("$m compile --origin example \"x$e.zone\" -o \"y$e.img\" && test -f \"y$e.img\"")
        #expect(compiled.status == 0, "\(compiled)")
        let included = try await shell(
            "printf '$TTL 60\\n@ SOA a. b. 1 2 3 4 5\\n@ NS a.\\n$INCLUDE z%s\\n' \"$e\" >i.zone; echo 'w A 192.0.2.1' >\"z$e\"; "
                + "$m dump i.zone")
        #expect(included.status == 0 && included.output.contains("w.i.\t60\tIN\tA\t192.0.2.1"), "\(included)")
        let folders = try await shell("mkdir \"f$e\"; cp example.zone \"f$e/example.zone\"; $m plan \"f$e\"")
        #expect(folders.status == 0, "\(folders)")
    }

    @Test func theManagerLoadsPathsThatAreNotUTF8() async throws {
        let system = try await TestSystem()
        let load = try await shell(
            "mkdir \"d$e\"; cp example.zone \"d$e/x$e.zone\"; $m --dir '\(system.folder.path)' load --origin example \"d$e/x$e.zone\""
        )
        #expect(load.status == 0, "\(load)")
        try await system.end("memmgr", .terminate)
        try await system.startManager()
        let list = try await system.memmgr("list")
        #expect(list.output.contains("d\\xE9/x\\xE9.zone"), "\(list)")
        let listed = try await shell(
            "printf 'other.test d%s/x%s.zone\\n' \"$e\" \"$e\" >l; $m --dir '\(system.folder.path)' load --list l")
        #expect(listed.status == 0, "\(listed)")
    }

    @Test func noOtherFolderIsUsedForOneThatIsNotUTF8() async throws {
        let result = try await shell("mkdir \"d$e\"; $m status --dir \"d$e\"; ls | LC_ALL=C grep -c '^d'")
        #expect(result.errors.contains("/d\\xE9"), "\(result)")
        #expect(result.output == "1\n")
    }

    // MARK: Where an image is written

    @Test(arguments: [
        "example.zone", "hard", "soft", "part", "fifo", "/dev/null", "folder",
    ])
    func compileReplacesNothingButImages(_ target: String) async throws {
        try folder.write(Self.good + "$INCLUDE part\n", to: "example.zone")
        try folder.write("www A 192.0.2.2\n", to: "part")
        let result = try await shell(
            "ln example.zone hard; ln -s example.zone soft; mkfifo fifo; mkdir folder; $m compile example.zone -o \(target)"
        )
        #expect(result.status == 64 && result.errors.contains("-o"), "\(target): \(result)")
        #expect(try folder.text(of: "example.zone") == Self.good + "$INCLUDE part\n")
        #expect(try folder.text(of: "part") == "www A 192.0.2.2\n")
        #expect(try await shell("test -p fifo && test -c /dev/null").status == 0)
    }

    @Test func compileReplacesAFormerImage() async throws {
        for _ in 0..<2 {
            #expect(try await Program.memmgr("compile", "example.zone", "-o", "e.img", in: folder).status == 0)
        }
    }

    // MARK: Misspelt words

    @Test(arguments: [
        (["lod", "example.zone"], "Unknown subcommand 'lod'. Did you mean 'load'?"),
        (["--dir", "x", "staatus"], "Unknown subcommand 'staatus'. Did you mean 'status'?"),
        (["--dri", "x", "load", "y"], "Unknown option '--dri'. Did you mean '--dir'?"),
        (["xyzzy"], "Unknown subcommand 'xyzzy'"),
        (["check", "--alow-missing-ns"], "Did you mean '--allow-missing-ns'?"),
        (["load", "--orign=x"], "Did you mean '--origin'?"),
        (["check", "--origin", "a..b", "--jsn"], "Did you mean '--json'?"),
    ])
    func misspeltWordsNameTheNearest(_ arguments: [String], _ hint: String) async throws {
        let result = try await Program.run("memmgr", arguments, in: folder)
        #expect(result.status == 64 && result.errors.hasPrefix("Error: ") && result.errors.contains(hint), "\(result)")
    }

    @Test(arguments: [
        ("authd", ["--alow", "192.0.2.0/24"], "Did you mean '--allow'?"),
        ("msgq", ["--soket", "x"], "Did you mean '--socket'?"),
        ("zonecast", ["--alow", "192.0.2.0/24"], "Did you mean '--allow'?"),
        ("zonecast", ["upgrad"], "Did you mean 'upgrade'?"),
        ("zonecast", ["stop"], "There is no file 'stop', and no such subcommand"),
        ("zonecast", ["/dev/null"], "not a master file"),
        ("zonecast", ["no/such.zone"], "There is no file 'no/such.zone'"),
    ])
    func thatIsSoInEveryProgram(_ program: String, _ arguments: [String], _ hint: String) async throws {
        let result = try await Program.run(program, arguments, in: folder)
        #expect(result.status == 64 && result.errors.contains(hint), "\(result)")
    }
}
