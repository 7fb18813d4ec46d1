// Whose the state folder is, whom it is closed to, and what is never changed through a link.

import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct FolderOwnerTests {
    private let temporary: TemporaryFolder
    private let folder: StateFolder

    init() throws {
        temporary = try TemporaryFolder()
        // Of root's tests, others are to come this far.
        #expect(chmod(temporary.path, 0o755) == 0)
        folder = try StateFolder(option: temporary.path + "/d")
    }

    private func status(_ path: String) throws -> stat {
        var entry = stat()
        try #require(lstat(path, &entry) == 0)
        return entry
    }

    private func mode(_ path: String) throws -> mode_t { try status(path).st_mode & 0o777 }

    private static let nobody = FolderOwner(name: "nobody", user: 65534, group: 65534)

    @Test func aNewFolderIsItsOwnersAlone() throws {
        try folder.make(for: .own)
        #expect(try folder.secure(for: .own) == false)
        #expect(try mode(folder.path) == 0o700)
        #expect(try mode(folder.images) == 0o700)
    }

    @Test func aFolderOfAFormerVersionIsClosed() throws {
        try folder.make(for: .own)
        for name in ["lock", "record.json", ".record.json.77", "record.zones.3", "publish.jsonl", "msgq.sock.lock"] {
            try temporary.write("x", to: "d/\(name)")
        }
        for path in [folder.path, folder.images] { #expect(chmod(path, 0o755) == 0) }
        #expect(try folder.secure(for: .own) == false)
        #expect(try mode(folder.path) == 0o700)
        #expect(try mode(folder.images) == 0o700)
    }

    /// A folder of zone files may be a web server's too.
    @Test func aFolderWithOtherFilesStaysOpenAndThatIsSaid() throws {
        try folder.make(for: .own)
        try temporary.write("x", to: "d/example.zone")
        for path in [folder.path, folder.images] { #expect(chmod(path, 0o755) == 0) }
        #expect(try folder.secure(for: .own) == true)
        #expect(try mode(folder.path) == 0o755)
        #expect(try mode(folder.images) == 0o700)
    }

    @Test func whatAServiceManagerHasMadeStays() throws {
        try folder.make(for: .own)
        #expect(chmod(folder.path, 0o750) == 0)
        #expect(try folder.secure(for: .own) == false)
        #expect(try mode(folder.path) == 0o750)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hand over"))
    func rootHandsAFreshFolderOver() throws {
        try folder.make(for: Self.nobody)
        _ = try folder.secure(for: Self.nobody)
        for path in [folder.path, folder.images] {
            let entry = try status(path)
            #expect(entry.st_uid == 65534 && entry.st_gid == 65534 && entry.st_mode & 0o777 == 0o750, "\(path)")
        }
        // And again, when it is the account's already.
        _ = try folder.secure(for: Self.nobody)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hand over"))
    func whatRootHasLeftIsNamedWithTheCommandThatMendsIt() throws {
        try folder.make(for: .own)
        try temporary.write("x", to: "d/record.json")
        try temporary.write("x", to: "d/images/g1.manifest")
        let error = #expect(throws: PlatformError.self) { _ = try folder.secure(for: Self.nobody) }
        let text = "\(try #require(error))"
        #expect(text.contains("\(folder.path)/record.json, \(folder.images)/g1.manifest"))
        #expect(text.contains("`chown -R -h nobody: \(folder.path)` as root"))
        #expect(try status(folder.path).st_uid == 0)
        // The command does mend it.
        for path in [folder.path, folder.images, folder.record, folder.images + "/g1.manifest"] {
            #expect(lchown(path, 65534, 65534) == 0)
        }
        _ = try folder.secure(for: Self.nobody)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hand over"))
    func rootDoesNotUseWhatIsAnAccounts() throws {
        try folder.make(for: Self.nobody)
        _ = try folder.secure(for: Self.nobody)
        let error = #expect(throws: PlatformError.self) { _ = try folder.secure(for: .own) }
        #expect("\(try #require(error))".contains("`chown -R -h root: \(folder.path)` as root"))
    }

    /// The account may lay links in its folder; what lies behind them stays root's.
    @Test(.enabled(if: geteuid() == 0, "only root can hand over"))
    func nothingIsHandedOverThroughALink() throws {
        let precious = temporary.path + "/precious"
        try System.makeFolder(precious, mode: 0o755)
        try folder.make(for: Self.nobody)
        _ = try folder.secure(for: Self.nobody)
        #expect(rmdir(folder.images) == 0)
        #expect(symlink(precious, folder.images) == 0)
        #expect(lchown(folder.images, 65534, 65534) == 0)
        _ = try folder.secure(for: Self.nobody)
        #expect(try status(precious).st_uid == 0)
        #expect(try mode(precious) == 0o755)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hand over"))
    func whereOthersDecideWhatAPathMeansRootMakesAndGivesNothing() throws {
        let home = temporary.path + "/home"
        try System.makeFolder(home, mode: 0o755)
        #expect(chown(home, 65534, 65534) == 0)
        let inHome = try StateFolder(option: home + "/d")
        try inHome.make(for: Self.nobody)
        #expect(try status(inHome.path).st_uid == 65534)
        _ = try inHome.secure(for: Self.nobody)

        let link = try StateFolder(option: home + "/link/d")
        try System.makeFolder(temporary.path + "/etc", mode: 0o755)
        try System.makeFolder(temporary.path + "/etc/d", mode: 0o755)
        #expect(symlink(temporary.path + "/etc", home + "/link") == 0)
        #expect(throws: PlatformError.self) {
            try link.make(for: Self.nobody)
            _ = try link.secure(for: Self.nobody)
        }
        #expect(try status(temporary.path + "/etc/d").st_uid == 0)
    }
}
