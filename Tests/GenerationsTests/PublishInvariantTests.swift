import Testing

@testable import Generations

/// I1: a generation is announced only when its files and the record are durable.
struct I1AnnouncementTests {
    @Test func nothingIsSentBeforeTheRecordIsDurable() {
        var bench = Bench()
        bench.join("a")
        bench.heldBack = [.directory, .record]
        bench.load("example.", "1")
        #expect(bench.switches(to: "a") == [1])
        bench.send(.directoryWritten(Generation(2), digest: bench.digest(of: Generation(2))))
        #expect(bench.switches(to: "a") == [1])
        guard case .writeRecord(let record) = bench.latest.last else {
            Issue.record("no record is written")
            return
        }
        #expect(record.current?.generation == Generation(2))
        bench.send(.recordWritten(revision: record.revision))
        #expect(bench.switches(to: "a") == [1, 2])
    }

    @Test func aManagerWithoutZonesPublishesAnEmptyGeneration() {
        var bench = Bench()
        #expect(bench.current == 1)
        bench.join("a")
        #expect(bench.switches(to: "a") == [1])
    }

    @Test func aFailedRecordAnnouncesNothingAndKeepsItsFilesUntilTheNextOne() {
        var bench = Bench()
        bench.join("a")
        bench.failing = [.record]
        let load = bench.load("example.", "1")
        #expect(bench.results(of: load) == [.failed(["the record cannot be written: no space"])])
        #expect(bench.switches(to: "a") == [1])
        // The record may be on disk after all: were its files gone, a restart could not serve.
        #expect(bench.unlinked.isEmpty)
        bench.failing = []
        bench.load("example.", "broken")
        #expect(bench.unlinked.contains("g2.img") && bench.unlinked.contains("g2.dir"))
        #expect(bench.serial("example.") == nil)
    }

    @Test func aFailedDirectoryFailsItsCallersOnly() {
        var bench = Bench()
        bench.join("a")
        bench.failing = [.directory]
        let load = bench.load("example.", "1")
        #expect(bench.results(of: load) == [.failed(["the directory file cannot be written: no space"])])
        bench.failing = []
        bench.load("example.", "2")
        bench.follow("a", bench.current!)
        #expect(bench.serial("example.") == 2)
        #expect(!bench.disk.contains(FileName("g2.img")!))
    }

    @Test func whatIsCurrentWhileARecordIsWrittenMayBeHeldAfterARestart() throws {
        var bench = Bench(.init(releaseLimit: 1))
        bench.heldBack = [.record]
        bench.load("example.", "1")
        guard case .writeRecord(let record)? = bench.latest.last else {
            Issue.record("no record is written")
            return
        }
        bench.join("a", answering: false)
        #expect(bench.switches(to: "a") == [1])
        // The record reaches the disk, and the manager dies before it hears of that.
        bench.record = record
        let next = bench.restarted(.init(releaseLimit: 1), members: ["a"])
        #expect(next.ledger.inRelease.map(\.generation) == [Generation(1)])
    }

    @Test func withoutARecordNothingIsDeletedBeforeTheNextOneIsDurable() {
        let names = [FileName.directory(of: Generation(1)), .directory(of: Generation(2))]
        var (ledger, _) = Ledger.start(.init(historyLength: 0), Ledger.Startup(names: names, intact: Set(names)))
        // The names on disk are all that remembers which numbers were used.
        let effects = ledger.handle(.membersListed([]))
        #expect(!effects.contains { if case .unlink = $0 { true } else { false } })
    }

    @Test func aDirectoryThatFailedAfterItHadItsNameIsRemoved() {
        var bench = Bench()
        bench.failing = [.directory]
        bench.load("example.", "1")
        // Its folder could not be flushed: the file may be there.
        #expect(bench.unlinked.contains("g2.dir"))
    }
}

/// I2: nothing that a live consumer holds is unlinked.
struct I2ReleaseTests {
    @Test func aHoldBeginsWithTheSwitchAndEndsWithTheReport() {
        var bench = Bench(.init(historyLength: 0))
        bench.join("a")
        bench.load("example.", "1")
        bench.load("example.", "2")
        bench.send(.switchAnswered(ConsumerID("a"), Generation(2), .switched))
        bench.send(.switchAnswered(ConsumerID("a"), Generation(3), .switched))
        #expect(bench.unlinked.isEmpty)
        #expect(bench.consumer("a")?.holds == [Generation(1), Generation(2), Generation(3)])
        bench.report("a", serving: 3, holds: [3])
        #expect(bench.unlinked.sorted() == ["g1.dir", "g2.dir", "g2.img"])
    }

