// Where DIR is, and what is refused.

import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct StateFolderTests {
    private func folder(
        _ option: String? = nil, user: UInt32 = 1000, _ variables: [String: String] = [:]
    ) throws -> String {
        try StateFolder(option: option, user: user, variable: { variables[$0] }, workingFolder: { "/here" }).path
    }

    @Test func theOptionComesFirst() throws {
        #expect(try folder("/a", ["ZONECAST_DIR": "/b"]) == "/a")
        #expect(try folder("a/", ["ZONECAST_DIR": "/b"]) == "/here/a")
    }

    @Test func thenTheVariableThenTheUser() throws {
        #expect(try folder(user: 0, ["ZONECAST_DIR": "/b", "HOME": "/root"]) == "/b")
        #expect(try folder(user: 0, ["ZONECAST_DIR": "", "HOME": "/root"]) == "/var/lib/zonecast")
        #expect(try folder(nil, ["XDG_STATE_HOME": "/state", "HOME": "/home/u"]) == "/state/zonecast")
        #expect(try folder(nil, ["XDG_STATE_HOME": "state", "HOME": "/home/u"]) == "/home/u/.local/state/zonecast")
        #expect(throws: PlatformError.noHome) { try folder() }
    }

    @Test func whatLiesInIt() throws {
        let folder = try StateFolder(option: "/d")
        #expect(folder.socket == "/d/msgq.sock")
        #expect(folder.images == "/d/images")
        #expect(folder.imagesLock == "/d/images/lock")
        #expect(folder.record == "/d/record.json")
        #expect(folder.lock == "/d/lock")
    }

    @Test func aSocketPathTooLongForTheKernelIsRefusedWithItsLength() throws {
        let longest = "/" + String(repeating: "d", count: 107 - "/msgq.sock".utf8.count - 1)
        #expect(try folder(longest) == longest)
        let error = try #require(throws: PlatformError.self) { try folder(longest + "d") }
        #expect("\(error)".contains("has 108 octets"))
        #expect("\(error)".contains("at most 107"))
        #expect(error.exitStatus == .usage)
    }

    @Test func makesAllThatIsMissing() throws {
        let temporary = try TemporaryFolder()
        let folder = try StateFolder(option: temporary.path)
        try folder.create()
        try folder.create()
        #expect(try temporary.names() == ["images"])
        #expect(throws: PlatformError.self) {
            try Faults.planning([.makeFolder: [ENOSPC]]) { try folder.create() }
        }
        rmdir(folder.images)
    }
}
