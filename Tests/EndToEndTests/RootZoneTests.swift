// The real root zone, loaded beside another and asked over real sockets. ZONECAST_ROOT_ZONE is the path of its master file.

import Foundation
import Testing

@Suite(.serialized, .blocking)
struct RootZoneTests {
    private static let path = ProcessInfo.processInfo.environment["ZONECAST_ROOT_ZONE"]

    @Test(.enabled(if: path != nil, "ZONECAST_ROOT_ZONE names no copy of the root zone"))
    func answersAsTheRootServersDo() throws {
        let path = try #require(RootZoneTests.path)
        let small = "$TTL 60\n@ SOA ns.example. h.example. 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
        let system = try RunningSystem(zones: [("example.zone", small)])
        let load = try system.memmgr("load", path, "--origin", ".", "--timeout", "120")
        #expect(load.status == 0, "\(load)")
        #expect(try system.dig("ns.example.", "A") == ["192.0.2.1"])
        let servers = try system.digAll("+norec", "com.", "NS")
        #expect(servers.contains("status: NOERROR") && servers.contains("AUTHORITY: 13"))
        #expect(try !system.dig("se.", "DS").isEmpty)
        let missing = try system.digAll("+dnssec", "nosuchtld.", "A")
        #expect(missing.contains("status: NXDOMAIN") && missing.contains("NSEC"))
        #expect(try system.dig(".", "SOA").first?.hasPrefix("a.root-servers.net. ") == true)
        let priming = try system.digAll("+norec", ".", "NS")
        #expect(priming.contains("ANSWER: 13") && priming.contains("a.root-servers.net.\t"))
    }
}
