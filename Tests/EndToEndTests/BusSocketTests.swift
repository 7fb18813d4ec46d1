// The socket of the bus is removed, moved or replaced while the system runs: answers never stop, and everything that is
// started later finds the bus again.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.serialized, .blocking)
struct BusSocketTests {
    private func zone(_ serial: Int) -> String {
        "$TTL 60\n@ SOA ns h \(serial) 3600 900 604800 60\n@ NS ns\nns A 192.0.2.\(serial)\n"
    }

    private enum Loss: CaseIterable {
        case removed, moved, replaced
    }

    /// Waits for something, and asks all the time.
    private func isAnswered(_ system: RunningSystem, until condition: () -> Bool) -> Bool {
        var answers = Set<[String]>()
        let came = system.wait {
            answers.insert((try? system.dig("ns.example.", "A")) ?? [])
            return condition()
        }
        return came && answers == [["192.0.2.1"]]
    }

    @Test(arguments: Loss.allCases) private func theBusIsStartedAgainAndNobodyIsMissed(loss: Loss) throws {
        let system = try RunningSystem(zones: [("example.zone", zone(1))])
        let socket = system.state + "/msgq.sock"
        let before = try system.processes("msgq")
        switch loss {
        case .removed: #expect(unlink(socket) == 0)
        case .moved: #expect(rename(socket, socket + ".away") == 0)
        case .replaced:
            let other = socket + ".other"
            #expect(close(Glibc.open(other, O_CREAT | O_WRONLY, 0o600)) == 0)
            #expect(rename(other, socket) == 0)
            // What is not a socket is nobody's to remove.
            let isSaid = isAnswered(system) { system.logged.contains("msgq.sock is not a socket") }
            #expect(isSaid, "\(system.logged)")
            #expect(unlink(socket) == 0)
        }
        let isReplaced = isAnswered(system) {
            let now = (try? system.processes("msgq")) ?? []
            return !now.isEmpty && Set(now).isDisjoint(with: before) && system.logged.contains(": replaced")
        }
        #expect(isReplaced, "\(system.logged)")
        try system.write("example.zone", zone(2))
        let load = try system.memmgr("load", system.path("example.zone"))
        #expect(load.status == 0, "\(load)")
        #expect(try system.dig("ns.example.", "A") == ["192.0.2.2"])
        try system.killAndAwaitRestart("authd")
        #expect(try system.dig("ns.example.", "A") == ["192.0.2.2"])
        #expect(system.stop() == 0)
    }
}
