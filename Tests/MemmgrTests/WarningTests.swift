// The names of warnings, `--strict` and `--no-warn`, wherever zones are compiled.

import DNSCore
import JSON
import Platform
import TestSupport
import Testing

@Suite struct WarningTests {
    let folder: TemporaryFolder
    private static let good = "$TTL 60\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.good + "s NS ns.s\n@ MX 10 192.0.2.1\n", to: "warned.zone")
        try folder.write(Self.good, to: "good.zone")
    }

    @Test func aWarningEndsWithItsName() async throws {
        let result = try await Program.memmgr("check", "warned.zone", in: folder)
        #expect(result.status == 0)
        #expect(result.errors.contains("has no address records [missing-glue]\ns NS ns.s\n"), "\(result.errors)")
        #expect(result.errors.contains("[address-as-target]\n"))
        let json = try await Program.memmgr("check", "--json", "warned.zone", in: folder)
        let diagnostics = try #require(try JSONValue(text: Array(json.output.utf8))["diagnostics"]?.array)
        #expect(diagnostics.compactMap { $0["name"]?.string }.sorted() == ["address-as-target", "missing-glue"])
    }

    @Test func aWarningCanBeSwitchedOff() async throws {
        let one = try await Program.memmgr("check", "--no-warn", "missing-glue", "warned.zone", in: folder)
        #expect(
            one.status == 0 && !one.errors.contains("missing-glue") && one.output.hasSuffix("good, with 1 warning\n"))
        let both = try await Program.memmgr(
            "check", "--strict", "--no-warn", "missing-glue", "--no-warn", "address-as-target", "warned.zone",
            in: folder)
        #expect(both.status == 0 && both.errors == "" && both.output.hasSuffix(": good\n"), "\(both)")
    }

    @Test func warningsCanBeErrors() async throws {
        let check = try await Program.memmgr("check", "--strict", "warned.zone", in: folder)
        #expect(check.status == 1 && check.output.contains("is refused: 2 errors"), "\(check)")
        #expect(check.errors.contains("warned.zone:5:1: error: ") && check.errors.contains("[missing-glue]"))
        let compile = try await Program.memmgr("compile", "--strict", "warned.zone", "-o", "w.img", in: folder)
        let names = try folder.names()
        #expect(compile.status == 1 && !names.contains("w.img"))
        #expect(try await Program.memmgr("plan", "--strict", "warned.zone", in: folder).status == 1)
        #expect(try await Program.memmgr("plan", "--strict", "good.zone", in: folder).status == 0)
        #expect(try await Program.memmgr("check", "--strict", "good.zone", in: folder).status == 0)
    }

    @Test func allWarningsAreListed() async throws {
        let list = try await Program.memmgr("check", "--list-warnings", in: folder)
        let names = list.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(list.status == 0 && names == ZoneWarning.allCases.map(\.rawValue))
        let json = try await Program.memmgr("check", "--list-warnings", "--json", in: folder)
        #expect(try JSONValue(text: Array(json.output.utf8))["warnings"]?.array?.count == names.count)
    }

    @Test func anUnknownWarningNamesTheNearest() async throws {
        let result = try await Program.memmgr("check", "--no-warn", "mising-glue", "good.zone", in: folder)
        #expect(result.status == 64 && result.errors.contains("Did you mean 'missing-glue'?"), "\(result)")
    }

    @Test func loadsHaveThePolicyOfTheirCommand() async throws {
        let system = try await TestSystem()
        try system.folder.write(Self.good + "s NS ns.s\n", to: "warned.zone")
        let strict = try await system.memmgr("load", "--strict", "\(system.folder.path)/warned.zone")
        #expect(
            strict.status == 1 && strict.errors.contains(": error: ") && strict.errors.contains("[missing-glue]"),
            "\(strict)")
        let silent = try await system.memmgr(
            "load", "--strict", "--no-warn", "missing-glue", "\(system.folder.path)/warned.zone")
        #expect(silent.status == 0 && silent.errors == "", "\(silent)")
        // It was switched off for that load only.
        let again = try await system.memmgr("load", "\(system.folder.path)/warned.zone")
        #expect(
            again.status == 0 && again.errors.contains("warning: ") && again.errors.contains("[missing-glue]"),
            "\(again)")
    }
}
