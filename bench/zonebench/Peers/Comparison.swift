// One workload on several servers: start all, ask each in turn, stop all.

import CLinux
import Glibc
import Platform

struct Comparison {
    let command: PeersCommand
    let servers: [ServerKind]

    func run(_ workload: Workload) throws -> PeersReport {
        let folder = try Leftovers.makeFolder()
        defer { Leftovers.removeTree(folder) }
        Terminal.progress("\(workload): writing zones")
        let written = try workload.write(to: folder, seed: command.seed)
        let corpus = try QuestionCorpus(file: written.questions)
        let processors = Int(zc_processor_count())
        if processors > 1 { _ = zc_thread_bind(UInt32(processors - 1)) }
        var running: [RunningServer] = []
        defer { for server in running { server.stop() } }
        var results = servers.map { PeerResult(server: $0) }
        for (index, kind) in servers.enumerated() {
            Terminal.progress("\(workload): starting \(kind.rawValue)")
            let endpoint = Endpoint(address: [127, 0, 0, 1], port: command.port + UInt16(index))
            let site = Site(
                folder: "\(folder)/\(kind.rawValue)", zones: written.zones, endpoint: endpoint,
                processor: processors > 1 ? 0 : nil)
            let server = try RunningServer(kind, site)
            running.append(server)
            try server.waitUntilReady(seconds: command.patience)
            results[index].startSeconds = server.startSeconds
            results[index].memory = server.memory
        }
        var random = Randomness(seed: command.seed)
        for round in 0..<command.rounds {
            var order = Array(running.indices)
            for place in order.indices.reversed() { order.swapAt(place, random.below(place + 1)) }
            for index in order {
                Terminal.progress("\(workload): round \(round + 1) of \(command.rounds), \(servers[index].rawValue)")
                try measure(running[index], corpus, into: &results[index])
            }
        }
        Terminal.endProgress()
        return PeersReport(workload: workload, results: results)
    }

    private func measure(_ server: RunningServer, _ corpus: QuestionCorpus, into result: inout PeerResult) throws {
        var plan = LoadPlan(server: server.site.endpoint, pace: .closed(window: 64))
        plan.seconds = command.seconds
        plan.checkingCodes = server.kind != .reflect
        let watch = try ServerWatch(server.answering)
        let outcome = try LoadGenerator(plan, corpus: corpus).run()
        guard let spent = try watch?.elapsed(), outcome.total.answered > 0 else {
            throw BenchError.nothingAnswered(server.site.endpoint)
        }
        result.add(outcome, spent)
    }
}
