// The rdata of every type that may stand in a zone: text to wire form, and back to text that gives the same octets.

import DNSCore
import Testing
import ZoneFile

/// One record's rdata in presentation form, and its wire form in hexadecimal.
struct RDataSample: Sendable, CustomTestStringConvertible {
    let type: String
    let text: String
    let wire: String

    var testDescription: String { "\(type) \(text)" }

    init(_ type: String, _ text: String, _ wire: String) {
        (self.type, self.text, self.wire) = (type, text, wire)
    }
}

private let example = "07 6578616d706c65 00"

let rdataSamples: [RDataSample] = [
    .init("LOC", "31 38 N 60 E 0", "00 12 16 13 86C9ABC0 8CDFE600 00989680"),
    .init("LOC", "1 2 3.5 S 4 5 W 0m", "00 12 16 13 7FC72F14 7F1FB220 00989680"),
    .init("LOC", "42 21 54 n 71 w 1.5 0 90000000 0.09m", "00 00 99 90 89172DD0 70C3DA80 00989716"),
    .init("LOC", "90 N 180 W -100000.00m", "00 12 16 13 934FD900 59604E00 00000000"),
    .init("LOC", "0 0 59.999 N 0 0 0.001 E 42849672.95m 2000m", "00 25 16 13 8000EA5F 80000001 FFFFFFFF"),
    .init("APL", "1:0.0.0.0/0 !2:::/128 1:192.0.2.0/24", "00010000 00028080 00011803 C00002"),
    .init("A", "192.0.2.1", "C0000201"),
    .init("NS", "ns", "02 6e73 \(example)"), .init("MD", "@", example), .init("MF", ".", "00"),
    .init("CNAME", "a.b.", "01 61 01 62 00"), .init("MB", "@", example), .init("MG", "@", example),
    .init("MR", "@", example),
    .init("SOA", "a. b. 4294967295 1 2h 3d 4w", "016100 016200 FFFFFFFF 00000001 00001C20 0003F480 0024EA00"),
    .init("NULL", "\\# 3 0102 03", "010203"),
    .init("WKS", "192.0.2.1 TCP smtp 80 domain", "C0000201 06 00 00 00 40 00 00 04 00 00 00 80"),
    .init("WKS", "192.0.2.1 17", "C0000201 11"),
    .init("PTR", "@", example), .init("HINFO", "cpu \"an os\"", "03 637075 05 616e206f73"),
    .init("MINFO", ". @", "00 \(example)"),
    .init("MX", "10 a.", "000A 016100"), .init("TXT", "a \"b c\" \"\"", "0161 03622063 00"),
    .init("RP", "@ .", "\(example) 00"),
    .init("AFSDB", "1 .", "0001 00"), .init("X25", "311061700956", "0C 333131303631373030393536"),
    .init("ISDN", "150862028003217 004", "0F 313530383632303238303033323137 03 303034"), .init("ISDN", "1", "0131"),
    .init("RT", "2 .", "0002 00"), .init("NSAP", "0x47.0005.80.005a00", "47000580005A00"), .init("NSAP-PTR", ".", "00"),
    .init("SIG", "A 1 2 3 20040905000000 1094256000 9 . AQID", "0001 01 02 00000003 413A5700 41390580 0009 00 010203"),
    .init("KEY", "256 3 5 AQID", "0100 03 05 010203"), .init("KEY", "49152 3 0", "C000 03 00"),
    .init("PX", "10 . @", "000A 00 \(example)"),
    .init("GPOS", "-32.6882 116.8652 10.0", "082d33322e36383832 083131362e38363532 0431302e30"),
    .init("AAAA", "2001:db8::192.0.2.1", "20010DB8 00000000 00000000 C0000201"),
    .init("AAAA", "::", "00000000 00000000 00000000 00000000"),
    .init("AAAA", "1:2:3:4:5:6:7::", "00010002 00030004 00050006 00070000"),
    .init("LOC", "42 21 54 N 71 06 18 W -24m 30m", "00 33 16 13 89172DD0 70BE15F0 00988D20"),
    .init("NXT", ". A MX", "00 4001"),
    .init("EID", "E32C6F78163A9348", "E32C6F78163A9348"), .init("NIMLOC", "32251A030067", "32251A030067"),
    .init("SRV", "1 2 53 a.", "0001 0002 0035 016100"), .init("ATMA", "+1.2345", "01 3132333435"),
    .init("ATMA", "39.246f", "00 39246F"),
    .init("NAPTR", "100 50 \"s\" \"z3950+I2L\" \"\" .", "0064 0032 0173 097a333935302b49324c 00 00"),
    .init("KX", "1 .", "0001 00"), .init("CERT", "PGP 1 RSASHA1 AQID", "0003 0001 05 010203"),
    .init("A6", "64 ::1234:5678:9ABC:DEF0 a.", "40 123456789ABCDEF0 016100"),
    .init("A6", "0 2001:db8::1", "00 20010DB8 00000000 00000000 00000001"),
    .init("DNAME", "@", example), .init("SINK", "1 2 3 AQID", "01 02 03 010203"),
    .init("APL", "1:192.0.2.0/24 !2:2001:db8::/32", "0001 18 03 C00002 0002 20 84 20010DB8"),
    .init("DS", "1 ECDSAP256SHA256 9 AB CD", "0001 0D 09 ABCD"), .init("SSHFP", "4 3 ab", "04 03 AB"),
    .init("IPSECKEY", "10 1 2 192.0.2.38 AQID", "0A 01 02 C0000226 010203"), .init("IPSECKEY", "10 0 0 .", "0A 00 00"),
    .init("IPSECKEY", "10 3 2 a. AQID", "0A 03 02 016100 010203"),
    .init("IPSECKEY", "10 2 2 2001:db8::1 AQID", "0A 02 02 20010DB8 00000000 00000000 00000001 010203"),
    .init(
        "RRSIG", "TYPE1000 13 2 3600 20380119031408 20380119031407 5 . AQI DBA==",
        "03E8 0D 02 00000E10 80000000 7FFFFFFF 0005 00 01020304"),
    .init("NSEC", ". A NS TYPE65280", "00 00 01 60 FF 01 80"),
    .init("DNSKEY", "257 3 13 AQID BA==", "0101 03 0D 01020304"),
    .init("DHCID", "AQID", "010203"),
    .init(
        "NSEC3", "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG",
        "01 01 000C 04 AABBCCDD 14 174EB2409FE28BCB4887A1836F957F0A8425E27B 00 06 400000000002"),
    .init("NSEC3", "1 0 0 - 00", "01 00 0000 00 01 00"), .init("NSEC3PARAM", "1 0 0 -", "01 00 0000 00"),
    .init("TLSA", "3 1 1 AB", "03 01 01 AB"), .init("SMIMEA", "3 1 1 AB", "03 01 01 AB"),
    .init(
        "HIP", "2 200100107B1A74DF365639CC39F1D578 AQID a.", "10 02 0003 200100107B1A74DF365639CC39F1D578 010203 016100"
    ),
    .init(
        "HIP", "2 200100107B1A74DF365639CC39F1D578 AQID a\\.b.\\007. c.",
        "10 02 0003 200100107B1A74DF365639CC39F1D578 010203 03612e62 0107 00 016300"
    ),
    .init("HIP", "2 200100107B1A74DF365639CC39F1D578 AQID", "10 02 0003 200100107B1A74DF365639CC39F1D578 010203"),
    .init("NINFO", "a", "0161"), .init("RKEY", "0 1 2 AQID", "0000 01 02 010203"), .init("TALINK", ". .", "00 00"),
    .init("CDS", "0 0 0 00", "0000 00 00 00"), .init("CDNSKEY", "0 3 0 AA==", "0000 03 00 00"),
    .init("OPENPGPKEY", "AQ ID", "010203"),
    .init("CSYNC", "66 3 A NS AAAA", "00000042 0003 00 04 60000008"),
    .init("ZONEMD", "2018031500 1 240 AB0102030405060708090A0B", "7848B78C 01 F0 AB0102030405060708090A0B"),
    .init("SVCB", "0 a.", "0000 016100"),
    .init("HTTPS", "1 . alpn=\"h2,h3\" port=8443", "0001 00 0001 0006 026832 026833 0003 0002 20FB"),
    .init("DSYNC", "CDS NOTIFY 5359 a.", "003B 01 14EF 016100"), .init("HHIT", "AQID", "010203"),
    .init("BRID", "AQID", "010203"),
    .init("SPF", "\"v=spf1 -all\"", "0B 763d73706631202d616c6c"),
    .init("NID", "10 0014:4fff:ff20:ee64", "000A 00144FFFFF20EE64"),
    .init("L32", "10 192.0.2.1", "000A C0000201"), .init("L64", "10 2001:0DB8:1140:1000", "000A 20010DB811401000"),
    .init("LP", "10 a.", "000A 016100"),
    .init("EUI48", "00-00-5e-00-53-2a", "00005E00532A"), .init("EUI64", "00-00-5e-ef-10-00-00-2a", "00005EEF1000002A"),
    .init("URI", "10 1 \"ftp://a/\"", "000A 0001 6674703a2f2f612f"),
    .init("CAA", "0 issue \"ca.example\"", "00 056973737565 63612e6578616d706c65"),
    .init("AVC", "\"a b\"", "03 612062"), .init("DOA", "0 1 2 \"\" AQID", "00000000 00000001 02 00 010203"),
    .init("DOA", "0 1 2 a -", "00000000 00000001 02 0161"),
    .init("AMTRELAY", "10 0 1 192.0.2.1", "0A 01 C0000201"), .init("AMTRELAY", "10 1 3 a.", "0A 83 016100"),
    .init("AMTRELAY", "10 0 0 .", "0A 00"),
    .init("RESINFO", "qnamemin exterr=15-17", "08 716e616d656d696e 0c 6578746572723d31352d3137"),
    .init("WALLET", "BTC x", "03 425443 01 78"),
    .init("CLA", "\"TCP-v4-v6\"", "09 5443502d76342d7636"), .init("IPN", "3735928559", "00000000DEADBEEF"),
    .init("TA", "1 8 9 AB", "0001 08 09 AB"), .init("DLV", "1 8 9 AB", "0001 08 09 AB"),
    .init("TYPE1000", "\\# 2 AB CD", "ABCD"), .init("TYPE1000", "\\# 0", ""),
]