    @Test func aReportThatCrossedASwitchDoesNotEndItsHold() {
        var bench = Bench(.init(historyLength: 0))
        bench.join("a")
        bench.load("example.", "1")
        bench.report("a", serving: 1, holds: [1])
        #expect(bench.consumer("a")?.holds == [Generation(1), Generation(2)])
    }

    @Test func unsubscribingKeepsHoldsAndDisconnectingEndsThem() {
        var bench = Bench(.init(historyLength: 0))
        bench.join("a")
        bench.send(.consumerUnsubscribed(ConsumerID("a")))
        bench.load("example.", "1")
        #expect(bench.switches(to: "a") == [1])
        #expect(bench.unlinked.isEmpty)
        bench.send(.consumerDisconnected(ConsumerID("a")))
        #expect(bench.unlinked == ["g1.dir"])
    }

    @Test func aSkippedSwitchIsNoRefusalAndNoHold() {
        var bench = Bench(.init(historyLength: 0))
        bench.join("a")
        bench.load("example.", "1")
        bench.load("example.", "2")
        bench.send(.switchAnswered(ConsumerID("a"), Generation(2), .superseded))
        bench.follow("a", 3)
        #expect(bench.current == 3)
        #expect(bench.unlinked.contains("g2.img"))
    }

    @Test func filesAreSharedBetweenGenerations() {
        var bench = Bench(.init(historyLength: 0))
        bench.join("a")
        bench.load("a.example.", "1")
        bench.follow("a", 2)
        bench.load("b.example.", "2")
        bench.follow("a", 3)
        #expect(bench.unlinked.sorted() == ["g1.dir", "g2.dir"])
        bench.load("a.example.", "3")
        bench.follow("a", 4)
        #expect(bench.unlinked.contains("g2.img"))
    }

    @Test func historyKeepsTheLastGoodContents() {
        var bench = Bench(.init(historyLength: 2))
        for serial in 1...4 { bench.load("example.", "\(serial)") }
        #expect(bench.current == 5)
        #expect(bench.ledger.status.history == [Generation(3), Generation(4)])
        #expect(bench.unlinked.sorted() == ["g1.dir", "g2.dir", "g2.img"])
    }

    @Test func nothingIsDeletedUntilEveryConsumerHasToldWhatItHolds() {
        var bench = Bench(.init(historyLength: 0))
        bench.join("a")
        bench.load("example.", "1")
        var next = bench.restarted(.init(historyLength: 0), members: ["a", "b"])
        #expect(next.switches(to: "a").isEmpty)
        next.load("example.", "2")
        next.load("example.", "3")
        #expect(next.unlinked.isEmpty)
        next.send(
            .holdingAnswered(ConsumerID("a"), .init(name: "authd.1", serving: Generation(1), holds: [Generation(1)])))
        #expect(next.unlinked.isEmpty)
        next.send(.consumerDisconnected(ConsumerID("b")))
        // Generation 1 is still held, 2 and 3 by nobody; 2 is the last good one, kept while 4 is rolled out.
        #expect(!next.unlinked.contains("g1.dir"))
        #expect(next.switches(to: "a") == [4])
        next.follow("a", 4)
        #expect(next.unlinked.sorted() == ["g1.dir", "g2.dir", "g2.img", "g3.dir", "g3.img"])
    }

    @Test func aReleaseFromBeforeTheQuestionDoesNotTellEverything() {
        var bench = Bench(.init(historyLength: 0))
        bench.join("a")
        bench.load("example.", "1")
        // The manager dies; its last switch, to 2, has not reached the consumer when it reports.
        var next = bench.restarted(.init(historyLength: 0), members: ["a"])
        next.report("a", serving: 1, holds: [1])
        next.unload("example.")
        #expect(next.switches(to: "a").isEmpty)
        #expect(next.unlinked.isEmpty)
        let state = HoldingMessage(name: "authd.1", serving: Generation(1), holds: [Generation(1), Generation(2)])
        next.send(.holdingAnswered(ConsumerID("a"), state))
        #expect(next.switches(to: "a") == [3])
        #expect(next.unlinked.isEmpty)
    }

    @Test func aHeldGenerationThatNobodyKnowsKeepsAllFiles() {
        var bench = Bench(.init(historyLength: 0))
        bench.load("example.", "1")
        var next = bench.restarted(.init(historyLength: 0), keepingRecord: false, members: ["a"])
        next.send(
            .holdingAnswered(
                ConsumerID("a"), .init(name: "x", serving: Generation(2), holds: [Generation(1), Generation(2)])))
        #expect(next.unlinked.isEmpty)
        #expect(next.switches(to: "a") == [3])
        next.follow("a", 3)
        #expect(next.unlinked.contains("g2.dir"))
        #expect(!next.unlinked.contains("g2.img"))
    }
}

