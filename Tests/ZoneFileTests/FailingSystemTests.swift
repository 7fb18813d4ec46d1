// System calls that fail, and files that change under our eyes.

import DNSCore
import Glibc
import TestSupport
import Testing

@testable import ZoneFile

@Suite struct FailingSystemTests {
    private func errors(_ path: String, _ calls: FileCalls) throws -> [String] {
        do {
            _ = try ZoneLoader(origin: Name("example.")).load(path: path, calls: calls)
            return []
        } catch let failure as LoadFailure {
            return failure.diagnostics.map(\.message)
        }
    }

    @Test(arguments: ["open", "read", "fstat"])
    func eachCallsErrorRefusesTheZoneWithTheSystemsReason(call: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("a 60 A 192.0.2.1\n", to: "a")
        var calls = FileCalls.system
        calls.failure = { $0 == call ? EIO : nil }
        #expect(try errors(folder.path + "/a", calls) == ["\(folder.path)/a cannot be read: Input/output error"])
    }

    @Test func aFileThatGrowsOrShrinksWhileItIsReadIsRefused() throws {
        for text in ["", "a 60 A 192.0.2.1\nb 60 A 192.0.2.1\n"] {
            let folder = try TemporaryFolder()
            try folder.write("a 60 A 192.0.2.1\n", to: "a")
            var calls = FileCalls.system
            calls.failure = { call in
                if call == "read" { try? folder.write(text, to: "a") }
                return nil
            }
            #expect(try errors(folder.path + "/a", calls).first?.contains("changed while it was being read") == true)
        }
    }
}