@Suite struct RDataTests {
    @Test(arguments: rdataSamples)
    func textToWireAndBack(sample: RDataSample) throws {
        let wire = try #require(try rdata(sample.type, sample.text))
        #expect(wire == octets(sample.wire))
        let type = try #require(RRType(sample.type))
        #expect(try rdata(sample.type, RecordText.rdata(wire, type: type)) == wire)
        let hex = wire.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try rdata(sample.type, "\\# \(wire.count) \(hex)") == wire, "RFC 3597, section 5")
        #expect(try rdata("TYPE\(type.rawValue)", sample.text) == wire)
    }

    @Test func everyTypeThatMayStandInAZoneHasASample() {
        let sampled = Set(rdataSamples.compactMap { RRType($0.type) })
        let missing = (0...UInt16.max).map { RRType(rawValue: $0) }
            .filter { $0.mayStandInZone && !$0.description.hasPrefix("TYPE") && !sampled.contains($0) }
        #expect(missing == [])
    }

    @Test func octetsThatAreNoRDataOfAKnownTypeAreRefused() throws {
        for sample in rdataSamples where sample.type != "NULL" && !sample.type.hasPrefix("TYPE") {
            let type = try #require(RRType(sample.type))
            let wire = octets(sample.wire)
            // Cut short anywhere, the octets are refused or are another valid rdata that survives its own text.
            for count in 0..<wire.count {
                let hex = wire.prefix(count).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                guard let cut = try rdata(sample.type, "\\# \(count) \(hex)") else { continue }
                #expect(try rdata(sample.type, RecordText.rdata(cut, type: type)) == cut, "\(sample.type) \(hex)")
            }
        }
    }
}

