// The short version of bench/soak: every part of a system killed, stopped and upgraded at random, under questions and loads. The
// script judges every answer; see its own first lines.

import Foundation
import Testing

@Suite(.serialized, .blocking)
struct SoakTests {
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        .enabled(if: python != nil, "python3 is not installed"),
        arguments: [[], ["--held-sockets"], ["--only", "upgrade", "--kills", "8"]])
    func noAnswerIsWrongWhateverIsKilled(options: [String]) throws {
        let script = RunningSystem.checkout.appendingPathComponent("bench/soak").path
        let seed = 20_261_123
        let soak = try run(
            try #require(SoakTests.python),
            ["-B", script, RunningSystem.programs.path, "--kills", "20", "--seconds", "60", "--seed", "\(seed)"]
                + options)
        #expect(soak.status == 0, "seed \(seed)\n\(soak.output)\n\(soak.errors)")
    }
}
