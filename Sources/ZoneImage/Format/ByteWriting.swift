// Integers put into byte arrays as files have them: little-endian.

extension [UInt8] {
    /// Appends an integer as files have it: little-endian.
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Replaces the integer in a field of the structure that starts at `start`.
    mutating func set<Value>(_ field: Field<Value>, of start: Int, to value: Value) {
        let place = start + field.offset
        precondition(place >= 0 && place + MemoryLayout<Value>.size <= count)
        // Safe: the bytes are within the array.
        withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: value.littleEndian, toByteOffset: place, as: Value.self)
        }
    }
}
