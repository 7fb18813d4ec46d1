// The system as its users see it: start, ask, change, load, ask again, break things, end.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.serialized, .blocking)
struct PipelineTests {
    private static let zone = """
        $TTL 300
        @ SOA ns.example. hostmaster.example. 1 3600 900 604800 60
        @ NS ns
        ns A 192.0.2.53
        www A 192.0.2.80
        www AAAA 2001:db8::80
        alias CNAME www
        *.wild TXT "wild"
        child NS ns.child
        ns.child A 192.0.2.54

        """

    @Test func answersAndShowsAChangeAtOnce() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        #expect(system.printed.hasPrefix("ready: 1 of 1 zones, generation"))
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
        #expect(try system.dig("+tcp", "www.example.", "AAAA") == ["2001:db8::80"])
        #expect(try system.dig("alias.example.", "A") == ["192.0.2.80", "www.example."])
        #expect(try system.dig("a.b.wild.example.", "TXT") == ["\"wild\""])
        #expect(try system.digAll("none.example.").contains("status: NXDOMAIN"))
        #expect(try system.digAll("other.test.").contains("status: REFUSED"))
        let referral = try system.digAll("+norec", "x.child.example.")
        #expect(referral.contains("ADDITIONAL: 2") && referral.contains("192.0.2.54"))

        try system.write(
            "example.zone", PipelineTests.zone.replacing(" 1 3600", with: " 2 3600") + "new A 192.0.2.81\n")
        let load = try system.memmgr("load", system.path("example.zone"))
        #expect(load.status == 0, "\(load)")
        #expect(load.output.contains("example.") && load.output.contains("authd.1"))
        #expect(try system.dig("new.example.", "A") == ["192.0.2.81"])
        #expect(try system.dig("example.", "SOA").first?.contains(" 2 3600 ") == true)

