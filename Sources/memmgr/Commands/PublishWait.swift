// Waiting until what was asked of the manager is served: a bar on the terminal, a time limit, and what is known when that has passed.

import Bus
import BusClient
import Glibc
import JSON
import Platform

/// Waits for the manager's answer to something that publishes a generation, with a bar on the terminal.
struct PublishWait: Sendable {
    let command: String
    let request: JSONValue
    /// Whether it may be asked again when a manager has ended with it: what was loaded is found unchanged.
    let isRepeatable: Bool
    let timeout: Duration

    /// What the manager said in the end.
    enum Reply: Sendable {
        case answered(JSONValue)
        /// The time is up; how far the request is, as the manager says.
        case timedOut(JSONValue, after: Duration)
        /// The time is up, and the manager is silent, in these words.
        case silent(String, after: Duration)
    }

    /// Asks, and asks again if the manager or the whole system is about to be restarted by its supervisor.
    func reply(of folder: StateFolder) async throws -> Reply {
        let end = ContinuousClock.now + timeout
        while true {
            do {
                return try await reply(of: SystemConnection(folder), until: end)
            } catch let failure as CommandFailure where failure.status == .noSystem {
                guard isRepeatable || !failure.mayHaveBeenAsked, ContinuousClock.now < end,
                    folder.supervisor != nil
                else { throw failure }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func reply(of system: SystemConnection, until end: ContinuousClock.Instant) async throws -> Reply {
        let bar = isatty(STDERR_FILENO) == 1 ? Task { await showProgress(of: system) } : nil
        let result: Result<JSONValue, any Error>
        do {
            var request = request.object ?? [:]
            request["user"] = .string(Account.commander)
            result = .success(try await system.askManager(command, .object(request), deadline: end - .now))
        } catch {
            result = .failure(error)
        }
        bar?.cancel()
        await bar?.value
        do {
            return .answered(try result.get())
        } catch BusError.deadline {
            return try await progress(of: system)
        }
    }

    private func progress(of system: SystemConnection) async throws -> Reply {
        let patience = Duration.seconds(2)
        do {
            return .timedOut(try await system.askManager("progress", deadline: patience), after: timeout)
        } catch BusError.deadline {
            return .silent(system.manager.description(after: timeout + patience), after: timeout)
        }
    }

    private func showProgress(of system: SystemConnection) async {
        var bar = ProgressBar()
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            guard let progress = try? await system.askManager("progress", deadline: .seconds(1)) else { continue }
            let file = progress["file"]?.string.map { " \($0)" } ?? ""
            let laggards = PublishReport.names(of: progress["consumers"], outcome: "laggard")
            switch progress["phase"]?.string {
            case "building": bar.show("compiling\(file)", fraction: progress["fraction"]?.double ?? 0)
            case "queued": bar.show("waiting for another build", fraction: nil)
            case "waiting": bar.show("publishing", fraction: nil)
            case "switching":
                bar.show(
                    "waiting for \(laggards.isEmpty ? "the consumers" : laggards.joined(separator: ", "))", fraction: 1)
            default: break
            }
        }
        bar.clear()
    }
}
