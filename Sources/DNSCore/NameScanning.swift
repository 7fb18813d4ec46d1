// The presentation form of names once more, for readers of millions of them: the same rules as `Name.appendWire`,
// from bytes in place to bytes in place. A test holds the two to the same answers.

extension Name {
    /// What `writeWire` needs to write to: a name, and a word that it may write behind it.
    package static let scanRoom = maximumLength + 8

    /// Writes the wire form of the name in `text` to the start of `target`; relative names end with `origin`.
    ///
    /// - Parameter origin: A valid uncompressed name in wire form.
    /// - Parameter target: Room for at least `scanRoom` octets. What stands behind the name, or after an error, means
    ///   nothing.
    /// - Returns: The length of the wire form.
    /// - Throws: `NameTextError`.
    package static func writeWire(
        ofText text: UnsafeRawBufferPointer, relativeTo origin: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) throws(NameTextError) -> Int {
        let (length, room) = (text.count, target.count)
        precondition(room >= scanRoom)
        if length == 0 { throw .empty }
        if length == 1, unsafe text[0] == UInt8(ascii: ".") {
            unsafe target[0] = 0
            return 1
        }
        // `labelStart` is where the length octet goes, `write` where the next octet does; neither passes 255.
        var labelStart = 0
        var write = 1
        var read = 0
        while read < length {
            if read + 8 <= length {
                // Copy eight octets, and keep those before the next dot or backslash. Safe: `write` is at most 255.
                let word = unsafe UInt64(littleEndian: text.loadUnaligned(fromByteOffset: read, as: UInt64.self))
                unsafe target.storeBytes(of: word.littleEndian, toByteOffset: write, as: UInt64.self)
                let stops =
                    word.zeroOctets(afterXor: 0x2E2E_2E2E_2E2E_2E2E) | word.zeroOctets(afterXor: 0x5C5C_5C5C_5C5C_5C5C)
                let count = stops == 0 ? 8 : stops.trailingZeroBitCount / 8
                read += count
                write += count
                if write - labelStart - 1 > maximumLabelLength { throw .labelTooLong }
                if write >= maximumLength { throw .nameTooLong }
                if stops == 0 { continue }
            }
            var octet = unsafe text[read]
            read += 1
            if octet == UInt8(ascii: ".") {
                if write - labelStart == 1 { throw .emptyLabel }
                unsafe target[labelStart] = UInt8(write - labelStart - 1)
                labelStart = write
                write += 1
                if write > maximumLength { throw .nameTooLong }
                continue
            }
            if octet == UInt8(ascii: "\\") {
                (octet, read) = try unsafe escapedOctet(in: text, at: read)
            }
            if write - labelStart > maximumLabelLength { throw .labelTooLong }
            // One more octet, and the root's length octet after it, must fit.
            if write + 1 >= maximumLength { throw .nameTooLong }
            unsafe target[write] = octet
            write += 1
        }
        if write - labelStart == 1 {
            // The text ended with a dot.
            unsafe target[labelStart] = 0
            return write
        }
        unsafe target[labelStart] = UInt8(write - labelStart - 1)
        if write + origin.count > maximumLength { throw .nameTooLong }
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[write...]).copyMemory(from: origin)
        return write + origin.count
    }

    /// The octet that the escape after a backslash at `position - 1` stands for, and the position behind it.
    private static func escapedOctet(
        in text: UnsafeRawBufferPointer, at position: Int
    ) throws(NameTextError) -> (UInt8, Int) {
        guard position < text.count else { throw .badEscape }
        let first = unsafe text[position]
        guard ASCII.isDigit(first) else { return (first, position + 1) }
        guard position + 2 < text.count else { throw .badEscape }
        let (second, third) = unsafe (text[position + 1], text[position + 2])
        guard ASCII.isDigit(second), ASCII.isDigit(third) else { throw .badEscape }
        let value = Int(first - 0x30) * 100 + Int(second - 0x30) * 10 + Int(third - 0x30)
        guard let octet = UInt8(exactly: value) else { throw .badEscape }
        return (octet, position + 3)
    }
}

extension UInt64 {
    /// The high bit of each octet that equals that of `pattern`; right up to the lowest one, which is all that counts.
    @inline(__always)
    fileprivate func zeroOctets(afterXor pattern: UInt64) -> UInt64 {
        let difference = self ^ pattern
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }
}