/// Rdata whose values no text stands for, and what has a text of its own.
@Suite struct RDataTextTests {
    @Test(arguments: [
        // Latitude, longitude, sizes out of range; another version; sizes that are not as we write them.
        ("LOC", "00 12 16 13 00000000 80000000 00989680"), ("LOC", "00 12 16 13 80000000 00000000 00989680"),
        ("LOC", "00 A2 16 13 80000000 80000000 00989680"), ("LOC", "00 1A 16 13 80000000 80000000 00989680"),
        ("LOC", "00 02 16 13 80000000 80000000 00989680"), ("LOC", "01 00"),
        ("LOC", "00 00 00 00 934FD901 80000000 00000000"),
        // Zeros at the end, prefixes and addresses that are too long, another family.
        ("APL", "0001 18 04 C0000200"), ("APL", "0001 21 01 C0"), ("APL", "0001 18 05 0102030405"),
        ("APL", "0003 00 00"),
    ])
    func isOctetsWhereNoTextIsExact(type: String, wire: String) throws {
        let octets = octets(wire)
        let text = RecordText.rdata(octets, type: try #require(RRType(type)))
        #expect(text.hasPrefix("\\# \(octets.count) "))
        #expect(try rdata(type, text) == octets)
    }

    @Test(arguments: [
        ("LOC", "\\# 0"), ("LOC", "\\# 15 001216138000000080000000009896"),
        ("LOC", "\\# 17 0012161380000000800000000098968000"),
        ("KEY", "0 3 8"), ("KEY", "16384 3 8"), ("KEY", "32768 3 8"), ("KEY", "\\# 4 01000305"), ("URI", "1 2 \"\""),
        ("URI", "\\# 4 00010002"), ("RRSIG", "\\# 19 0000 0802 00000E10 80000000 7FFFFFFF 0005 00"),
        ("APL", "\\# 3 000118"), ("APL", "\\# 5 00011802C0"), ("HIP", "\\# 5 00020001 AA"),
        ("HIP", "\\# 5 01020000 AA"),
    ])
    func isRefused(type: String, text: String) throws {
        #expect(try rdata(type, text) == nil)
    }

    @Test(arguments: [
        ("NID", "10 14:4fff:ff20:ee64", "10 0014:4fff:ff20:ee64"), ("L64", "10 0:0:0:1", "10 0000:0000:0000:0001"),
        ("LOC", "42 21 54 N 71 06 18 W -24m 30m", "42 21 54.000 N 71 6 18.000 W -24m 30m 10000m 10m"),
        ("LOC", "0 0 0.001 S 0 E -0.5 0.09", "0 0 0.001 S 0 0 0.000 E -0.50m 0.09m 10000m 10m"),
        ("APL", "!2:2001:db8::/32 1:0.0.0.0/0", "!2:2001:db8::/32 1:0.0.0.0/0"), ("KEY", "49152 3 0", "49152 3 0"),
        ("HIP", "2 200100107b1a74df365639cc39f1d578 AQID a.", "2 200100107B1A74DF365639CC39F1D578 AQID a."),
        (
            "SVCB", "1 . key10=\\001a key11 key12=b key9=\\000\\029",
            "1 . tls-supported-groups=29 docpath=\"a\" pvd oots=\"b\""
        ),
    ])
    func print(type: String, text: String, printed: String) throws {
        let wire = try #require(try rdata(type, text))
        #expect(RecordText.rdata(wire, type: try #require(RRType(type))) == printed)
    }
}

@Suite struct RFC9460ServiceParameterTests {
    @Test(arguments: [
        // RFC 9460, appendix D.2.
        ("16 foo.example.com. port=53", "0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035"),
        ("1 foo.example.com. key667=hello", "0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f"),
        (
            "1 foo.example.com. key667=\"hello\\210qoo\"",
            "0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f"
        ),
        (
            "1 foo.example.com. (ipv6hint=\"2001:db8::1,2001:db8::53:1\")",
            "0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001"
        ),
        (
            "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
            "0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 026832 0568332d3139 0004 0004 c0000201"
        ),
        (
            "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
            "0010 03666f6f076578616d706c65036f726700 0001 000c 08665c6f6f2c626172 026832"
        ),
        (
            "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
            "0010 03666f6f076578616d706c65036f726700 0001 000c 08665c6f6f2c626172 026832"
        ),
        (
            "1 . ech=AQID no-default-alpn alpn=a dohpath=/q{?dns} ohttp tls-supported-groups=29,23",
            "0001 00 0001 0002 0161 0002 0000 0005 0003 010203 0007 0008 2f717b3f646e737d 0008 0000 0009 0004 001d0017"
        ),
        (
            "1 . oots=do53 pvd docpath=dns,a\\\\,b", "0001 00 000a 0008 03646e73 03612c62 000b 0000 000c 0004 646f3533"
        ),
        ("1 . docpath", "0001 00 000a 0000"), ("1 . docpath=\"\" key11", "0001 00 000a 0000 000b 0000"),
        // Nobody looks at the parameters of an alias.
        ("0 a. no-default-alpn", "0000 016100 0002 0000"), ("0 a. mandatory=alpn", "0000 016100 0000 0002 0001"),
        ("1 . key65000", "0001 00 fde8 0000"), ("1 . key3=\\000\\053", "0001 00 0003 0002 0035"),
    ])
    func valid(text: String, wire: String) throws {
        let found = try #require(try rdata("SVCB", text))
        #expect(found == octets(wire))
        #expect(try rdata("HTTPS", RecordText.rdata(found, type: .https)) == found)
    }

