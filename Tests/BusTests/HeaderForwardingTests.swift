// "The daemon touches only `from` in the header, copying every other member byte for byte": save `\u` escapes, for which see
// UnicodeEscapeTests.swift.

import Bus
import TestSupport
import Testing

@Suite struct HeaderForwardingTests {
    /// Sends a header to a group with one other member, and returns what that member gets.
    private func forward(_ header: (String) -> String) throws -> (sent: String, got: String, lname: String) {
        var bus = PaperBus()
        let (sender, recipient) = (bus.connect(), bus.connect())
        try bus.subscribe(recipient, "g")
        let sent = header(bus.lname(sender))
        try bus.send(sender, sent, "\u{0} any \u{FF} body")
        let frame = try #require(bus.read(recipient).first)
        #expect(frame.bodyText == "\u{0} any \u{FF} body")
        return (sent, frame.headerText, bus.lname(sender))
    }

    @Test func `a header with the right sender is passed on as it came`() throws {
        let result = try forward { #"{"type":"send","from":"\#($0)","to":"*","group":"g","instance":"*","seq":1}"# }
        #expect(result.got == result.sent)
    }

    @Test func `odd spacing, short escapes, numbers and unknown members are kept`() throws {
        let result = try forward {
            "\r\n {\t\"type\" : \"send\" ,\n\"x\":[ 1.50e0, {\"y\" :null} ],\"group\":\"g\", "
                + "\"from\" : \"\($0)\" , \"seq\":0.10000000000000000000000000001 , \"ü\":\"\\/\" } "
        }
        #expect(result.got == result.sent)
    }

    @Test func `repeated names are kept, and the last of them counts`() throws {
        let result = try forward {
            #"{"group":"nobody","type":"ping","group":"g","type":"send","from":"\#($0)","from":"\#($0)"}"#
        }
        #expect(result.got == result.sent)
    }

    @Test func `a missing sender is filled in`() throws {
        let result = try forward { _ in #"{ "type":"send", "group" :"g" } "# }
        #expect(result.got == #"{ "type":"send", "group" :"g" ,"from":"\#(result.lname)"} "#)
    }

    @Test func `a null sender is replaced where it stands`() throws {
        let result = try forward { _ in #"{"from" : null , "type":"send","group":"g"}"# }
        #expect(result.got == #"{"from" : "\#(result.lname)" , "type":"send","group":"g"}"#)
    }

    @Test func `a sender in other spelling is still the right one`() throws {
        let result = try forward { lname in
            let escaped = lname.unicodeScalars.map { "\\u00" + String($0.value, radix: 16) }.joined()
            return #"{"fr\u006fm":"\#(escaped)","type":"send","group":"g"}"#
        }
        #expect(result.got == #"{"from":"\#(result.lname)","type":"send","group":"g"}"#)
    }

    @Test(arguments: [
        #"{"type":"send","from":"someone","group":"g"}"#, #"{"type":"send","from":7,"group":"g"}"#,
        #"{"type":"send","from":["start_1"],"group":"g"}"#, #"{"type":"ping","from":"start_2"}"#,
        #"{"type":"send","fr\u006fm":"start_2","group":"g"}"#, #"{"type":"unknown","from":"start_2"}"#,
        #"{"type":"send","from":"start_2","from":"start_1","group":"g"}"#,
        #"{"type":"send","from":"start_1","from":"start_2","group":"g"}"#,
        #"{"type":"send","from":"msgq","group":"g"}"#, #"{"type":"send","from":"","group":"g"}"#,
    ])
    func `none can speak for another`(header: String) throws {
        var bus = PaperBus()
        let (sender, recipient) = (bus.connect(), bus.connect())
        try bus.subscribe(recipient, "g")
        try bus.send(sender, header)
        guard case .forgedSender = bus.ended[sender] else {
            Issue.record("still there, or ended because of \(String(describing: bus.ended[sender]))")
            return
        }
        #expect(bus.read(recipient).isEmpty)
        #expect(bus.ended[recipient] == nil)
    }

    @Test(arguments: [
        "[]", "null", "1", "\"send\"", "{", "}", "{\"type\":\"send\"", "{\"type\":\"send\"}x", "{'type':'send'}",
        "\u{0}", " ",
        "{\"type\":\"\\ud800\"}", "{\"type\":\"send\",\"x\":" + String(repeating: "[", count: 30_000) + "}",
    ])
    func `a malformed header ends its client`(header: String) throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.send(client, header)
        guard case .malformed = bus.ended[client] else {
            Issue.record("still there, or ended because of \(String(describing: bus.ended[client]))")
            return
        }
    }

    @Test(arguments: UInt64(1)...300)
    func `damaged headers never trap, and nobody else notices`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bus = PaperBus()
        let (sender, other) = (bus.connect(), bus.connect())
        var header = Array(#"{"type":"send","from":"start_1","to":"*","group":"g","seq":1,"want_answer":true}"#.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard let index = header.indices.randomElement(using: &random) else { break }
            switch Int.random(in: 0...2, using: &random) {
            case 0: header[index] = UInt8.random(in: 0...255, using: &random)
            case 1: header.remove(at: index)
            default: header.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: index)
            }
        }
        guard let frame = try? Frame(header: header, body: []) else { return }
        bus.handle(.received(sender, frame))
        #expect(bus.ended[other] == nil, "seed \(seed)")
        #expect(try bus.ask(other, #"{"command":["members",{"group":"Msgq"}]}"#) == #"{"result":[0,["msgq"]]}"#)
    }
}
