// The rules for zones (Build/ZoneRules.swift): what is refused, what is only warned about, and at which row.

import DNSCore
import TestSupport
import Testing

@testable import ZoneImage

@Suite struct ZoneRuleTests {
    static let head = "$ORIGIN example.\n@ 60 SOA ns1.test. h.test. 1 2 3 4 5\n@ 60 NS ns1.test.\n"

    private func problems(_ text: String, options: BuildOptions = BuildOptions()) throws -> [String] {
        try report(table(text), options: options)
    }

    private func report(_ table: RecordTable, options: BuildOptions = BuildOptions()) -> [String] {
        let result = ZoneBuilder.build(table, options: options)
        #expect((result.zone == nil) == result.problems.contains { $0.severity == .error })
        return result.problems.map { "\($0.severity) \($0.row.map(String.init) ?? "-"): \($0.message)" }
    }

    @Test func aGoodZoneHasNone() throws {
        #expect(try problems(Self.head + "www 60 A 192.0.2.1\n") == [])
    }

    @Test(
        arguments: [
            // Seconds from now to the expiration and the inception.
            (864_000, -10, nil), (86_400, -10, "warning 3: the signature expires in 24 hours: sign the zone again"),
            (-60, -1000, "warning 3: the signature expired 60 seconds ago: validating resolvers reject it"),
            (
                864_000, 7200,
                "warning 3: the signature is valid only in 2 hours: validating resolvers reject it until then"
            ),
        ] as [(Int32, Int32, String?)])
    func oldSignaturesAreWarnedAbout(expiration: Int32, inception: Int32, expected: String?) throws {
        // Not far from where the seconds begin anew.
        let now: UInt32 = 100
        var records = try table(Self.head + "www 60 A 192.0.2.1\n")
        var rdata: [UInt8] = [0, 1, 15, 2, 0, 0, 0, 60]
        for time in [expiration, inception] {
            withUnsafeBytes(of: (now &+ UInt32(bitPattern: time)).bigEndian) { rdata += $0 }
        }
        rdata += [0, 1] + (try Name("example.")).wire + [1, 2, 3]
        try records.append(owner: try Name("www.example."), type: .rrsig, ttl: 60, rdata: rdata)
        let found = report(records, options: BuildOptions(now: now)).map {
            $0.replacing("warning 4", with: "warning 3")
        }
        #expect(found == (expected.map { [$0] } ?? []))
        #expect(report(records) == [])
    }

    @Test func aSignedZoneNeedsAKey() throws {
        var records = try table(Self.head)
        let apex = try Name("example.")
        let signature = [0, 6, 15, 1] + [UInt8](repeating: 0, count: 14) + apex.wire + [1]
        try records.append(owner: apex, type: .rrsig, ttl: 60, rdata: signature)
        #expect(report(records).contains { $0.contains("no DNSKEY record at its apex") })
    }

    @Test func signaturesOfAnSOABelowTheApexAreNoSOA() throws {
        let signature = "x 60 RRSIG SOA 8 1 60 20350101000000 20250101000000 1 example. AAAA\n"
        #expect(try problems(Self.head + signature) == [])
        #expect(try problems(Self.head + signature + "x 60 TXT a\n") == [])
    }

    @Test func aCNAMEAtTheApexIsOneError() throws {
        let found = try problems(Self.head + "@ 60 CNAME a\n@ 60 TXT x\n@ 60 MX 1 a\n")
        #expect(found.count == 1 && found[0].hasPrefix("error 2: a CNAME at the apex example."), "\(found)")
    }

