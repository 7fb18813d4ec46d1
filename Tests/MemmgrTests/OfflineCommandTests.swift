// `check`, `compile`, `verify` and `dump` as scripts see them: exit codes, streams, JSON.

import Bus
import JSON
import Platform
import TestSupport
import Testing

private let good = """
    $TTL 3600
    @ SOA ns1 hostmaster 2026112301 7200 3600 1209600 300
    @ NS ns1
    ns1 A 192.0.2.1
    www A 192.0.2.2

    """

@Suite struct OfflineCommandTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(good, to: "example.zone")
    }

    // MARK: check

    @Test func queryAnswersAsTheResponderDoes() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nwww CNAME ns\nsub NS ns.sub\nns.sub A 192.0.2.2\n",
            to: "example.zone")
        #expect(try await Program.memmgr("compile", "example.zone", "--output", "e.img", in: folder).status == 0)
        for file in ["example.zone", "e.img"] {
            let answer = try await Program.memmgr("query", "--file", file, "www.example.", in: folder)
            #expect(answer.status == 0, "\(answer.errors)")
            #expect(
                answer.output.split(separator: "\n").map(String.init) == [
                    ";; NOERROR, flags: qr aa", ";; answer", "www.example.\t60\tIN\tCNAME\tns.example.",
                    "ns.example.\t60\tIN\tA\t192.0.2.1",
                ])
        }
        let referral = try await Program.memmgr("query", "--file", "e.img", "--json", "x.sub.example", "MX", in: folder)
        let value = try JSONValue(text: Array(referral.output.utf8))
        #expect(value["rcode"] == "NOERROR" && value["flags"] == ["qr"])
        #expect(value["authority"] == ["sub.example. 60 IN NS ns.sub.example."])
        #expect(value["additional"] == ["ns.sub.example. 60 IN A 192.0.2.2"])
        let elsewhere = try await Program.memmgr("query", "--file", "e.img", "test.", in: folder)
        #expect(elsewhere.output.contains(";; REFUSED") && elsewhere.output.contains("extended error: 20"))
        let wrong = try await Program.memmgr("query", "--file", "e.img", "example.", "FOO", in: folder)
        #expect(wrong.status == 64 && wrong.errors.contains("unknown RR type 'FOO'"))
        #expect(try await Program.memmgr("query", "--file", "none", "example.", in: folder).status == 74)
    }

    @Test func signaturesAndDigestsAreChecked() async throws {
        // What ldns-signzone (Debian's ldnsutils) says: fresh signatures with a ZONEMD record, and old ones.
        let sign = """
            cd '\(folder.path)' && key=$(ldns-keygen -a ED25519 -k example) \
            && ldns-signzone -z 1:1 -o example -f signed example.zone "$key" \
            && ldns-signzone -n -s abcd -z 1:2 -o example -f hashed example.zone "$key" \
            && ldns-signzone -i 20200101 -e 20200201 -o example -f old example.zone "$key"
            """
        #expect(try await Program.end(of: ChildProcess(ChildCommand("/bin/sh", ["-c", sign]))) == .exited(0))
        func check(_ file: String) async throws -> Program.Result {
            try await Program.memmgr("check", "--dnssec", "--origin", "example", file, in: folder)
        }
        let good = try await check("signed")
        #expect(good.status == 0 && good.output.contains(" valid signatures: good"), "\(good)")
        let hashed = try await check("hashed")
        #expect(hashed.status == 0 && hashed.output.contains(" valid signatures: good"), "\(hashed)")
        let signed = try folder.text(of: "signed")
        try folder.write(signed.replacing("A\t192.0.2.2", with: "A\t192.0.2.3"), to: "bogus")
        let bogus = try await check("bogus")
        #expect(bogus.status == 1 && bogus.output.contains("does not validate: 2 errors"), "\(bogus)")
        // At the record that is meant, with its line.
        let lines = try folder.text(of: "bogus").split(separator: "\n", omittingEmptySubsequences: false)
        let number = try #require(lines.firstIndex { $0.hasPrefix("www.example.") && $0.contains("RRSIG\tA ") }) + 1
        #expect(
            bogus.errors.contains("bogus:\(number):1: error: www.example. A: the signature by key ")
                && bogus.errors.contains("\n\(lines[number - 1].prefix(100))"), "\(bogus)")
        #expect(bogus.errors.contains("the ZONEMD record does not hold: the zone's content is another"))
        let gap = signed.split(separator: "\n").filter { !$0.hasPrefix("www.example.") || !$0.contains("NSEC") }
        try folder.write(gap.joined(separator: "\n") + "\n", to: "gap")
        let broken = try await check("gap")
        #expect(broken.status == 1 && broken.errors.contains("www.example. has no NSEC record"), "\(broken)")
        try folder.write(signed + "www.example. 3600 TXT x\n", to: "more")
        #expect(try await check("more").errors.contains("www.example. NSEC: it does not list TXT, which is there"))
        try folder.write(try folder.text(of: "hashed") + "www.example. 3600 TXT x\n", to: "more")
        #expect(try await check("more").errors.contains("www.example. NSEC3: it does not list TXT, which is there"))
        let key = "example. 3600 DNSKEY 256 3 13 \(String(repeating: "A", count: 86))=="
        try folder.write(signed + key + "\n", to: "more")
        #expect(try await check("more").errors.contains("www.example. A: there is no signature of algorithm 13"))
        let old = try await check("old")
        #expect(old.status == 1 && old.errors.contains("has expired"), "\(old)")
        #expect(try await check("example.zone").errors.contains("there is no DNSKEY record at the apex"))
        let unsure = try await Program.memmgr("check", "--origin", "example", "old", in: folder)
        #expect(unsure.status == 0 && unsure.errors.contains("the signature expired "), "\(unsure)")
    }

    @Test func signalsToTheParentFitTheKeys() async throws {
        // ldns-signzone signs what is there; ldns-key2ds gives the DS of the key.
        let sign = """
            cd '\(folder.path)' && key=$(ldns-keygen -a ED25519 -k example) && ldns-key2ds -n -2 $key.key >ds \
            && { cat example.zone; sed 's/.*DS//; s/^/@ CDS /' ds; sed 's/.*DNSKEY/@ CDNSKEY/; s/;.*//' $key.key; } >both \
            && { cat example.zone; echo '@ CDNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4='; } >stranger \
            && { cat both; echo '@ CDS 1 15 2 '$(printf '%064d' 0); } >more \
            && { cat example.zone; echo '@ CDS 0 0 0 00'; echo '@ CDNSKEY 0 3 0 AA=='; } >removal \
            && { cat removal; sed 's/.*DS//; s/^/@ CDS /' ds; } >mixed \
            && for z in both stranger more removal mixed; do ldns-signzone -o example -f $z.signed $z $key || exit 1; done
            """
        #expect(try await Program.end(of: ChildProcess(ChildCommand("/bin/sh", ["-c", sign]))) == .exited(0))
        func check(_ file: String) async throws -> Program.Result {
            try await Program.memmgr("check", "--dnssec", "--origin", "example", file, in: folder)
        }
        for file in ["both.signed", "removal.signed"] {
            let result = try await check(file)
            #expect(result.status == 0 && !result.errors.contains("cds-mismatch"), "\(file): \(result)")
        }
        let stranger = try await check("stranger.signed")
        #expect(stranger.errors.contains("is no DNSKEY record of the zone [cds-mismatch]"), "\(stranger)")
        let more = try await check("more.signed")
        #expect(
            more.errors.contains("the CDS record with key tag 1 and digest type 2 fits no DNSKEY record [cds-mismatch]")
        )
        #expect(more.errors.contains("fits no CDNSKEY record [cds-mismatch]"), "\(more)")
        #expect(
            try await check("mixed.signed").errors.contains(
                "removes all DS records stands beside others [cds-mismatch]"))
    }

    @Test func whatCouldNotBeDoneIsToldToProgramsToo() async throws {
        for command in [
            ["load", "--json", "--dir", folder.path, "example.zone"], ["status", "--json", "--dir", folder.path],
            ["check", "--json", "none.zone"], ["verify", "--json", "example.zone"], ["diff", "--json", "none", "none"],
        ] {
            let result = try await Program.run("memmgr", command, in: folder)
            let value = try JSONValue(text: Array(result.output.utf8))
            #expect(value["ok"] == false && value["problem"]?.string != nil, "\(command): \(result)")
            #expect(result.status != 0 && result.errors.contains(value["problem"]?.string ?? "?"))
        }
    }

    @Test func sizesAreToldBySection() async throws {
        #expect(try await Program.memmgr("compile", "example.zone", "--output", "e.img", in: folder).status == 0)
        let result = try await Program.memmgr("verify", "--sizes", "--json", "e.img", in: folder)
        let sizes = try #require(try JSONValue(text: Array(result.output.utf8))["sizes"])
        let total = try #require(sizes["total"]?.integer)
        #expect(try #require(sizes["bytes"]?.object).values.compactMap(\.integer).reduce(0, +) == total)
        #expect(sizes["records"] == 4 && sizes["rrsets"] == 4)
        let table = try await Program.memmgr("verify", "--sizes", "e.img", in: folder)
        #expect(table.output.contains("hash index") && table.output.contains("100.0 %"))
    }

    @Test func theLimitOfIterationsCanBeSet() async throws {
        let folder = try TemporaryFolder()
        let hash = "2T7B4G4VSA5SMI47K61MV5BV1A22BOJR"
        func zone(_ iterations: Int) -> String {
            good + "@ NSEC3PARAM 1 0 \(iterations) -\n\(hash) NSEC3 1 0 \(iterations) - \(hash) NS SOA NSEC3PARAM\n"
        }
        try folder.write(zone(151), to: "example.zone")
        let refused = try await Program.memmgr("check", "example.zone", in: folder)
        #expect(refused.status == 1 && refused.errors.contains("151 NSEC3 iterations; the limit is 150"), "\(refused)")
        let raised = try await Program.memmgr("check", "--nsec3-iterations", "151", "example.zone", in: folder)
        #expect(raised.status == 0 && raised.errors.contains("[nsec3-iterations]"), "\(raised)")
        try folder.write(zone(150), to: "example.zone")
        #expect(try await Program.memmgr("check", "example.zone", in: folder).status == 0)
        let lowered = try await Program.memmgr("check", "--nsec3-iterations", "100", "example.zone", in: folder)
        #expect(lowered.status == 1 && lowered.errors.contains("the limit is 100"), "\(lowered)")
    }

    @Test func testComparesAnswers() async throws {
        let folder = try TemporaryFolder()
        let large = [String](repeating: String(repeating: "x", count: 250), count: 8).joined(separator: " ")
        try folder.write(
            "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.3\nwww A 192.0.2.2\n@ MX 1 ns\ns NS ns.s\n"
                + "ns.s A 192.0.2.4\n@ TXT \"a;b|c=d\"\nout CNAME www.test.\n"
                + "q TXT \"a\\\"b|c\"\nbig TXT \(large)\n",
            to: "example.zone")
        try folder.write(
            "; what must hold\nwww.example. A = 192.0.2.2 | 192.0.2.3\nexample MX = 1 NS.example.\n\n"
                + "gone.example. A = NXDOMAIN\nwww.example. MX = NODATA\nx.s.example. A +tcp = REFERRAL\ntest. A = REFUSED\nexample. TXT = \"a;b|c=d\"\r\nout.example. A = ALIAS\r\n"
                + "q.example. TXT = \"a\\\"b|c\"\nbig.example. TXT = \(large)\n",
            to: "good")
        let good = try await Program.memmgr("test", "--file", "example.zone", "good", in: folder)
        #expect(good.status == 0 && good.output == "10 of 10 answers as expected\n", "\(good)")
        try folder.write("www.example. A = 192.0.2.2\nwww.example. A = NXDOMAIN\n", to: "bad")
        let bad = try await Program.memmgr("test", "--file", "example.zone", "bad", in: folder)
        #expect(bad.status == 1 && bad.output == "0 of 2 answers as expected\n")
        #expect(
            bad.errors.contains(
                "bad:1:1: error: www.example. A: expected 192.0.2.2, but the answer is 192.0.2.2 | 192.0.2.3"))
        for (text, part) in [
            ("www.example. A", "bad:1:1: error: a question, '='"), ("a A = 1.2.3", "is no data of type A"),
            ("a FOO = x", "unknown RR type 'FOO'"), ("a A =", "nothing is expected"),
            ("; nothing", "bad has no questions"),
        ] {
            try folder.write(text + "\n", to: "bad")
            let result = try await Program.memmgr("test", "--file", "example.zone", "bad", in: folder)
            #expect(result.status == 1 && result.errors.contains(part), "\(text): \(result.errors)")
        }
    }

    @Test func checkOfAGoodZone() async throws {
        let result = try await Program.memmgr("check", "example.zone", in: folder)
        #expect(result.status == 0)
        #expect(result.errors == "")
        #expect(result.output.hasPrefix("example.zone: zone example. serial 2026112301, 4 records, image "))
    }

    @Test func errorsHaveAPlaceTheLineAndACaret() async throws {
        try folder.write(good + "www A 192.0.2\n\twww2 X y\n", to: "bad.zone")
        let result = try await Program.memmgr("check", "bad.zone", in: folder)
        #expect(result.status == 1)
        let lines = result.errors.split(separator: "\n")
        try #require(lines.count == 6)
        #expect(lines[0].hasPrefix("bad.zone:6:7: error: "))
        #expect(lines[1] == "www A 192.0.2")
        #expect(lines[2] == "      ^")
        #expect(lines[3].hasPrefix("bad.zone:7:"))
        #expect(lines[5] == "\t^")
        #expect(result.output == "bad.zone: zone bad. is refused: 2 errors\n")
    }

    @Test func problemsOfTheWholeZoneNameTheFile() async throws {
        try folder.write("$TTL 1\nwww A 192.0.2.1\n", to: "none.zone")
        let result = try await Program.memmgr("check", "none.zone", in: folder)
        #expect(result.status == 1)
        #expect(result.errors.contains("none.zone:1:1: error: the zone has no SOA record at its apex none."))
    }

    @Test func builderProblemsShowTheirLine() async throws {
        try folder.write(good + "alias CNAME www\nalias A 192.0.2.3\n", to: "cname.zone")
        let result = try await Program.memmgr("check", "cname.zone", in: folder)
        #expect(result.status == 1)
        #expect(result.errors.contains("cname.zone:7:1: error: "))
        #expect(result.errors.contains("\nalias A 192.0.2.3\n^\n"))
    }

    @Test func warningsDoNotRefuse() async throws {
        try folder.write(good + "sub NS ns.sub\n", to: "warned.zone")
        let result = try await Program.memmgr("check", "warned.zone", in: folder)
        #expect(result.status == 0)
        #expect(result.errors.contains("warned.zone:6:1: warning: "))
        #expect(result.output.hasSuffix(": good, with 1 warning\n"))
    }

    @Test func missingNSIsRefusedUnlessAllowed() async throws {
        try folder.write("@ 1 SOA a b 1 2 3 4 5\n", to: "lone.zone")
        #expect(try await Program.memmgr("check", "lone.zone", in: folder).status == 1)
        #expect(try await Program.memmgr("check", "--allow-missing-ns", "lone.zone", in: folder).status == 0)
    }

    @Test func checkAsJSON() async throws {
        let result = try await Program.memmgr("check", "--json", "example.zone", in: folder)
        var value = try #require(JSONValue(text: Array(result.output.utf8)).object)
        #expect(value.removeValue(forKey: "size")?.integer ?? 0 > 0)
        #expect(
            JSONValue.object(value).description == """
                {"diagnostics":[],"errors":0,"file":"example.zone","format":1,"ok":true,"omitted":0,"records":4,\
                "serial":2026112301,"valid_signatures":null,"warnings":0,"zone":"example."}
                """)
    }

    @Test func checkOfABadZoneAsJSON() async throws {
        try folder.write(good + "www A 192.0.2\n", to: "bad.zone")
        let result = try await Program.memmgr("check", "--json", "bad.zone", in: folder)
        #expect(result.status == 1)
        let value = try JSONValue(text: Array(result.output.utf8))
        #expect(value["ok"] == false)
        #expect(value["errors"] == 1)
        #expect(value["serial"] == .null)
        let diagnostic = try #require(value["diagnostics"]?[0]?.object)
        #expect(Set(diagnostic.keys) == ["severity", "file", "line", "column", "message", "source_line", "caret"])
        #expect(diagnostic["line"] == 6 && diagnostic["column"] == 7 && diagnostic["severity"] == "error")
    }

    // MARK: Origins

    @Test(arguments: [
        ("example.org.zone", "example.org."), ("example.org.db", "example.org."), ("example.org.txt", "example.org."),
        ("example.org", "example.org."), ("root.zone", "root."), ("2.0.192.in-addr.arpa.zone", "2.0.192.in-addr.arpa."),
    ])
    func originFromTheFileName(file: String, origin: String) async throws {
        try folder.write(good, to: file)
        let result = try await Program.memmgr("check", "--json", file, in: folder)
        #expect(try JSONValue(text: Array(result.output.utf8))["zone"]?.string == origin)
    }

    @Test(arguments: ["example.org", "EXAMPLE.org."])
    func originFromTheOption(origin: String) async throws {
        let result = try await Program.memmgr("check", "--json", "--origin", origin, "example.zone", in: folder)
        #expect(try JSONValue(text: Array(result.output.utf8))["zone"]?.string == "example.org.")
    }

    // MARK: Exit codes

    static let endings: [(arguments: [String], status: Int32)] = [
        (["check"], 64), (["check", "a", "b"], 64), (["check", "--no-such", "a"], 64), (["no-such"], 64),
        (["check", "--origin", "a..b", "example.zone"], 64), (["compile", "example.zone"], 64),
        (["check", "missing.zone"], 74), (["compile", "missing.zone", "-o", "x.img"], 74),
        (["verify", "missing.img"], 74), (["dump", "missing.img"], 74),
        (["compile", "example.zone", "-o", "no-such-folder/x.img"], 74), (["verify", "example.zone"], 1),
        (["dump", "."], 74), (["check", "."], 1), (["--help"], 0), (["help", "check"], 0),
    ]

    @Test(arguments: endings)
    func exitCodes(arguments: [String], status: Int32) async throws {
        let result = try await Program.run("memmgr", arguments, in: folder)
        #expect(result.status == status, "\(arguments): \(result.errors)")
        #expect(status == 0 || result.errors != "")
    }

    @Test func anUnknownOptionNamesTheNearest() async throws {
        let result = try await Program.memmgr("check", "--orign", "x", "example.zone", in: folder)
        #expect(result.status == 64)
        #expect(result.errors.contains("Did you mean '--origin'?"))
    }

    @Test func everyCommandHasHelp() async throws {
        let overview = try await Program.memmgr("--help", in: folder).output
        let commands = ["load", "unload", "list", "status", "stats", "check", "compile", "verify", "dump", "run"]
        for command in commands {
            #expect(overview.contains("\n  \(command) "))
            let result = try await Program.memmgr(command, "--help", in: folder)
            #expect(result.status == 0)
            #expect(result.output.contains("USAGE: memmgr \(command) "))
        }
    }

    // MARK: Images

    @Test func damageIsFound() async throws {
        try #require(try await Program.memmgr("compile", "example.zone", "-o", "good.img", in: folder).status == 0)
        #expect(try await Program.memmgr("verify", "good.img", in: folder).status == 0)
        let bytes = try folder.read("good.img")
        for (place, name) in [(20, "header"), (130, "zone"), (bytes.count - 1, "table")] {
            var damaged = bytes
            damaged[place] ^= 1
            try folder.write(bytes: damaged, to: "damaged.img")
            let result = try await Program.memmgr("verify", "damaged.img", in: folder)
            #expect(result.status == 1, "\(name)")
            #expect(result.errors.contains("damaged.img"))
        }
        try folder.write(bytes: Array(bytes.dropLast()), to: "short.img")
        #expect(try await Program.memmgr("verify", "short.img", in: folder).status == 1)
        #expect(try await Program.memmgr("dump", "short.img", in: folder).status == 1)
    }

    @Test func compileLeavesNothingBehindForABadZone() async throws {
        try folder.write(good + "www A 192.0.2\n", to: "bad.zone")
        let result = try await Program.memmgr("compile", "bad.zone", "-o", "bad.img", in: folder)
        #expect(result.status == 1)
        #expect(result.output == "")
        #expect(try folder.names().filter { $0.contains("img") }.isEmpty)
    }

    @Test func dumpChoosesTheZone() async throws {
        try #require(try await Program.memmgr("compile", "example.zone", "-o", "e.img", in: folder).status == 0)
        #expect(try await Program.memmgr("dump", "--origin", "example", "e.img", in: folder).status == 0)
        #expect(try await Program.memmgr("dump", "--origin", "other", "e.img", in: folder).status == 1)
    }

    @Test func dumpIsCanonicalAndAbsolute() async throws {
        let result = try await Program.memmgr("dump", "example.zone", in: folder)
        #expect(
            result.output == """
                example.\t3600\tIN\tNS\tns1.example.
                example.\t3600\tIN\tSOA\tns1.example. hostmaster.example. 2026112301 7200 3600 1209600 300
                ns1.example.\t3600\tIN\tA\t192.0.2.1
                www.example.\t3600\tIN\tA\t192.0.2.2

                """)
    }
}
