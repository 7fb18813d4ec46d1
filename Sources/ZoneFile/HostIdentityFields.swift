// HIP (RFC 8005): an algorithm, a host identity tag and a public key, each in one token; on the wire their lengths come
// first.

import DNSCore

extension RDataParser {
    /// A number, hexadecimal digits and base64, neither with blanks (RFC 8005, section 6).
    mutating func parseHostIdentity(from entry: inout Entry) throws(ParseFailure) {
        let algorithm = try entry.takeNumber(upTo: 255, field: "algorithm")
        let start = buffer.count
        buffer.append(UInt8(0))
        buffer.append(UInt8(truncatingIfNeeded: algorithm))
        buffer.append(UInt16(0))
        let tagToken = try entry.takeWord("hexadecimal digits", field: "HIT")
        try appendHex(tagToken, entry)
        let tagLength = buffer.count - start - 4
        guard tagLength <= 255 else {
            throw ParseFailure(at: tagToken.offset, "\(tagLength) octets, expected at most 255", field: "HIT")
        }
        let keyToken = try entry.takeWord("base64", field: "public key")
        try appendBase64(keyToken, entry)
        let keyLength = buffer.count - start - 4 - tagLength
        guard !buffer.hasOverflowed else { return }
        buffer[start] = UInt8(tagLength)
        buffer[start + 2] = UInt8(keyLength >> 8)
        buffer[start + 3] = UInt8(keyLength & 0xFF)
    }

    private mutating func appendHex(_ token: Token, _ entry: borrowing Entry) throws(ParseFailure) {
        let text = entry.octets(of: token)
        guard text.count % 2 == 0 else {
            throw ParseFailure(at: token.offset, "odd number of hexadecimal digits", field: "HIT")
        }
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = text[index].hexValue, let low = text[index + 1].hexValue else {
                throw entry.expected("hexadecimal digits", token).about("HIT")
            }
            buffer.append(high << 4 | low)
        }
    }

    private mutating func appendBase64(_ token: Token, _ entry: borrowing Entry) throws(ParseFailure) {
        var decoder = Base64Decoder()
        let wrong = decoder.decode(entry.octets(of: token), values: base64Values, into: &buffer)
        guard wrong == nil, decoder.isWhole else { throw entry.expected("base64", token).about("public key") }
    }
}

extension RDataText {
    /// The three fields as words; false if the octets are not of their form.
    mutating func printHostIdentity() -> Bool {
        guard let tagLength = takeNumber(octets: 1), let algorithm = takeNumber(octets: 1),
            let keyLength = takeNumber(octets: 2), let tag = take(Int(tagLength)), let key = take(Int(keyLength)),
            !tag.isEmpty, !key.isEmpty
        else { return false }
        append(word: String(algorithm))
        return printHex(tag, minimum: 1) && printBase64(key, isOptional: false)
    }
}
