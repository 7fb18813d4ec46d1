// `memmgr build`: the process in which a build happens. It is started by the manager, never by people: a crash or a want of
// memory here is a failed load and nothing more, and what the build has allocated is gone with it.

import ArgumentParser
import Bus
import CLinux
import Glibc
import JSON
import Platform

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build zones for the manager that started this process.", shouldDisplay: false)

    @Option(help: "The descriptor to read the order from.")
    var order: Int32 = STDIN_FILENO

    func run() throws {
        finish {
            Signals.block([])
            // Started by way of a link, whose name the kernel would tell.
            unsafe zc_thread_set_name("memmgr")
            let text = try System.readToEnd(order, of: "the build order")
            let order = try JSONText.decode(BuildOrder.self, from: text)
            // The responders' time is worth more than the builder's.
            _ = zc_stand_back(order.nice)
            try BuildSandbox.enter(for: order)
            try Lifeline.watch()
            Build.run(order) { line in
                do {
                    try Output.append(JSONText.encode(line) + [UInt8(ascii: "\n")])
                    // Progress is for now; the rest may gather.
                    if line.progress != nil || line.end != nil { try Output.flush() }
                } catch {
                    // Nobody listens any more.
                    ExitStatus.ioError.exit()
                }
            }
            return .done
        }
    }
}
