// $INCLUDE reads what is below the zone's own folder, or below one that the operator has named, and nothing else: a tenant
// could publish any file that we can read.

import DNSCore
import Foundation
import TestSupport
import Testing
import ZoneFile

@Suite struct IncludeFolderTests {
    private let folder: TemporaryFolder
    private static let secret = "secret 60 TXT \"not to be published\"\nmistake\n"

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.secret, to: "outside/secret")
        try folder.write("inside 60 TXT \"fine\"\n", to: "zones/sub/inside")
    }

    /// What a file `zones/main` comes to that includes `path`: the diagnostics with their lines, or the records.
    private func load(including path: String, from others: [String] = []) throws -> String {
        try folder.write("x 60 A 192.0.2.1\n$INCLUDE \(path)\n", to: "zones/main")
        do {
            let zone = try ZoneLoader(origin: Name("example."), includeFrom: others).load(
                path: folder.path + "/zones/main")
            return (0..<zone.records.count).map { "\(zone.records[$0].owner)" }.joined(separator: " ")
        } catch let failure as LoadFailure {
            return failure.diagnostics.map { diagnostic in
                let place = diagnostic.place.map {
                    "\($0.file.split(separator: "/").last ?? ""):\($0.line):\($0.column)"
                }
                return "\(place ?? "") \(diagnostic.message) \(diagnostic.excerpt?.text ?? "")"
            }.joined(separator: "\n")
        }
    }

    private func expectRefusal(_ text: String, _ comment: Comment? = nil) {
        #expect(text.hasPrefix("main:2:10: ") || text.hasPrefix("main:2:10 "), comment)
        #expect(text.contains("--include-from"), comment)
        #expect(!text.contains("not to be published") && !text.contains("mistake"), comment)
    }

    @Test(arguments: ["sub/inside", "./sub/inside", "sub/../sub/inside", "sub//inside"])
    func filesBelowTheZonesFolderAreRead(_ path: String) throws {
        #expect(try load(including: path) == "x.example. inside.example.")
        #expect(try load(including: "\(folder.path)/zones/\(path)") == "x.example. inside.example.")
    }

    @Test(arguments: [
        "../outside/secret", "sub/../../outside/secret", "/etc/passwd", "/etc/../etc/hostname", "/dev/null",
    ])
    func othersAreNot(_ path: String) throws {
        expectRefusal(try load(including: path))
    }

    @Test func whetherAFileOutsideExistsIsNotShown() throws {
        let existing = try load(including: "\(folder.path)/outside/secret")
        let missing = try load(including: "\(folder.path)/outside/absent")
        expectRefusal(existing)
        #expect(existing.replacing("secret", with: "absent") == missing)
    }

    @Test(arguments: ["../outside/secret", "ABSOLUTE/outside/secret", "../outside/absent"])
    func linksDoNotLeadOut(_ target: String) throws {
        let manager = FileManager.default
        let target = target.replacing("ABSOLUTE", with: folder.path)
        try manager.createSymbolicLink(atPath: folder.path + "/zones/link", withDestinationPath: target)
        expectRefusal(try load(including: "link"), "a link to a file")
        try manager.createSymbolicLink(atPath: folder.path + "/zones/up", withDestinationPath: "../outside")
        expectRefusal(try load(including: "up/secret"), "a link to a folder")
        try manager.createSymbolicLink(atPath: folder.path + "/zones/sub/root", withDestinationPath: "/")
        expectRefusal(try load(including: "sub/root/etc/passwd"), "a link to the root")
    }

    @Test func linksThatStayBelowAreFollowed() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/zones/near", withDestinationPath: "sub/inside")
        #expect(try load(including: "near") == "x.example. inside.example.")
    }

    @Test func aFolderCanBePermitted() throws {
        try folder.write("more 60 A 192.0.2.2\n$INCLUDE again\n", to: "common/more")
        try folder.write("again 60 A 192.0.2.3\n", to: "common/again")
        let common = folder.path + "/common"
        for path in [common + "/more", "../common/more"] {
            expectRefusal(try load(including: path))
            #expect(
                try load(including: path, from: ["/nonexistent", common])
                    == "x.example. more.example. again.example.")
            #expect(try load(including: path, from: [common + "/"]).hasSuffix("again.example."))
        }
        // By another name of the folder, and no further than it.
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/alias", withDestinationPath: "common")
        #expect(try load(including: common + "/more", from: [folder.path + "/alias"]).hasSuffix("again.example."))
        expectRefusal(try load(including: common + "/../outside/secret", from: [common]))
        expectRefusal(try load(including: common + "more", from: [common]))
    }

    /// The rule is about the zone's own file, not about the one that includes.
    @Test func anIncludedFileIncludesBesideTheZonesOwn() throws {
        try folder.write("$INCLUDE ../top\n", to: "zones/sub/deeper")
        try folder.write("top 60 A 192.0.2.4\n", to: "zones/top")
        #expect(try load(including: "sub/deeper") == "x.example. top.example.")
        try folder.write("$INCLUDE ../../outside/secret\n", to: "zones/sub/deeper")
        let refusal = try load(including: "sub/deeper")
        #expect(
            refusal.hasPrefix("deeper:1:10 ") && refusal.contains("--include-from") && !refusal.contains("not to be"))
    }
}