/// I3: the roles' bounds hold; loads coalesce, none is lost, each caller gets one answer.
struct I3RoleTests {
    @Test(arguments: [1, 4]) func announcementsWaitForReleasesAndBuildsGoOn(limit: Int) {
        var bench = Bench(.init(releaseLimit: limit))
        bench.join("slow")
        for serial in 1...limit { bench.load("example.", "\(serial)") }
        #expect(bench.ledger.inRelease.count == limit)
        let current = bench.current!
        let waiting = bench.load("example.", "100")
        #expect(bench.current == current)
        #expect(bench.ledger.progress(of: waiting)?.phase == .waiting)
        // What waits is replaced by newer content of the same zone.
        let newer = bench.load("example.", "101")
        #expect(bench.results(of: waiting) == [.superseded])
        bench.send(.switchAnswered(ConsumerID("slow"), Generation(current), .switched))
        bench.report("slow", serving: current, holds: [current])
        #expect(bench.current == current + 2)
        bench.follow("slow", current + 2)
        #expect(bench.answers(to: newer).first?.succeeded == true)
        #expect(bench.serial("example.") == 101)
    }

    @Test func whatAddsNoImageNeverWaits() {
        var bench = Bench(.init(releaseLimit: 1))
        bench.load("example.", "1")
        bench.join("slow", answering: false)
        bench.load("other.", "2")
        let waiting = bench.load("example.", "3")
        #expect(bench.current == 3)
        let unload = bench.unload("other.")
        #expect(bench.current == 5)
        #expect(bench.serial("other.") == nil)
        #expect(bench.answers(to: unload).isEmpty && bench.answers(to: waiting).isEmpty)
        bench.rollBack(to: 2)
        #expect(bench.current == 5, "the rollback changes nothing but what waits already has in hand")
    }

    @Test func coalescedLoadsShareAGenerationAndEachGetsItsOwnResult() {
        var bench = Bench()
        bench.join("a")
        bench.heldBack = [.build]
        bench.load("first.", "1")
        let good = bench.load([("a.", "2"), ("b.", "3")])
        let bad = bench.load([("c.", "broken"), ("a.", "2")])
        let other = bench.load("b.", "4")
        bench.heldBack = []
        guard case .startBuild(let job)? = bench.effects.first(where: { $0.isBuild }) else { return }
        bench.send(bench.build(job))
        bench.follow("a", 2)
        bench.follow("a", 3)
        #expect(bench.results(of: good).map(\.kind) == ["published", "superseded"])
        #expect(bench.results(of: bad).map(\.kind) == ["failed", "published"])
        #expect(bench.results(of: other).map(\.kind) == ["published"])
        #expect(bench.answers(to: bad).count == 1)
        #expect(bench.serial("b.") == 4)
    }

    @Test func anUnchangedZoneIsNoNewGeneration() {
        var bench = Bench()
        bench.load("example.", "7")
        let again = bench.load("example.", "7")
        #expect(bench.current == 2)
        #expect(bench.results(of: again).map(\.kind) == ["unchanged"])
    }

    @Test func aBrokenLaterLoadKeepsTheLastGoodVersion() {
        var bench = Bench()
        bench.load("example.", "1")
        bench.load("example.", "broken")
        let zone = bench.ledger.status.zones.first
        #expect(zone?.state == .stale && zone?.serial == 1 && zone?.file == "/zones/1")
    }

    @Test func unloadingWhatIsBeingBuiltSupersedesTheLoad() {
        var bench = Bench()
        bench.heldBack = [.build]
        let load = bench.load("example.", "1")
        guard case .startBuild(let job)? = bench.latest.first else {
            Issue.record("no build")
            return
        }
        let unload = bench.unload("example.")
        #expect(bench.results(of: load) == [.superseded])
        #expect(bench.results(of: unload).map(\.kind) == ["unloaded"])
        bench.send(bench.build(job))
        #expect(bench.ledger.status.zones.isEmpty)
        #expect(bench.unlinked.contains("g2.img"))
        let again = bench.unload("example.")
        #expect(bench.results(of: again) == [.noSuchZone])
    }

    @Test func aCrashedBuildFailsItsCallers() {
        var bench = Bench()
        bench.failing = [.build]
        let load = bench.load("example.", "1")
        #expect(bench.results(of: load) == [.failed(["killed by SIGKILL"])])
    }

