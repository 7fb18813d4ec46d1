// Integers put into growing byte arrays: little-endian as files have them, big-endian as messages do.

extension [UInt8] {
    /// Appends an integer as files have it: little-endian.
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends an integer as messages have it: big-endian.
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Appends zeros up to a multiple of `unit`.
    mutating func pad(toMultipleOf unit: Int) {
        while count % unit != 0 { append(UInt8(0)) }
    }

    /// Replaces the integer in a field of the structure that starts at `start`.
    mutating func set<Value>(_ field: Field<Value>, of start: Int, to value: Value) {
        Swift.withUnsafeBytes(of: value.littleEndian) { octets in
            for (index, octet) in octets.enumerated() { self[start + field.offset + index] = octet }
        }
    }
}
