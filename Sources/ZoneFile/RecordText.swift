// Records in the form of a master file, one a line: what a dump is made of. Whatever is printed here, the loader of
// this module reads back to the same octets.

import DNSCore

/// Prints records.
public enum RecordText {
    /// Appends a record as one line: absolute owner, TTL, class, type and rdata.
    ///
    /// Rdata without an exact text is printed as octets (`\#`, RFC 3597, section 5).
    ///
    /// - Parameter owner: A valid uncompressed name in wire form.
    /// - Parameter rdata: Uncompressed wire form.
    public static func append(
        owner: some Collection<UInt8>, type: RRType, rrClass: RRClass = .in, ttl: UInt32,
        rdata: some Collection<UInt8>, to text: inout [UInt8]
    ) {
        Name.appendText(ofWire: owner, to: &text)
        text += "\t\(ttl)\t\(rrClass)\t\(type)".utf8
        appendRData(Array(rdata), type: type, separator: UInt8(ascii: "\t"), to: &text)
        text.append(UInt8(ascii: "\n"))
    }

    /// Appends a record as one line.
    public static func append(_ record: ResourceRecord, to text: inout [UInt8]) {
        append(
            owner: record.owner.wire, type: record.type, rrClass: record.rrClass, ttl: record.ttl, rdata: record.rdata,
            to: &text)
    }

    /// The rdata alone.
    public static func rdata(_ rdata: [UInt8], type: RRType) -> String {
        var text: [UInt8] = []
        appendRData(rdata, type: type, separator: UInt8(ascii: " "), to: &text)
        return String(decoding: text.dropFirst(), as: UTF8.self)
    }

    private static func appendRData(_ rdata: [UInt8], type: RRType, separator: UInt8, to text: inout [UInt8]) {
        var fields = RDataText(rdata)
        text.append(separator)
        if fields.print(type) == .exact {
            text += fields.text.dropFirst()
            return
        }
        text += "\\# \(rdata.count)".utf8
        if rdata.isEmpty { return }
        text.append(UInt8(ascii: " "))
        for octet in rdata {
            for digit in [octet >> 4, octet & 0xF] { text.append(digit < 10 ? 0x30 + digit : 0x41 + digit - 10) }
        }
    }
}