    @Test func aRollbackIsANewGenerationWithOldContent() {
        var bench = Bench()
        bench.load("example.", "1")
        bench.load("example.", "2")
        let back = bench.rollBack()
        #expect(bench.current == 4 && bench.serial("example.") == 1)
        #expect(bench.answers(to: back).first?.succeeded == true)
        let nowhere = bench.rollBack(to: 17)
        #expect(bench.answers(to: nowhere).map(\.problem) == ["generation 17 is not in the history"])
    }
}

/// I4: numbers only grow, over crashes and restarts too.
struct I4NumberTests {
    @Test func theNextNumberIsAboveRecordNamesAndConsumers() {
        var bench = Bench()
        bench.load("example.", "1")
        bench.disk.insert(FileName("g40.img")!)
        var next = bench.restarted(members: ["a"])
        #expect(next.current == 2)
        next.load("example.", "5")
        #expect(next.current == 41)
        next.send(
            .holdingAnswered(ConsumerID("a"), .init(name: "x", serving: Generation(90), holds: [Generation(90)])))
        #expect(next.current == 91)
        #expect(next.switches(to: "a") == [41, 91] || next.switches(to: "a") == [91])
    }

    @Test func aLostRecordEndsInANewNumberWithTheFoundContent() {
        var bench = Bench()
        bench.load("example.", "1")
        let next = bench.restarted(keepingRecord: false)
        #expect(next.current == 3 && next.serial("example.") == 1)
    }

    @Test func theLastGenerationIsPublishedAgainUnderItsNumber() {
        var bench = Bench()
        bench.load("example.", "1")
        var next = bench.restarted()
        #expect(next.current == 2 && next.serial("example.") == 1)
        #expect(!next.effects.contains { $0.isBuild })
        next.join("a")
        #expect(next.switches(to: "a") == [2])
    }

    @Test func lostImagesAreBuiltAgain() {
        var bench = Bench()
        bench.load("example.", "1")
        bench.disk = []
        let next = bench.restarted()
        #expect(next.serial("example.") == 1)
        #expect(next.effects.contains { $0.isBuild })
        #expect(next.current! > 2)
    }

    @Test func nonsenseFromAConsumerDoesNotUseUpTheNumbers() {
        var bench = Bench()
        bench.join("a")
        bench.report("a", serving: 1, holds: [1, Generation.largest])
        #expect(bench.current == 1)
    }

    @Test func aRollbackMayHaveNewSerials() {
        var bench = Bench(.init(historyLength: 3))
        bench.load([("a.", "1"), ("b.", "9")])
        bench.load("a.", "5")
        let request = bench.rollBack(newSerials: true)
        #expect(bench.serial("a.") == 6 && bench.serial("b.") == 9)
        #expect(bench.results(of: request).map(\.kind) == ["published"])
        #expect(bench.ledger.current?.content.zones[ZoneName("a.")]?.file == "/zones/1")
        // What is built from must stay, whatever happens to the history meanwhile.
        bench.load("a.", "20")
        bench.heldBack = [.build]
        bench.rollBack(to: 2, newSerials: true)
        bench.send(.historyDropped([Generation(2), Generation(3), Generation(4)]))
        #expect(bench.disk.contains(.image(of: Generation(2))))
    }

    @Test func whatTheLimitsHaveNoRoomForIsNoHistory() {
        var bench = Bench(.init(historyLength: 3))
        for serial in 1...3 { bench.load("a.", "\(serial)") }
        #expect(bench.ledger.historyFiles.map(\.generation.number) == [3, 2, 1])
        bench.send(.historyDropped([Generation(1), Generation(2)]))
        #expect(bench.ledger.historyFiles.map(\.generation.number) == [3])
        #expect(!bench.disk.contains(.directory(of: Generation(2))))
        // While the current one has not proven itself, there is one to return to.
        bench.join("a")
        bench.load("a.", "5")
        bench.send(.historyDropped([Generation(3), Generation(4)]))
        #expect(bench.ledger.historyFiles.isEmpty && bench.disk.contains(.directory(of: Generation(4))))
        bench.refuse("a", 5)
        #expect(bench.serial("a.") == 3)
    }

    @Test func theRecordSurvivesItsEncoding() throws {
        var bench = Bench()
        bench.load([("a.", "1"), ("b.", "2")])
        bench.load([("b.", "3"), ("c.", "broken")])
        bench.unload("a.")
        let record = try #require(bench.record)
        // The content stands in a file of its own.
        var read = try decoded(Record.self, json(record))
        #expect(read.content == Content())
        read.content = record.content
        #expect(read == record)
        #expect(record.former.first.map { record.content(of: $0).zones.count } == 2)
    }
}
