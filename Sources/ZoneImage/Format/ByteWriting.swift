// Integers put into growing byte arrays: little-endian as files have them, big-endian as messages do.

extension [UInt8] {
    /// Appends an integer as files have it: little-endian.
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends integers one behind the other, each little-endian.
    mutating func appendLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(contentsOf values: [Value]) {
        if 1.littleEndian == 1 {
            values.withUnsafeBytes { unsafe append(contentsOf: $0) }
        } else {
            for value in values { appendLittleEndian(value) }
        }
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
        let place = start + field.offset
        precondition(place >= 0 && place + MemoryLayout<Value>.size <= count)
        // Safe: the bytes are within the array.
        withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: value.littleEndian, toByteOffset: place, as: Value.self)
        }
    }
}