    @Test(arguments: [
        // RFC 9460, appendix D.3, and relatives.
        "1 . key123=abc key123=def", "1 . mandatory", "1 . alpn", "1 . port", "1 . ipv4hint", "1 . ipv6hint",
        "1 . mandatory=",
        "1 . no-default-alpn=abc", "1 . no-default-alpn", "1 . mandatory=key123", "1 . mandatory=mandatory",
        "1 . port=65536",
        "1 . mandatory=key123,key123 key123=abc", "1 . alpn=", "1 . alpn=a,,b", "1 . foo=bar", "1 . key65536=a",
        "1 . key01=a",
        "1 . ipv4hint=192.0.2", "1 . ipv6hint=192.0.2.1", "1 . ech=A", "1 . alpn=a\\\\b", "1 . key3=a",
        "1 . \"alpn=a\"", "1 . =a", "1 . dohpath=/dns-query", "1 . dohpath=q{?dns}", "1 . dohpath=/{?dnsx}",
        "1 . dohpath=/{?dns", "1 . tls-supported-groups=29,23,29", "1 . key9=\\000\\029\\000\\029", "1 . docpath=a,,b",
        "1 . pvd=a", "1 . ohttp=a", "0 a. port=x", "1 . key10=\\003a",
    ])
    func invalid(text: String) throws {
        #expect(try rdata("SVCB", text) == nil)
    }

    /// What is refused as text is refused as octets, so that every dump can be read back.
    @Test(arguments: [
        "\\# 9 0001 00 0000 0002 0003", "\\# 7 0001 00 0002 0000", "\\# 11 0001 00 0007 0004 2f646e73",
    ])
    func invalidOctets(text: String) throws {
        #expect(try rdata("HTTPS", text) == nil)
    }

    @Test(arguments: ["/{?dns}", "/dns-query{?dns}", "/q{?a,dns}", "/{dns}"])
    func pathsOfDNSOverHTTPS(path: String) throws {
        #expect(try rdata("SVCB", "1 . dohpath=\(path)") == rdata("SVCB", "1 . key7=\(path)"))
    }
}
