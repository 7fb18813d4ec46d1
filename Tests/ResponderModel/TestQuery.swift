// Queries as tests write them, in wire form.

/// A query to be sent.
package struct TestQuery {
    package var name: [UInt8]
    package var type: UInt16
    package var rrClass: UInt16 = 1
    package var id: UInt16 = 0x1234
    package var flags: UInt16 = 0
    /// Nil: without EDNS.
    package var payload: UInt16?
    package var wantsDNSSEC = false
    package var version: UInt8 = 0
    package var options: [UInt8] = []

    /// `"www.example. A"`, or with `+dnssec`, `+edns`, `+bufsize=N` behind it.
    package init(_ text: String) {
        let words = text.split(separator: " ")
        name = wireName(words[0])
        type = wireTypeNumber(words[1])
        for option in words.dropFirst(2) {
            switch option {
            case "+dnssec":
                payload = payload ?? 1232
                wantsDNSSEC = true
            case "+edns": payload = payload ?? 1232
            case "+rd": flags |= 0x0100
            case "+cd": flags |= 0x0010
            case "+ad": flags |= 0x0020
            case let size where size.hasPrefix("+bufsize="): payload = UInt16(size.dropFirst(9))
            default: preconditionFailure("the test does not know the option \(option)")
            }
        }
    }

    package init(name: [UInt8], type: UInt16, wantsDNSSEC: Bool = false, payload: UInt16? = nil) {
        self.name = name
        self.type = type
        self.wantsDNSSEC = wantsDNSSEC
        self.payload = wantsDNSSEC ? payload ?? 1232 : payload
    }

    /// The OPT record.
    package var opt: [UInt8] {
        let size = payload ?? 1232
        return [0, 0, 41, UInt8(size >> 8), UInt8(size & 255), 0, version, wantsDNSSEC ? 0x80 : 0, 0]
            + [UInt8(options.count >> 8), UInt8(options.count & 255)] + options
    }

    package var question: [UInt8] {
        name + [UInt8(type >> 8), UInt8(type & 255), UInt8(rrClass >> 8), UInt8(rrClass & 255)]
    }

    package func header(_ counts: [UInt16]) -> [UInt8] {
        ([id, flags] + counts).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }

    package var bytes: [UInt8] {
        header([1, 0, 0, payload == nil ? 0 : 1]) + question + (payload == nil ? [] : opt)
    }

    package var text: String {
        "\(wirePresentation(name)) \(wireTypeName(type))" + (wantsDNSSEC ? " +dnssec" : "")
            + (payload.map { " +bufsize=\($0)" } ?? "")
    }
}

/// The wire form of a name; `\DDD` and `\.` are understood, and a dot at the end is assumed.
package func wireName(_ text: some StringProtocol) -> [UInt8] {
    if text == "." { return [0] }
    var wire: [UInt8] = []
    var label: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let octet = rest.popFirst() {
        if octet == UInt8(ascii: ".") {
            wire += [UInt8(label.count)] + label
            label = []
        } else if octet == UInt8(ascii: "\\"), let next = rest.popFirst() {
            if next >= 0x30, next <= 0x39 {
                let digits = [next] + rest.prefix(2)
                rest = rest.dropFirst(2)
                label.append(UInt8(digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }))
            } else {
                label.append(next)
            }
        } else {
            label.append(octet)
        }
    }
    if !label.isEmpty { wire += [UInt8(label.count)] + label }
    return wire + [0]
}
