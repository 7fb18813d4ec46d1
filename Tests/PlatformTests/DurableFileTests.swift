// A durable file is there whole or not at all, whatever fails on the way.

import Glibc
import Platform
import TestSupport
import Testing

@Suite struct DurableFileTests {
    @Test func writesWhatItWasGiven() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/record"
        try DurableFile.write(Array("first".utf8), to: path)
        try DurableFile.write(Array("second".utf8), to: path)
        #expect(try folder.text(of: "record") == "second")
        #expect(try folder.names() == ["record"])
    }

    @Test func shortAndInterruptedWritesAreCompleted() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        let text = String(repeating: "0123456789", count: 100)
        try Faults.planning([.write: [EINTR, nil, EINTR], .sync: [EINTR], .open: [EINTR]], portion: 7) {
            try DurableFile.write(Array(text.utf8), to: path)
        }
        #expect(try folder.text(of: "image") == text)
    }

    private static let failures: [(SystemCall, [Int32?])] = [
        (.open, [ENOSPC]), (.write, [ENOSPC]), (.write, [nil, EIO]), (.sync, [EIO]), (.rename, [ENOSPC]),
    ]

    @Test(arguments: failures)
    func aFailureLeavesTheOldContentAndNothingElse(call: SystemCall, outcomes: [Int32?]) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        try DurableFile.write(Array("old".utf8), to: path)
        let error = try #require(throws: PlatformError.self) {
            try Faults.planning([call: outcomes], portion: 2) { try DurableFile.write(Array("new".utf8), to: path) }
        }
        guard case .system(let failure) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(outcomes.last == failure.code)
        #expect(failure.call == call)
        #expect(try folder.text(of: "image") == "old")
        #expect(try folder.names() == ["image"], "after \(error)")
    }

    @Test func anAbandonedFileIsRemoved() throws {
        let folder = try TemporaryFolder()
        do {
            var file = try DurableFile(creating: folder.path + "/image")
            try file.append([1, 2, 3])
            #expect(try folder.names().allSatisfy { $0.hasPrefix(".") })
        }
        #expect(try folder.names() == [])
    }

    @Test func theMessageNamesCallFileAndReason() {
        let error = PlatformError.system(SystemError(ENOSPC, .write, "/x/.g8.img.17"))
        #expect("\(error)" == "could not write /x/.g8.img.17: No space left on device")
        #expect(error.exitStatus == .ioError)
    }
}
