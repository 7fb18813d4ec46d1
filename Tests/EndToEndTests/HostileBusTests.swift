// What a client of the bus can do to a running system that it may connect to, before and after an upgrade: nothing that its
// role does not have.

import Foundation
import TestSupport
import Testing

@Suite(.serialized, .blocking)
struct HostileBusTests {
    private static let zone = "$TTL 60\n@ SOA ns.example. h.example. 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
    private static let script = RunningSystem.checkout.appendingPathComponent("Tests/BusClientTests/BIND10/hostile.py")
        .path

    private func attack(_ system: RunningSystem) throws {
        let attack = try run("python3", ["-B", Self.script, system.state + "/msgq.sock"])
        #expect(attack.status == 0, "\(attack.errors)")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 is not installed"))
    func noClientTakesWhatIsNotItsOwn() throws {
        let system = try RunningSystem(zones: [("example", Self.zone)])
        try attack(system)
        #expect(system.logged.contains("refused child_died from operator"))
        #expect(system.logged.contains("refused unload from authd"))
        try system.write("example", Self.zone.replacingOccurrences(of: " 1 2 3", with: " 2 2 3"))
        let load = try system.memmgr("load", system.path("example"))
        #expect(load.status == 0, "\(load.errors)")
        let upgrade = try run(
            system.programs.appendingPathComponent("zonecast").path, ["upgrade", "--dir", system.state])
        #expect(upgrade.status == 0, "\(upgrade.errors)")
        try attack(system)
    }
}