        let status = try system.memmgr("status")
        #expect(status.status == 0 && status.output.contains("authd.1") && status.output.contains("example."))
        let stats = try system.memmgr("stats", "--json")
        #expect(stats.output.contains("\"udp_queries\":"))
    }

    @Test(arguments: [false, true]) func theResponderIsInTheSandboxUnlessToldOtherwise(isOff: Bool) throws {
        let system = try RunningSystem(
            zones: [("example.zone", PipelineTests.zone)], options: isOff ? ["--no-sandbox"] : [])
        let responder = try #require(system.processes("authd").first)
        let status = try system.kernelFile("/proc/\(responder)/status")
        #expect(status.contains("NoNewPrivs:\t\(isOff ? 0 : 1)"), "\(status)")
        #expect(status.contains("Seccomp:\t\(isOff ? 0 : 2)"), "\(status)")
        #expect(system.logged.contains("in the sandbox landlock=") != isOff)
        #expect(try system.dig("+tcp", "www.example.", "AAAA") == ["2001:db8::80"])
    }

    /// Without the privileges of root, too, and started many times: the sandbox must not stand in the way of the runtime.
    @Test(.enabled(if: geteuid() == 0, "another user is for root to choose")) func anotherUserServesUDPAndTCP() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)], options: ["--user", "nobody"])
        for _ in 0..<6 {
            #expect(try system.dig("+tcp", "www.example.", "AAAA") == ["2001:db8::80"])
            #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
            try system.killAndAwaitRestart("authd")
        }
        #expect(!system.logged.contains("SIGILL"))
    }

    @Test func respondersOfOneSystemTrustEachOthersCookies() throws {
        let system = try RunningSystem(
            zones: [("example.zone", PipelineTests.zone)], options: ["--processes", "2", "--identity", "here"])
        func cookie(_ arguments: String...) throws -> String? {
            let answer = try run(
                "dig",
                ["+time=2", "+tries=4", "+nsid", "@127.0.0.1", "-p", "\(system.port)", "www.example."] + arguments)
            #expect(answer.output.contains("(\"here\")"), "\(answer)")
            return answer.output.split(separator: "\n").first { $0.hasPrefix("; COOKIE: ") }
                .map { String($0.dropFirst(10).prefix { $0 != " " }) }
        }
        let first = try #require(try cookie("+cookie=0123456789abcdef"))
        #expect(first.count == 48)
        // From as many ports, so that both answer.
        for _ in 0..<12 { #expect(try cookie("+cookie=\(first)") == first) }
    }

    /// RFC 9018, section 5: cookies of the key before stay good until it is taken away.
    @Test func cookieKeysRollOverWithoutARestart() throws {
        let (first, second) = (String(repeating: "0a", count: 16), String(repeating: "5b", count: 16))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)")
        try first.write(to: folder, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: folder) }
        let system = try RunningSystem(
            zones: [("example.zone", PipelineTests.zone)], options: ["--cookie-secret-file", folder.path])
        func cookie(_ sent: String, _ arguments: String...) throws -> String? {
            try run(
                "dig",
                ["+time=2", "+tries=4", "@127.0.0.1", "-p", "\(system.port)", "www.example.", "+cookie=\(sent)"]
                    + arguments
            ).output.split(separator: "\n").first { $0.hasPrefix("; COOKIE: ") }
                .map { String($0.dropFirst(10).prefix { $0 != " " }) }
        }
        func roll(to keys: String, times: Int) throws {
            try keys.write(to: folder, atomically: true, encoding: .utf8)
            system.signal(SIGHUP)
            let line = "the cookie keys were read again"
            #expect(system.wait { system.logged.components(separatedBy: line).count == times + 1 })
        }
        let old = try #require(try cookie("0123456789abcdef"))
        try roll(to: "\(second)\n\(first)\n", times: 1)
        for transport in ["+notcp", "+tcp"] { #expect(try cookie(old, transport) == old) }
        let new = try #require(try cookie("0123456789abcdef"))
        try roll(to: second, times: 2)
        for transport in ["+notcp", "+tcp"] {
            #expect(try cookie(old, transport) != old)
            #expect(try cookie(new, transport) == new)
        }
        // What is no key changes nothing.
        try "nothing".write(to: folder, atomically: true, encoding: .utf8)
        system.signal(SIGHUP)
        #expect(system.wait { system.logged.contains("the cookie keys stay what they were") })
        #expect(try cookie(new) == new)
    }

    @Test(.enabled(if: RunningSystem.hasIPv6, "the machine has no ::1"))
    func answersOverIPv6() throws {
        let port = Int(try FreePort.next())
        let system = try RunningSystem(
            zones: [("example.zone", PipelineTests.zone)],
            options: ["--listen", "[::1]:\(port)", "--deny", "2001:db8::/32"])
        for transport in ["+notcp", "+tcp"] {
            let answer = try run(
                "dig",
                [
                    "+time=2", "+tries=4", "@::1", "-p", "\(port)", "www.example.", "A", "+nocrypto", "+cookie",
                    transport,
                ]
            ).output
            #expect(answer.contains("192.0.2.80"), "\(answer)")
            #expect(answer.contains("(good)"), "\(answer)")
        }
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
    }

    @Test func aBrokenFileLeavesTheGoodVersion() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        try system.write("example.zone", PipelineTests.zone + "bad A 192.0.2.300\n")
        let load = try system.memmgr("load", system.path("example.zone"))
        #expect(load.status == 1)
        let line = PipelineTests.zone.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect((load.errors + load.output).contains("example.zone:\(line):7:"), "\(load)")
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
    }

    @Test func aZoneThatNeverLoadedWellIsNotOurs() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        #expect(try system.digAll("x.bad.", "A").contains("status: REFUSED"))
        try system.write("bad.zone", "x A 192.0.2.1\n")
        #expect(try system.memmgr("load", system.path("bad.zone")).status == 1)
        #expect(try system.digAll("x.bad.", "A").contains("status: REFUSED"))
        // Below a zone that is served, its parent goes on answering.
        try system.write("www.example.zone", "x A 192.0.2.1\n")
        #expect(try system.memmgr("load", system.path("www.example.zone")).status == 1)
        #expect(try system.memmgr("load", system.path("no.example.zone")).status != 0)
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
        try system.killAndAwaitRestart("memmgr")
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
    }

    @Test func imagesThatWereDeletedAreBuiltAgain() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        let images = system.state + "/images"
        for name in try FileManager.default.contentsOfDirectory(atPath: images) where name.hasSuffix(".img") {
            try FileManager.default.removeItem(atPath: "\(images)/\(name)")
        }
        // The responder that runs has mapped them; the next one can't.
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
        try system.killAndAwaitRestart("authd")
        #expect(system.wait { (try? system.dig("www.example.", "A")) == ["192.0.2.80"] })
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
    }

    @Test func unloadRemovesAZoneAndOnlyUnloadDoes() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        try system.write("other.test.zone", PipelineTests.zone.replacing("example.", with: "other.test."))
        #expect(try system.memmgr("load", system.path("other.test.zone")).status == 0)
        #expect(try system.dig("www.other.test.", "A") == ["192.0.2.80"])
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
        #expect(try system.memmgr("unload", "example.").status == 0)
        #expect(try system.digAll("www.example.").contains("status: REFUSED"))
        #expect(try system.dig("www.other.test.", "A") == ["192.0.2.80"])
    }

    @Test(arguments: ["authd", "memmgr", "msgq"])
    func comesBackAfterKill(of program: String) throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        try system.killAndAwaitRestart(program)
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
        #expect(try system.dig("+tcp", "www.example.", "A") == ["192.0.2.80"])
        try system.write("example.zone", PipelineTests.zone + "after A 192.0.2.82\n")
        // The bus may be a moment behind the process.
        #expect(system.wait { (try? system.memmgr("load", system.path("example.zone")).status) == 0 })
        #expect(try system.dig("after.example.", "A") == ["192.0.2.82"])
    }

    @Test func servesTheLastGenerationAfterARestartOfEverything() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        try FileManager.default.removeItem(atPath: system.path("example.zone"))
        #expect(system.stop() == 0)
        #expect(try run("pgrep", ["-f", system.folder.path]).output.isEmpty, "processes are left")
        // The master file is gone: what is served now was not parsed.
        try system.start(zones: [])
        #expect(system.printed.hasPrefix("ready: 1 of 1 zones, generation"))
        #expect(try system.dig("www.example.", "A") == ["192.0.2.80"])
    }

    @Test func noSystemIsSaidSo() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zc-none-\(UUID().uuidString)")
        let memmgr = RunningSystem.programs.appendingPathComponent("memmgr").path
        let load = try run(memmgr, ["--dir", folder.path, "load", "/etc/hostname"])
        #expect(load.status == 69)
        #expect(load.errors.contains("zonecast"), "\(load.errors)")
    }

    /// Invariant I2, seen from outside: no process maps a file that is gone.
    @Test func noDeletedImageIsEverMapped() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        let authd = try #require(try system.processes("authd").first)
        for serial in 2...12 {
            try system.write("example.zone", PipelineTests.zone.replacing(" 1 3600", with: " \(serial) 3600"))
            #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
            let maps = try system.kernelFile("/proc/\(authd)/maps")
            let images = maps.split(separator: "\n").filter { $0.contains("/images/g") }
            #expect(!images.isEmpty)
            #expect(!images.contains { $0.hasSuffix("(deleted)") }, "\(images)")
        }
    }

    /// A later generation is wholly in memory when its `switch` has been answered.
    @Test func aLaterGenerationIsResidentWhenLoadReturns() throws {
        let system = try RunningSystem(zones: [("example.zone", PipelineTests.zone)])
        let many = (0..<20_000).map { "host\($0) A 192.0.2.\($0 % 250)\n" }.joined()
        try system.write("example.zone", PipelineTests.zone + many)
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
        let authd = try #require(try system.processes("authd").first)
        let lines = try system.kernelFile("/proc/\(authd)/smaps").split(separator: "\n")
        let start = try #require(lines.lastIndex { $0.contains("/images/g") && $0.hasSuffix(".img") })
        func kibibytes(_ key: String) -> Int? {
            lines[start...].first { $0.hasPrefix(key + ":") }?.split(separator: " ").dropFirst().first.flatMap {
                Int($0)
            }
        }
        #expect(kibibytes("Size") == kibibytes("Rss"))
    }
}
