// The core of HIP is read by ldns, and HIP's, LOC and APL are printed by it, one record at a time in one normalised line: our
// own scanner has dealt with parentheses, comments, owner, TTL and class. ldns sees only types whose parsers look at nothing
// but the text (WKS asks the machine), and reads none that it gets wrong: LOC without minutes, APL with prefixes too long,
// escapes in the names of HIP's servers.

import CLDNS
import DNSCore
import Glibc

extension RDataParser {
    /// Takes some tokens as rdata in the form that ldns knows.
    mutating func parseForeign(
        _ type: RRType, tokens: Int, from entry: inout Entry, origin: Octets
    ) throws(ParseFailure) {
        let first = entry.next
        var line = Array(". 0 IN \(type)".utf8)
        for _ in 0..<tokens {
            line.append(UInt8(ascii: " "))
            let text = entry.octets(of: try entry.takeWord("rdata"))
            for index in 0..<text.count {
                // Octets that ldns's C strings might misread are escaped.
                if (0x20..<0x7F).contains(text[index]) {
                    line.append(text[index])
                } else {
                    ForeignRData.appendEscaped(text[index], to: &line)
                }
            }
        }
        switch ForeignRData.parse(line, type: type, origin: origin) {
        case .success(let octets):
            for octet in octets { buffer.append(octet) }
        case .failure(let reason):
            throw entry.fail(entry[first], "this is no rdata of type \(type): \(reason.text)")
        }
    }
}

/// The bridge to ldns. The only place that calls it.
enum ForeignRData {
    /// What ldns says is wrong.
    struct Reason: Error {
        let text: String
    }

    /// The wire form of the rdata of a record in presentation form.
    static func parse(_ line: [UInt8], type: RRType, origin: Octets) -> Result<[UInt8], Reason> {
        var record: UnsafeMutablePointer<ldns_rr>?
        let originName = unsafe ldns_dname_new_frm_data(UInt16(origin.count), origin.buffer.baseAddress)
        defer { unsafe ldns_rdf_deep_free(originName) }
        let status = unsafe (line + [0]).withUnsafeBufferPointer { text in
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                unsafe ldns_rr_new_frm_str(&record, text.baseAddress, 0, originName, nil)
            }
        }
        guard status == LDNS_STATUS_OK, let record = unsafe record else {
            guard let text = unsafe ldns_get_errorstr_by_id(status) else { return .failure(Reason(text: "unknown")) }
            return unsafe .failure(Reason(text: String(cString: text)))
        }
        defer { unsafe ldns_rr_free(record) }
        guard unsafe ldns_rr_get_type(record).rawValue == UInt32(type.rawValue) else {
            return .failure(Reason(text: "it was taken for another type"))
        }
        var octets: [UInt8] = []
        let count = unsafe ldns_rr_rd_count(record)
        for index in 0..<count {
            guard let field = unsafe ldns_rr_rdf(record, index), let data = unsafe ldns_rdf_data(field) else {
                return .failure(Reason(text: "a field is missing"))
            }
            unsafe octets.append(contentsOf: UnsafeBufferPointer(start: data, count: ldns_rdf_size(field)))
        }
        return .success(octets)
    }

    /// What ldns makes of some rdata.
    enum Text {
        /// Words that are read back to the same octets.
        case text([UInt8])
        /// Valid rdata whose text would be read back to other octets.
        case opaque
        case invalid
    }

    /// The presentation form of rdata of the type.
    static func text(of rdata: [UInt8], type: RRType) -> Text {
        guard let fields = words(of: rdata, type: type) else { return .invalid }
        var root: UInt8 = 0
        let line = Array(". 0 IN \(type) ".utf8) + fields
        let octets = unsafe withUnsafePointer(to: &root) {
            parse(line, type: type, origin: unsafe Octets(start: $0, count: 1))
        }
        if case .success(rdata) = octets { return .text(fields) }
        return .opaque
    }

    /// The fields as ldns prints them, with blanks between; nil when the octets are no rdata of the type.
    private static func words(of rdata: [UInt8], type: RRType) -> [UInt8]? {
        guard let length = UInt16(exactly: rdata.count) else { return nil }
        // A record of a message: the root as its owner, type, class IN, a TTL of 0, and the rdata.
        let wire =
            [
                0, UInt8(type.rawValue >> 8), UInt8(type.rawValue & 0xFF), 0, 1, 0, 0, 0, 0, UInt8(length >> 8),
                UInt8(length & 0xFF),
            ] + rdata
        var record: UnsafeMutablePointer<ldns_rr>?
        var position = 0
        let status = unsafe ldns_wire2rr(&record, wire, wire.count, &position, LDNS_SECTION_ANSWER)
        guard status == LDNS_STATUS_OK, position == wire.count, let record = unsafe record else { return nil }
        defer { unsafe ldns_rr_free(record) }
        var words: [UInt8] = []
        let count = unsafe ldns_rr_rd_count(record)
        for index in 0..<count {
            guard let text = unsafe ldns_rdf2str(ldns_rr_rdf(record, index)) else { return nil }
            defer { unsafe free(text) }
            if index > 0 { words.append(UInt8(ascii: " ")) }
            unsafe words += String(cString: text).utf8
        }
        return words
    }

    /// `\DDD` for an octet.
    static func appendEscaped(_ octet: UInt8, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\\"))
        text.append(0x30 + octet / 100)
        text.append(0x30 + octet / 10 % 10)
        text.append(0x30 + octet % 10)
    }
}
