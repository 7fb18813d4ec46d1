// Builds that take long: other zones are loaded meanwhile, and there is a limit.

import Bus
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

struct ParallelBuildTests {
    /// A zone whose build takes long enough to be caught at.
    private func writeLongZone(_ system: TestSystem) throws {
        var text = "$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\na A 192.0.2.1\n"
        for index in 0..<60_000 { text += "host\(index) A 192.0.2.1\n" }
        try system.folder.write(text, to: "big.zone")
    }

    @Test func aBuildThatTakesLongHoldsUpNoOtherZone() async throws {
        let system = try await TestSystem(manager: ["--builds", "2"])
        try writeLongZone(system)
        try system.writeZone(serial: 1)
        let load = system.memmgrInBackground("load", "big.zone")
        try await eventually("the build is stopped") { try system.signalBuilds(SIGSTOP) }
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let status = try await system.status()
        #expect(status["builds"]?.array?.first?["zones"] == ["big."])
        #expect(status["zones"]?.array?.map { $0["zone"] } == ["example."])
        _ = try system.signalBuilds(SIGCONT)
        #expect(try await load.value.status == 0)
    }

    @Test func aBuildIsEndedWhenItsTimeIsOver() async throws {
        let system = try await TestSystem(manager: ["--build-time-limit", "3"])
        try writeLongZone(system)
        let load = system.memmgrInBackground("load", "big.zone")
        try await eventually("the build is stopped") { try system.signalBuilds(SIGSTOP) }
        let result = try await load.value
        #expect(result.status == 1 && result.errors.contains("the build took longer than 3.0 s"), "\(result)")
        #expect(result.errors.contains("--build-time-limit"))
    }
}

extension TestSystem {
    /// Sends a signal to the children of the manager; false when there are none.
    func signalBuilds(_ signal: Int32) throws -> Bool {
        guard let manager = id(of: "memmgr") else { return false }
        var isSent = false
        for process in try System.names(inFolder: "/proc").compactMap({ Int32($0) }) {
            let path = "/proc/\(process)/status"
            guard let file = try? System.open(path, O_RDONLY), let text = try? System.readToEnd(file.number, of: path),
                String(decoding: text, as: UTF8.self).contains("\nPPid:\t\(manager)\n")
            else { continue }
            isSent = kill(process, signal) == 0 || isSent
        }
        return isSent
    }
}
