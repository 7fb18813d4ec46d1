// Errors in lines that are read otherwise than they look say so.

import DNSCore
import Testing
import ZoneFile

@Suite struct MisreadingTests {
    @Test(arguments: [
        (
            " www A 192.0.2.1", "2:2: unknown RR type 'www' (use TYPEnnn",
            "(the line begins with a blank, so it has no owner name)"
        ),
        (
            "\ta A 192.0.2.1", "2:4: A: expected an IPv4 address, found 'A'",
            "(the line begins with a blank, so 'a' was read as the RR type and not as the owner)"
        ),
        (" mx 60 IN A 192.0.2.1", "2:11: unexpected 'A'", "so 'mx' was read as the RR type and not as the owner)"),
        (" ns IN A 192.0.2.1", "2:8: unexpected 'A'", "so 'ns' was read as the RR type and not as the owner)"),
        (
            "# a comment", "2:5: A: expected an IPv4 address",
            "(comments begin with ';', so '#' was read as the owner name)"
        ),
        ("# it's old", "2:3: unknown RR type 'it's'", "(comments begin with ';', so '#' was read as the owner name)"),
        ("#\"x", "2:2: no closing quote", "(comments begin with ';', so '#' was read as the owner name)"),
        (
            "// slashes", "2:4: unknown RR type 'slashes'",
            "(comments begin with ';', so '//' was read as the owner name)"
        ),
        ("a 60 IN IN A 192.0.2.1", "2:9: expected an RR type, found a second class 'IN'", ""),
        ("a CLASS1 in A 192.0.2.1", "2:10: expected an RR type, found a second class 'in'", ""),
        ("a IN CH A 192.0.2.1", "2:6: expected an RR type, found a second class 'CH'", ""),
        ("a 1 IN 2 A 192.0.2.1", "2:8: expected an RR type, found a second TTL '2'", ""),
        ("a \"A\" 192.0.2.1", "2:3: expected an RR type, found a quoted string", ""),
        (" $TTL 5", "2:2: expected an RR type, found '$TTL': a directive must begin its line", ""),
        (
            "@ ALIAS x.test.", "2:3: 'ALIAS' is a feature of some DNS providers and not a DNS type",
            "(use A and AAAA records, or an HTTPS record)"
        ),
        ("@ aname x.test.", "2:3: 'aname' is a feature", ""), ("@ URL301 x.test.", "2:3: 'URL301' is a feature", ""),
        ("@ MX mail.example.", "2:6: MX preference: expected a number from 0 to 65535, found 'mail.example.'", ""),
        ("@ SRV 1 sip 5060 s", "2:9: SRV weight: expected a number from 0 to 65535, found 'sip'", ""),
        ("@ SRV 1 2 s", "2:11: SRV port: expected a number from 0 to 65535, found 's'", ""),
        ("@ CAA issue \"ca.test\"", "2:7: CAA flags: expected a number from 0 to 255, found 'issue'", ""),
        ("@ NAPTR 1 x", "2:11: NAPTR preference: expected a number", ""),
        ("@ DNSKEY 256 x", "2:14: DNSKEY protocol: expected a number", ""),
        ("@ TLSA 3 1 x", "2:12: TLSA matching type: expected a number", ""),
        ("@ SOA a b 1 2 3 4", "2:18: SOA minimum: expected seconds", "found the end of the record"),
        ("@ IPSECKEY 1 1 2 x", "2:18: IPSECKEY gateway: expected an IPv4 address, found 'x'", ""),
        ("@ IPSECKEY 1 9 2 x", "2:14: IPSECKEY gateway: expected a type from 0 to 3", ""),
        ("@ AMTRELAY 1 2 1 x", "2:14: AMTRELAY discovery flag: expected a number from 0 to 1, found '2'", ""),
        (
            "@ RRSIG TYPE0 8 1 60 20260101000000 20260101000000 1 b AA==",
            "2:9: RRSIG type covered: type TYPE0 is reserved", ""
        ),
        (
            "@ RRSIG OPT 8 1 60 20260101000000 20260101000000 1 b AA==",
            "2:9: RRSIG type covered: type OPT is for messages only", ""
        ),
        ("@ KEY 0 3 8", "2:12: KEY key: expected base64: only flags from 49152 on", ""),
        ("@ KEY 16384 3 8", "2:16: KEY key: expected base64", ""),
        ("@ URI 10 1 \"\"", "2:12: URI target: expected a URI, found an empty string", ""),
        (
            "@ SVCB 1 . mandatory=mandatory",
            "2:12: SVCB mandatory: mandatory must not list itself (RFC 9460, section 8)", ""
        ),
        ("@ SVCB 1 . mandatory=alpn,alpn alpn=a", "2:12: SVCB mandatory: a key is listed twice", ""),
        ("@ SVCB 1 . mandatory=alpn", "2:12: SVCB: mandatory lists alpn, which is not given", ""),
        ("@ HTTPS 1 . tls-supported-groups=29,23,29", "2:13: HTTPS tls-supported-groups: a number is listed twice", ""),
        ("@ HTTPS 1 . port=x", "2:13: HTTPS port: expected a number from 0 to 65535, found 'x'", ""),
        ("@ HTTPS 1 . alpn", "2:13: HTTPS alpn: expected a value", ""),
        ("@ HTTPS 1 . pvd=x", "2:13: HTTPS pvd: unexpected value", ""),
        ("@ HTTPS 1 . ipv4hint=::1", "2:13: HTTPS ipv4hint: expected IPv4 addresses, found '::1'", ""),
        ("@ HIP 2 2 AA==", "2:9: HIP HIT: odd number", ""),
        ("@ HIP 2 20 A", "2:12: HIP public key: expected base64, found 'A'", ""),
        ("@ HIP x 20 A", "2:7: HIP algorithm: expected a number", ""),
    ])
    func isExplained(line: String, start: String, end: String) throws {
        let found = try errors("x 60 TXT a\n" + line + "\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(start) == true && found.first?.hasSuffix(end) == true, "\(found)")
    }

    @Test func whatIsNotSurprisingIsNotExplained() throws {
        for line in [" A 192.0.2.256", " 60 IN A x", " IN FOO x", " MX 10", "a FOO x"] {
            #expect(try errors("x 60 TXT a\n" + line).first?.contains("begins with") == false, "\(line)")
        }
    }

    @Test func filesWithoutRecordsAreNamed() throws {
        let empty = try errors("")
        #expect(empty == ["1:1: the file is empty"])
        #expect(try errors("; nothing\n\n$TTL 60\n") == ["1:1: the file has no records"])
    }
}
