// The bytes of one small zone, pinned. When this fails the format has changed: raise `ImageVersion.current`, and put
// the new numbers here.

import DNSCore
import Testing

@testable import ZoneImage

@Suite struct GoldenImageTests {
    static let zone = """
        $ORIGIN golden.example.
        @ 3600 SOA ns1 hostmaster 2026010100 7200 3600 604800 300
        @ 3600 NS ns1
        @ 3600 NS ns2.elsewhere.test.
        @ 3600 MX 10 mail
        @ 3600 NSEC *.w NS SOA MX NSEC
        ns1 3600 A 192.0.2.1
        mail 600 AAAA 2001:db8::25
        a.b 600 CNAME mail
        *.w 60 TXT "wild"
        d 60 DNAME elsewhere.test.
        below.d 60 A 192.0.2.9
        sub 60 NS ns.sub
        sub2 60 NS ns.sub
        ns.sub 60 A 192.0.2.53
        svc 60 HTTPS 1 . alpn=h2
        svc 60 A 192.0.2.80
        """

    @Test func bytesAndVersionBelongTogether() throws {
        let zone = try #require(ZoneBuilder.build(try table(Self.zone)).zone)
        #expect(
            "\(ImageVersion.current) \(LayoutHash.current) \(zone.size) \(zone.digest)"
                == "2 3852631800 1344 9e3b4eed946a7f0b88f50d22eb4cf7e48fd1949b9520d7af5f2bcd7c8833afff")
    }

    /// The same with NSEC3, by the chain of the one name that it has.
    static let hashed = """
        $ORIGIN golden.example.
        @ 60 SOA a. b. 1 2 3 4 5
        @ 60 NSEC3PARAM 1 0 0 -
        1dukt2aig346pcqefisj1pm2bnjv0544 5 NSEC3 1 0 0 - 1dukt2aig346pcqefisj1pm2bnjv0544 SOA NSEC3PARAM
        """

    @Test func bytesWithAHashedChain() throws {
        let result = ZoneBuilder.build(try table(Self.hashed), options: BuildOptions(allowsMissingNS: true))
        let zone = try #require(result.zone)
        #expect("\(zone.size) \(zone.digest)" == "512 737d5d2dbd1588ddd4a34e68927b9d8fa063f986c1e63a8efe44e432c9597c51")
    }

    @Test func headersAreWhatTheFormatSays() {
        #expect(FileLayout.headerDigest.upperBound == FileLayout.size)
        #expect(ZoneLayout.reserved.end == ZoneLayout.size)
        #expect(PartLayout.selfPointers.end == PartLayout.headerSize)
        #expect(BucketLayout.references + BucketLayout.slots * 4 == BucketLayout.size)
        #expect(DirectoryLayout.zoneDigest.upperBound == DirectoryLayout.zoneSize)
        #expect(DirectoryLayout.imageDigest.upperBound == DirectoryLayout.imageSize)
    }
}
