// Paths are octets: a text stands for each of them, and each text for one path.

import Testing

@testable import Platform

@Suite struct PathTextTests {
    @Test(
        arguments: [
            [], Array("/a/b".utf8), Array("/\u{E9}".utf8), [0x2F, 0xE9], [0xE9, 0x2F, 0xE9, 0x61], [0xEF, 0x9F, 0xA9],
            [0xEF, 0x9F],
            [0xC3, 0xC3, 0xA9], [0xF0, 0x9F, 0x98, 0x80, 0x80], [0xED, 0xA0, 0x80],
            Array("\u{F780}\u{F7FF}\u{F77F}\u{F800}".utf8),
        ] as [[UInt8]])
    func octetsComeBack(_ octets: [UInt8]) {
        let text = String(path: octets)
        #expect(text.pathOctets == octets)
        #expect(String(path: Array(text.pathOctets)) == text)
    }

    @Test func everyOctetHasItsText() {
        var texts: Set<[UInt8]> = []
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let text = String(path: [first, second])
                #expect(text.pathOctets == [first, second])
                texts.insert(Array(text.utf8))
            }
        }
        #expect(texts.count == 65536)
    }

    @Test func plainTextIsItself() {
        #expect(String(path: Array("/srv/z\u{FC}rich.zone".utf8)) == "/srv/z\u{FC}rich.zone")
        #expect("/srv/z\u{FC}rich.zone".shown == "/srv/z\u{FC}rich.zone")
        #expect(String(path: [0x78, 0xE9]).shown == "x\\xE9")
    }
}
