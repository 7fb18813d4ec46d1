// Types, classes and serials: numbers with names and rules.

import DNSCore
import Testing

@Suite struct RFC1982SerialTests {
    @Test(arguments: [(1, 0), (0x8000_0000, 1), (0, 0xFFFF_FFFF), (100, 0xFFFF_FF00), (44, 0)] as [(UInt32, UInt32)])
    func newer(left: UInt32, right: UInt32) {
        #expect(Serial(rawValue: left).isNewer(than: Serial(rawValue: right)))
        #expect(!Serial(rawValue: right).isNewer(than: Serial(rawValue: left)))
    }

    @Test func equalOrHalfwayIsNotNewer() {
        for (left, right) in [(5, 5), (0, 0x8000_0000), (0x8000_0000, 0)] as [(UInt32, UInt32)] {
            #expect(!Serial(rawValue: left).isNewer(than: Serial(rawValue: right)))
        }
    }
}

@Suite struct RFC3597TypeTests {
    @Test(
        arguments: [
            ("A", 1), ("aaaa", 28), ("NSAP-PTR", 23), ("TYPE1", 1), ("type65535", 65535), ("TYPE0", 0), ("TA", 32768),
        ] as [(String, UInt16)])
    func mnemonicsAndNumbers(text: String, number: UInt16) {
        #expect(RRType(text)?.rawValue == number)
    }

    @Test(arguments: ["", "TYPE", "TYPE65536", "TYPE+1", "TYPE-1", "TYPE 1", "FOO", "A ", "TYPE１"])
    func noTypes(text: String) {
        #expect(RRType(text) == nil)
    }

    @Test func everyTypeIsReadBackFromItsText() {
        for number in 0...UInt16.max {
            let type = RRType(rawValue: number)
            #expect(RRType(type.description) == type)
        }
    }

    @Test func whatMayStandInAZone() {
        for type in [.a, .null, .rrsig, .ipn, .dlv, RRType(rawValue: 1000), RRType(rawValue: 65534)] as [RRType] {
            #expect(type.mayStandInZone)
        }
        for type in [.opt, .tsig, .tkey, .axfr, .any, .nxname, RRType(rawValue: 0)] as [RRType] {
            #expect(!type.mayStandInZone)
        }
    }

    @Test func classes() {
        #expect(RRClass("in") == .in && RRClass("CLASS1") == .in && RRClass("CLASS300")?.description == "CLASS300")
        #expect(RRClass("CLASS65536") == nil && RRClass("CLASS") == nil && RRClass("FOO") == nil)
    }
}

@Suite struct RDataLayoutTests {
    private func ranges(_ type: RRType, _ rdata: [UInt8]) -> [Range<Int>]? {
        unsafe rdata.withUnsafeBytes { unsafe type.names(in: $0)?.map(\.range) }
    }

    @Test func namesAreFoundBehindFixedFields() {
        #expect(ranges(.mx, [0, 1, 1, 97, 0]) == [2..<5])
        #expect(ranges(.soa, [0, 1, 97, 0] + [UInt8](repeating: 0, count: 20)) == [0..<1, 1..<4])
        #expect(ranges(.naptr, [0, 1, 0, 1, 1, 65, 0, 0, 0]) == [8..<9])
        #expect(ranges(.a, [1, 2, 3, 4]) == [])
    }

    @Test func rdataThatEndsTooSoonHasNone() {
        #expect(
            ranges(.mx, [0]) == nil && ranges(.mx, [0, 1]) == nil && ranges(.ns, [1, 97]) == nil
                && ranges(.ns, [64, 0]) == nil)
        #expect(ranges(.naptr, [0, 1, 0, 1, 9]) == nil)
    }
}
