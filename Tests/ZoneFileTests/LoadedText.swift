// How these tests load text and look at what comes of it: one line in, one line out.

import DNSCore
import ZoneFile

/// Loads a zone `example.` from text; every record as a line of `owner TTL type rdata`.
func records(_ text: String, origin: String = "example.", file: String = "zone") throws -> [String] {
    let zone = try ZoneLoader(origin: Name(origin)).load(text: text, name: file)
    return (0..<zone.records.count).map { index in
        let record = zone.records[index]
        return "\(record.owner) \(record.ttl) \(record.type) \(RecordText.rdata(record.rdata, type: record.type))"
    }
}

/// The diagnostics that refuse the text, each as `line:column: message`; empty if it loads.
func errors(_ text: String, origin: String = "example.", limits: LoadLimits = LoadLimits()) throws -> [String] {
    do {
        _ = try ZoneLoader(origin: Name(origin), limits: limits).load(text: text, name: "zone")
        return []
    } catch let failure as LoadFailure {
        return failure.diagnostics.map { diagnostic in
            guard let place = diagnostic.place else { return diagnostic.message }
            return "\(place.line):\(place.column): \(diagnostic.message)"
        }
    }
}

/// The warnings about text that loads, each as `line:column: message`.
func warnings(_ text: String, skipsOutOfZone: Bool = false) throws -> [String] {
    let loader = ZoneLoader(origin: try Name("example."), skipsOutOfZone: skipsOutOfZone)
    return try loader.load(text: text, name: "zone").warnings.map { diagnostic in
        "\(diagnostic.place?.line ?? 0):\(diagnostic.place?.column ?? 0): \(diagnostic.message)"
    }
}

/// The wire form of one record's rdata; nil if it is refused.
func rdata(_ type: String, _ text: String) throws -> [UInt8]? {
    let loader = ZoneLoader(origin: try Name("example."))
    return (try? loader.load(text: "@ 60 IN \(type) \(text)\n", name: "zone"))?.records[0].rdata
}

/// Octets from hexadecimal digits, blanks left out.
func octets(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
