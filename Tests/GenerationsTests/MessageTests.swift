import FoundationEssentials
import Testing

@testable import Generations

func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}

/// The protocol's messages, to the letter.
struct MessageTests {
    @Test func shapes() throws {
        let message = SwitchMessage(
            generation: Generation(8), directory: .directory(of: Generation(8)), digest: Digest(hex: "00ff")!)
        #expect(try json(message) == #"{"digest":"00ff","directory":"g8.dir","generation":8}"#)
        #expect(try json(SwitchMessage.Answer(generation: Generation(8))) == #"{"generation":8}"#)
        let released = ReleasedMessage(generation: Generation(7), serving: Generation(8), holds: [Generation(8)])
        #expect(try json(released) == #"{"generation":7,"holds":[8],"serving":8}"#)
        let holding = HoldingMessage(name: "authd.1", serving: nil, holds: [])
        #expect(try json(holding) == #"{"holds":[],"name":"authd.1","serving":null}"#)
        #expect(try decoded(HoldingMessage.self, #"{"holds":[],"name":"authd.1"}"#) == holding)
        let update = ZoneUpdate.zone(ZoneName("Example."), serial: 2_026_112_301, generation: Generation(8))
        #expect(
            try json(update) == #"{"class":"IN","generation":8,"serial":2026112301,"zone":"example."}"#)
        let many = ZoneUpdate.many(count: 2500, generation: Generation(8))
        #expect(try json(many) == #"{"count":2500,"generation":8}"#)
        for update in [update, many] { #expect(try decoded(ZoneUpdate.self, json(update)) == update) }
    }

    @Test(arguments: [
        #"{"generation":8,"directory":"../g8.dir","digest":"00"}"#,
        #"{"generation":8,"directory":".g8.dir","digest":"00"}"#,
        #"{"generation":8,"directory":"","digest":"00"}"#,
        #"{"generation":8,"directory":"g8.dir","digest":"0G"}"#,
        #"{"generation":8,"directory":"g8.dir","digest":"000"}"#,
        #"{"generation":-1,"directory":"g8.dir","digest":"00"}"#,
        #"{"generation":9007199254740992,"directory":"g8.dir","digest":"00"}"#,
        #"{"generation":"8","directory":"g8.dir","digest":"00"}"#,
        #"{"directory":"g8.dir","digest":"00"}"#,
        #"[]"#,
    ])
    func nonsenseIsRefused(text: String) {
        #expect(throws: (any Error).self) { try decoded(SwitchMessage.self, text) }
    }

    @Test func fileNamesTellTheirNumber() {
        #expect(FileName("g12.img")?.generation == Generation(12))
        #expect(FileName("g12.dir")?.generation == Generation(12))
        #expect(FileName("g12.txt")?.generation == nil)
        #expect(FileName("lock")?.generation == nil)
        #expect(FileName("g.dir")?.generation == nil)
        #expect(FileName("g99999999999999999999.img")?.generation == nil)
        #expect(FileName("g+1.img") == nil)
    }

    @Test func statusKeys() throws {
        var bench = Bench()
        bench.load("example.", "1")
        bench.join("a")
        let text = try json(bench.ledger.status)
        #expect(text.contains(#""in_release":[]"#) && text.contains(#""generation":2"#))
        #expect(text.contains(#""serving":2"#) && text.contains(#""holds":[2]"#))
    }
}
