// "Strings with \u escapes are written as UTF-8": BIND 10's C++ client cannot read the escapes that its Python client writes.

import Bus
import JSON
import TestSupport
import Testing

@Suite struct UnicodeEscapeTests {
    /// A header's other members as a recipient gets them.
    private func forward(_ members: String) throws -> String {
        var bus = PaperBus()
        let (sender, recipient) = (bus.connect(), bus.connect())
        try bus.subscribe(recipient, "g")
        let start = #"{"type":"send","from":"\#(bus.lname(sender))","group":"g","#
        try bus.send(sender, start + members + "}", #"{"body":"\u00fc"}"#)
        let frame = try #require(bus.read(recipient).first, "\(bus.ended)")
        #expect(frame.bodyText == #"{"body":"\u00fc"}"#)
        #expect(frame.headerText.hasPrefix(start) && frame.headerText.hasSuffix("}"))
        return String(frame.headerText.dropFirst(start.count).dropLast())
    }

    @Test(arguments: [
        (#""x":"Z\u00fcrich""#, #""x":"Zürich""#),
        (#""x":"\u00FC\u20ac""#, #""x":"ü€""#),
        (#""x":"\ud83d\ude00\uD83D\uDE00""#, #""x":"😀😀""#),
        (#""x":"\u0041\u007f""#, "\"x\":\"A\u{7F}\""),
        // A noncharacter and the last of all code points are characters of JSON.
        (#""x":"\ufffe\udbff\udfff""#, "\"x\":\"\u{FFFE}\u{10FFFF}\""),
        (#""\u0078":{"y":["\u00e9"]}"#, #""x":{"y":["é"]}"#),
        // Beside escapes of other kinds, which stay.
        (#""x":"\/\n\u00fc\"\\""#, #""x":"\/\nü\"\\""#),
        // A backslash that is one itself begins no escape.
        (#""x":"\\u00fc\\\u00fc""#, #""x":"\\u00fc\\ü""#),
        // What may not stand in a string as it is.
        (#""x":"\u0022\u005c\u005cu0041\u002f""#, #""x":"\"\\\\u0041/""#),
        (#""x":"\u000a\u000D\u0009\u0008\u000c""#, #""x":"\n\r\t\b\f""#),
        (#""x":"\u0000\u001f\u001F""#, #""x":"\u0000\u001f\u001F""#),
        // Without any, nothing is touched.
        (#""x" : [ 1.50e0,"\/" ,null ] "#, #""x" : [ 1.50e0,"\/" ,null ] "#),
    ])
    func `escapes of characters become UTF-8, all else stays byte for byte`(sent: String, got: String) throws {
        #expect(try forward(sent) == got)
    }

    @Test(arguments: [#"\ud83d"#, #"\ude00"#, #"\ude00\ud83d"#, #"\ud83d\u0041"#, #"\ud83dx"#, #"\u00g0"#, #"\u12"#])
    func `half a pair is no character, and ends its client`(text: String) throws {
        var bus = PaperBus()
        let (sender, other) = (bus.connect(), bus.connect())
        try bus.subscribe(other, "g")
        try bus.send(sender, #"{"type":"send","group":"g","x":"\#(text)"}"#)
        guard case .malformed = bus.ended[sender] else {
            Issue.record("still there, or ended because of \(String(describing: bus.ended[sender]))")
            return
        }
        #expect(bus.read(other).isEmpty)
        #expect(bus.ended[other] == nil)
    }

    @Test func `what the daemon sends back is written so too`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.send(client, #"{"type":"send","group":"n\u00f6","seq":"\u00e9","want_answer":true}"#)
        let bounce = try #require(bus.read(client).first)
        #expect(bounce.headerText.contains(#""group":"nö","seq":"é""#))
        #expect(bounce.headerText.contains(#""reply":"é""#))
        try bus.send(client, #"{"type":"getlname","x":"\u00fc"}"#)
        #expect(bus.read(client).first?.headerText == #"{"type":"getlname","x":"ü"}"#)
        try bus.send(
            client, #"{"type":"send","group":"Msgq","instance":"\u00fc","seq":1}"#, #"{"command":["members"]}"#)
        #expect(bus.read(client).first?.headerText.contains(#""instance":"ü""#) == true)
    }

    @Test(arguments: UInt64(1)...200)
    func `a rewritten header means the same, is no longer, and is written the same again`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scalars = (0..<Int.random(in: 0...40, using: &random)).map { _ in
            Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &random))
                ?? Unicode.Scalar(UInt8.random(in: 0...127, using: &random))
        }
        let text = String(String.UnicodeScalarView(scalars))
        let escaped = text.utf16.map { unit in
            let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
            return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
        let got = try forward(#""x":"\#(escaped)""#)
        #expect(
            try JSONValue(text: "{\(got)}")["x"]?.string.map { Array($0.unicodeScalars) } == scalars, "seed \(seed)")
        #expect(got.utf8.count <= escaped.utf8.count + 6)
        #expect(try forward(got) == got, "seed \(seed)")
    }
}