    @Test func anApexNeedsSOAAndNS() throws {
        let empty = report(RecordTable(origin: try Name("example.")))
        #expect(empty.count == 2 && empty.allSatisfy { $0.hasPrefix("error -: the zone has no ") })
        let missing = try problems("$ORIGIN example.\n@ 60 SOA a b 1 2 3 4 5\n")
        #expect(missing.count == 1 && missing[0].contains("no NS record"))
        #expect(
            try problems("$ORIGIN example.\n@ 60 SOA a b 1 2 3 4 5\n", options: BuildOptions(allowsMissingNS: true))
                == [])
    }

    @Test(arguments: [
        ("x 60 CNAME a\nx 60 A 192.0.2.1", "error 3: ", "CNAME stands alone"),
        ("x 60 CNAME a\nx 60 NS a", "error 3: ", "CNAME stands alone"),
        ("@ 60 CNAME a", "error", "CNAME at the apex"),
        ("x 60 CNAME a\nx 60 CNAME b", "error 3: ", "a second, different CNAME"),
        ("x 60 CNAME b\nx 60 CNAME a", "error 3: ", "a second, different CNAME"),
        ("x 60 DNAME a\nx 60 DNAME b", "error 3: ", "a second, different DNAME"),
        ("@ 60 SOA ns1.test. h.test. 2 2 3 4 5", "error 2: ", "a second, different SOA"),
        ("x 60 SOA ns1.test. h.test. 1 2 3 4 5", "error 2: ", "belongs at the apex"),
        ("x 60 A 192.0.2.1\nx 50 A 192.0.2.2", "warning", "the least, 50, is used"),
        ("s 60 NS ns.s", "warning 2: ", "has no address records"),
        ("s 60 NS ns.t\nns.t 60 CNAME a", "warning 2: ", "which is a CNAME"),
        ("x 60 MX 1 m\nm 60 CNAME a", "warning 2: ", "which is a CNAME"),
        ("s 60 NS ns.test.\nx.s 60 TXT a", "warning 3: ", "below a zone cut"),
        ("d 60 DNAME test.\nx.d 60 TXT a", "warning 3: ", "below a zone cut or DNAME"),
        ("s 60 NS ns.test.\nx.s 60 A 192.0.2.1", "warning 3: ", "and no name server's"),
        ("s 60 NS ns.test.\ns 60 A 192.0.2.1", "warning 3: ", "and no name server's"),
        ("d 60 DNAME test.\nx.d 60 A 192.0.2.1", "warning 3: ", "and no name server's"),
        ("s 60 NS ns.test.\ns 60 TXT a", "warning 3: ", "hidden by its delegation"),
        ("s 60 NS ns", "warning 2: ", "within example. and has no address records"),
        ("@ 60 NS ns", "warning 2: ", "within example. and has no address records"),
        ("@ 60 DS 1 8 2 \(String(repeating: "00", count: 32))", "warning 2: ", "belongs in the parent zone"),
        ("x 60 CNAME a\nx 60 TXT a", "error 3: ", "a CNAME stands alone"),
        ("x 60 TXT a\nx 60 CNAME a", "error 3: ", "a CNAME stands alone"),
    ])
    func isReported(_ lines: String, _ start: String, _ part: String) throws {
        let found = try problems(Self.head + lines + "\n")
        #expect(found.contains { $0.hasPrefix(start) && $0.contains(part) }, "\(lines): \(found)")
    }

    @Test(arguments: [
        "x 60 CNAME a\nx 60 CNAME a", "x 60 CNAME a\nX 60 CNAME A", "s 60 NS ns.s\nns.s 60 A 192.0.2.1",
        "x 60 CNAME a\nx 60 NSEC y.example. CNAME", "x 60 A 192.0.2.1\nx 60 A 192.0.2.1", "x 60 MX 1 missing",
    ])
    func isFine(_ lines: String) throws {
        #expect(try problems(Self.head + lines + "\n") == [])
    }

    @Test func gapsInAnNSECChainAreWarnedAbout() throws {
        let records = Self.head + "a 60 A 192.0.2.1\nb.c 60 A 192.0.2.1\n@ 60 NSEC a NS SOA NSEC\n"
        let whole = records + "a 60 NSEC b.c A NSEC\nb.c 60 NSEC @ A NSEC\n"
        #expect(try problems(whole) == [], "an empty non-terminal has none")
        let hole = try problems(records + "b.c 60 NSEC @ A NSEC\n")
        #expect(hole.count == 2 && hole[0].contains("a.example. has no NSEC record; 1 such names in all"))
        #expect(hole[1].hasPrefix("warning 4: ") && hole[1].contains("does not lead to b.c.example."))
    }

    /// What others may have addresses for, and glue that is some server's.
    @Test(arguments: [
        "s 60 NS s\ns 60 A 192.0.2.1", "s 60 NS ns.s\nns.s 60 A 192.0.2.1", "t 60 NS ns.s\ns 60 NS a.test.",
        "s 60 NS ns.w\n*.w 60 A 192.0.2.1", "*.w 60 NS ns.test.\n*.w 60 A 192.0.2.1\n*.w 60 TXT a",
        "s 60 NS ns.s\nns.s 60 A 192.0.2.1\nt 60 NS ns.s",
        "@ 60 MX 1 m.s\ns 60 NS a.test.\nm.s 60 A 192.0.2.1", "s 60 NS a.test.\ns 60 DS 1 8 9 00\ns 60 NSEC @ NS",
    ])
    func isNoReasonForAWarning(_ lines: String) throws {
        #expect(try problems(Self.head + lines + "\n") == [])
    }

    @Test func anNSEC3ChainThatIsNotAnnouncedIsWarnedAbout() throws {
        let hash = "2T7B4G4VSA5SMI47K61MV5BV1A22BOJR"
        let found = try problems(Self.head + "\(hash) 60 NSEC3 1 0 0 - \(hash) NS SOA\n")
        #expect(found.count == 1 && found[0].contains("no NSEC3PARAM"))
    }

    @Test func recordsOutsideAreRefused() throws {
        var records = try table(Self.head)
        for owner in ["test.", "xexample.", ".", "le.", "a.example.test."] {
            try records.append(owner: Name(owner), type: .a, ttl: 1, rdata: [1, 2, 3, 4])
        }
        let found = report(records)
        #expect(found.count == 5 && found.allSatisfy { $0.contains("is outside the zone") })
        #expect(found.first?.hasPrefix("error 2:") == true)
    }

    @Test func typesOfMessagesAreRefused() throws {
        for type: UInt16 in [0, 41, 128, 249, 250, 251, 252, 255] {
            var records = try table(Self.head)
            try records.append(owner: Name("x.example."), type: RRType(rawValue: type), ttl: 1, rdata: [])
            #expect(report(records).contains { $0.hasPrefix("error 2:") && $0.contains("can't stand in a zone") })
        }
    }

    @Test func damagedRdataIsRefused() throws {
        let damaged: [(RRType, [UInt8])] = [
            (.ns, []), (.ns, [5, 1]), (.ns, [64]), (.ns, [0xC0, 0]), (.mx, [0]), (.mx, [0, 1]), (.cname, [1, 2]),
            (.srv, [0, 0, 0, 0, 0, 0]), (.naptr, [0, 0, 0, 0, 9]), (.rrsig, [0, 1]),
            (.rrsig, [UInt8](repeating: 0, count: 17)),
            (.rrsig, [0, 1] + [UInt8](repeating: 0, count: 16)),
            (.rrsig, [0, 1] + [UInt8](repeating: 0, count: 16) + [9, 1]),
            (.dname, [70]), (.nsec, [3]),
        ]
        for (type, rdata) in damaged {
            var records = try table(Self.head)
            try records.append(owner: Name("x.example."), type: type, ttl: 1, rdata: rdata)
            #expect(report(records).contains { $0.hasPrefix("error 2:") }, "\(type) \(rdata)")
        }
        for rdata: [UInt8] in [
            [], [0], [0, 0], [0, 0, 1], [UInt8](repeating: 0, count: 21), [UInt8](repeating: 0, count: 23),
        ] {
            var records = RecordTable(origin: try Name("example."))
            try records.append(owner: Name("example."), type: .soa, ttl: 1, rdata: rdata)
            try records.append(owner: Name("example."), type: .ns, ttl: 1, rdata: [0])
            #expect(report(records).contains { $0.hasPrefix("error 0:") }, "\(rdata)")
        }
    }

    @Test func randomRecordsNeverTrap() throws {
        for seed in UInt64(0)..<400 {
            var random = SplitMix64(seed: seed)
            var records = RecordTable(origin: try Name(seed % 3 == 0 ? "." : "example."))
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let names = ["example.", "a.example.", "*.a.example.", "b.a.example.", ".", "x.test."]
                let types: [RRType] = [.a, .ns, .soa, .cname, .dname, .mx, .rrsig, .nsec, .srv, .https, .opt, .naptr]
                var rdata = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    UInt8.random(in: 0...3, using: &random)
                }
                if rdata.count > 2, Bool.random(using: &random) { rdata[Int.random(in: 0...2, using: &random)] = 0xC0 }
                try records.append(
                    owner: Name(names.randomElement(using: &random) ?? "."),
                    type: types.randomElement(using: &random) ?? .a,
                    ttl: UInt32.random(in: 0...3, using: &random), rdata: rdata)
            }
            _ = report(records)
        }
    }
}
