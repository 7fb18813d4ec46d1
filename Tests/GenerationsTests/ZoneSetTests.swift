// Which zones there are: those that are served, and those that were good once. A load that fails adds none.

import Foundation
import Testing

@testable import Generations

/// A zone is added by its first good load, and by nothing else.
struct ZoneSetTests {
    @Test func aZoneWhoseFirstLoadFailsIsNotAdded() {
        var bench = Bench()
        let load = bench.load("example.", "broken")
        #expect(bench.results(of: load).map(\.kind) == ["failed"])
        #expect(bench.ledger.status.zones.isEmpty && bench.lost.isEmpty)
        #expect(bench.current == 1, "nothing is published for that")
        var next = bench.restarted()
        #expect(next.ledger.sources.isEmpty && next.lost.isEmpty)
        let unload = next.unload("example.")
        #expect(next.results(of: unload).map(\.kind) == ["no such zone"])
    }

    @Test(arguments: [Bench.Job.build, .directory, .record])
    func aZoneWhoseFirstLoadCannotBeWrittenIsNotAdded(job: Bench.Job) {
        var bench = Bench()
        bench.failing = [job]
        bench.load("example.", "1")
        bench.failing = []
        bench.load("other.", "1")
        #expect(bench.ledger.status.zones.map(\.zone) == [ZoneName("other.")])
        #expect(bench.lost.isEmpty && bench.restarted().lost.isEmpty)
    }

    @Test func aZoneThatCameWithWhatIsRefusedIsNotAdded() {
        var bench = Bench()
        bench.load("old.", "1")
        bench.join("a")
        bench.load([("old.", "2"), ("new.", "2")])
        bench.refuse("a", bench.current!)
        bench.follow("a", bench.current!)
        #expect(bench.ledger.status.zones.map { "\($0.zone) \($0.state)" } == ["old. stale"])
        #expect(bench.lost.isEmpty && bench.restarted().lost.isEmpty)
    }

    @Test func aFailedTrialOfANewZoneAddsNothing() {
        var bench = Bench()
        bench.load("old.", "1")
        bench.join("a")
        bench.tryOut("new.", "2", on: .count(1))
        bench.refuse("a", bench.switches(to: "a").last!)
        bench.follow("a", bench.current!)
        #expect(bench.ledger.status.zones.map { "\($0.zone) \($0.state)" } == ["old. good"])
        #expect(bench.lost.isEmpty)
    }

    @Test func aZoneThatWasServedIsListedWhenItsContentIsTakenAway() {
        var bench = Bench()
        bench.load("old.", "1")
        bench.join("a")
        bench.load("new.", "2")
        bench.follow("a", bench.current!)
        let generation = bench.current!
        for number in 1...3 {
            bench.send(.childDied(ConsumerID(number == 1 ? "a" : "b\(number)"), signal: 11))
            bench.send(.consumerDisconnected(ConsumerID(number == 1 ? "a" : "b\(number)")))
            if number < 3 { bench.join("b\(number + 1)") }
        }
        #expect(bench.current! > generation)
        #expect(bench.ledger.status.zones.map { "\($0.zone) \($0.state)" } == ["new. missing", "old. good"])
        #expect(bench.lost == [ZoneName("new.")])
        var next = bench.restarted()
        #expect(next.lost == [ZoneName("new.")])
        #expect(next.ledger.sources.contains(ZoneSource(zone: ZoneName("new."), file: "/zones/2")))
        next.unload("new.")
        #expect(next.lost.isEmpty && next.ledger.status.zones.map(\.zone) == [ZoneName("old.")])
    }

    @Test func aRecordOfAnEarlierVersionLosesWhatNeverWasGood() throws {
        var bench = Bench()
        bench.load("old.", "1")
        let text = try JSONEncoder().encode(bench.record)
        var object = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        object["lost"] = nil
        object["troubles"] = [["zone": "never.", "file": "/zones/never", "reason": "no such file"]]
        var record = try JSONDecoder().decode(Record.self, from: JSONSerialization.data(withJSONObject: object))
        record.content = bench.ledger.current!.content
        let next = Bench(startup: .init(record: record, names: bench.disk.sorted(), intact: bench.disk))
        #expect(next.ledger.status.zones.map(\.zone) == [ZoneName("old.")])
        #expect(next.lost.isEmpty && next.current! > bench.current!, "the directory that lists it is replaced")
        #expect(next.record?.troubles.isEmpty == true)
    }
}
