// Domain names in wire form. Every other module takes names as `Name` or as the bytes that one holds;
// nothing else in the project parses or prints a name.

/// A domain name in uncompressed wire form (RFC 1035, section 3.1), absolute, with the spelling that it was given.
///
/// Two names are equal when they differ in the case of ASCII letters only (RFC 4343). The order of names is the canonical
/// one of RFC 4034, section 6.1. The wire form has 1 to 255 octets, each label 1 to 63.
public struct Name: Sendable {
    /// The length-prefixed labels, ending with the root's zero octet.
    public let wire: [UInt8]

    /// The longest wire form, in octets (RFC 1035, section 2.3.4).
    @inlinable public static var maximumLength: Int { 255 }
    /// The longest label, in octets.
    @inlinable public static var maximumLabelLength: Int { 63 }

    /// The root of the name space.
    public static let root = Name(uncheckedWire: [0])

    /// A name from bytes that are known to be a whole, valid wire form.
    package init(uncheckedWire wire: [UInt8]) {
        self.wire = wire
    }

    /// A name from its uncompressed wire form; nil unless the bytes are exactly one valid name.
    public init?(wire: some Collection<UInt8>) {
        let bytes = Array(wire)
        guard bytes.count <= Name.maximumLength, Name.wireLength(of: bytes, from: 0) == bytes.count else { return nil }
        self.wire = bytes
    }

    /// The length in octets of the uncompressed name that starts at `start`; nil when there is no valid one.
    public static func wireLength(of bytes: [UInt8], from start: Int) -> Int? {
        var position = start
        while position >= 0, position < bytes.count, position - start < maximumLength {
            let label = Int(bytes[position])
            if label == 0 { return position + 1 - start }
            if label > maximumLabelLength { return nil }
            position += 1 + label
        }
        return nil
    }

    /// True for the root.
    public var isRoot: Bool { wire.count == 1 }

    /// The number of labels, the root's empty one not counted.
    public var labelCount: Int {
        var count = 0
        var position = 0
        while wire[position] != 0 {
            count += 1
            position += 1 + Int(wire[position])
        }
        return count
    }

    /// The name without its leftmost label; nil for the root.
    public var parent: Name? {
        isRoot ? nil : Name(uncheckedWire: Array(wire[(1 + Int(wire[0]))...]))
    }

    /// The same name in lower case.
    public var lowercased: Name {
        Name(uncheckedWire: wire.map(ASCII.lowercase))
    }

    /// True when the name is `ancestor` or below it.
    public func isAtOrBelow(_ ancestor: Name) -> Bool {
        var position = 0
        while wire.count - position > ancestor.wire.count {
            position += 1 + Int(wire[position])
        }
        return wire.count - position == ancestor.wire.count
            && zip(wire[position...], ancestor.wire).allSatisfy { ASCII.lowercase($0) == ASCII.lowercase($1) }
    }

    /// True when the leftmost label is `*` (RFC 4592, section 2.1.1).
    public var isWildcard: Bool { wire.count > 2 && wire[0] == 1 && wire[1] == UInt8(ascii: "*") }
}

extension Name: Hashable {
    public static func == (left: Name, right: Name) -> Bool {
        left.wire.count == right.wire.count
            && zip(left.wire, right.wire).allSatisfy { ASCII.lowercase($0) == ASCII.lowercase($1) }
    }

    public func hash(into hasher: inout Hasher) {
        for octet in wire { hasher.combine(ASCII.lowercase(octet)) }
    }
}

extension Name: Comparable {
    /// The canonical order of RFC 4034, section 6.1: by labels from the right, each as lower-case octets.
    public static func < (left: Name, right: Name) -> Bool {
        unsafe left.withLabelStarts { left, leftStarts in
            unsafe right.withLabelStarts { right, rightStarts in
                var (leftPlace, rightPlace) = (leftStarts.count, rightStarts.count)
                while leftPlace > 0, rightPlace > 0 {
                    leftPlace -= 1
                    rightPlace -= 1
                    let (leftStart, rightStart) = unsafe (Int(leftStarts[leftPlace]), Int(rightStarts[rightPlace]))
                    let (leftLength, rightLength) = unsafe (Int(left[leftStart]), Int(right[rightStart]))
                    for index in 1..<1 + min(leftLength, rightLength) {
                        let leftOctet = unsafe ASCII.lowercase(left[leftStart + index])
                        let rightOctet = unsafe ASCII.lowercase(right[rightStart + index])
                        if leftOctet != rightOctet { return leftOctet < rightOctet }
                    }
                    if leftLength != rightLength { return leftLength < rightLength }
                }
                return leftPlace < rightPlace
            }
        }
    }

    /// Calls `body` with the wire form and the places of its labels.
    private func withLabelStarts<Result>(
        _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        unsafe wire.withUnsafeBufferPointer { wire in
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Name.maximumLength) { starts in
                var count = 0
                var position = 0
                while unsafe wire[position] != 0 {
                    // Safe: a name of 255 octets has fewer labels than octets.
                    unsafe starts[count] = UInt8(position)
                    count += 1
                    position += 1 + Int(unsafe wire[position])
                }
                return unsafe body(wire, UnsafeBufferPointer(rebasing: starts[..<count]))
            }
        }
    }
}

/// ASCII as the DNS sees it: only A to Z have another case (RFC 4343).
public enum ASCII {
    /// The octet in lower case.
    @inlinable
    public static func lowercase(_ octet: UInt8) -> UInt8 {
        octet &- 0x41 < 26 ? octet | 0x20 : octet
    }

    /// Eight octets in lower case.
    @inlinable @inline(__always)
    public static func lowercase(word: UInt64) -> UInt64 {
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        // Bit 7 of an octet is set from A on in the first sum, and behind Z in the second.
        let isLetter =
            (low &+ 0x3F3F_3F3F_3F3F_3F3F) & ~(low &+ 0x2525_2525_2525_2525) & ~word & 0x8080_8080_8080_8080
        return word | isLetter &>> 2
    }

    /// Copies octets in lower case to memory that has room for them.
    @inlinable
    public static func lowercase(_ octets: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
        var position = 0
        // Safe: both have eight octets from `position` on.
        while position &+ 8 <= octets.count {
            let word = unsafe octets.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            unsafe target.storeBytes(of: lowercase(word: word), toByteOffset: position, as: UInt64.self)
            position &+= 8
        }
        while position < octets.count {
            unsafe target.storeBytes(of: lowercase(octets[position]), toByteOffset: position, as: UInt8.self)
            position &+= 1
        }
    }

    /// True for `0` to `9`.
    @inlinable
    public static func isDigit(_ octet: UInt8) -> Bool {
        octet &- 0x30 < 10
    }
}
