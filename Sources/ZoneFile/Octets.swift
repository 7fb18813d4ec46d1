// Where this module touches raw memory: a checked view of text that is being read, and two buffers for what is being
// made of it. Everything else works through these, so a mistake elsewhere traps and never reads a stranger's bytes.

import DNSCore
import Glibc

/// A view of octets that another object owns: some text of a master file, or a name.
///
/// Valid until its owner moves or ends: the parser takes views of one entry and drops them before it reads the next.
@safe
struct Octets {
    private let start: UnsafePointer<UInt8>
    let count: Int

    @inline(__always)
    init(start: UnsafePointer<UInt8>, count: Int) {
        unsafe self.start = start
        self.count = count
    }

    @inline(__always)
    var isEmpty: Bool { count == 0 }

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return unsafe start[index]  // Safe: checked above.
    }

    @inline(__always)
    subscript(range: Range<Int>) -> Octets {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe Octets(start: start + range.lowerBound, count: range.count)  // Safe: checked above.
    }

    /// The eight octets from `index` on, the first one lowest.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        precondition(index >= 0 && index + 8 <= count)
        // Safe: checked above.
        return unsafe UInt64(littleEndian: UnsafeRawPointer(start + index).loadUnaligned(as: UInt64.self))
    }

    /// True if the octets are the same.
    @inline(__always)
    func equals(_ other: Octets) -> Bool {
        // Safe: both views have that many octets.
        unsafe count == other.count && memcmp(start, other.start, count) == 0
    }

    /// True when they begin with U+FEFF in UTF-8, as some editors begin files.
    var hasByteOrderMark: Bool { count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF }

    /// The part from `index` on.
    @inline(__always)
    func suffix(from index: Int) -> Octets { self[index..<count] }

    /// The octets for those who take raw buffers; as short-lived as the view.
    @inline(__always)
    var buffer: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: start, count: count) }

    /// A copy.
    var array: [UInt8] { unsafe Array(buffer) }

    /// The text for messages; what is no UTF-8 is replaced.
    var text: String { unsafe String(decoding: buffer, as: UTF8.self) }

    func equalsIgnoringCase(_ other: StaticString) -> Bool {
        guard count == other.utf8CodeUnitCount else { return false }
        for index in 0..<count where unsafe ASCII.lowercase(self[index]) != ASCII.lowercase(other.utf8Start[index]) {
            return false
        }
        return true
    }
}

/// A buffer of fixed capacity for the rdata of one record.
///
/// What does not fit is dropped and remembered in `hasOverflowed`, so that only the end of a record has to ask.
@safe
struct RDataBuffer: ~Copyable {
    /// The most octets that rdata may have.
    static let limit = 65535
    /// Room for one more name or string behind the last octet that may stay.
    private static let capacity = limit + 1 + Name.scanRoom

    private let storage: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var overflowed = false

    init() {
        unsafe storage = .allocate(capacity: RDataBuffer.capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// True when more was appended than rdata may have.
    var hasOverflowed: Bool { overflowed || count > RDataBuffer.limit }

    @inline(__always)
    mutating func removeAll() {
        count = 0
        overflowed = false
    }

    @inline(__always)
    mutating func append(_ octet: UInt8) {
        guard count < RDataBuffer.capacity else {
            overflowed = true
            return
        }
        unsafe storage[count] = octet  // Safe: checked above.
        count += 1
    }

    @inline(__always)
    mutating func append(_ number: UInt16) {
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    @inline(__always)
    mutating func append(_ number: UInt32) {
        append(UInt16(truncatingIfNeeded: number >> 16))
        append(UInt16(truncatingIfNeeded: number))
    }

    mutating func append(_ octets: Octets) {
        guard octets.count <= RDataBuffer.capacity - count else {
            overflowed = true
            return
        }
        // Safe: room for that many octets was checked; the view belongs to another buffer.
        unsafe UnsafeMutableRawPointer(storage + count)
            .copyMemory(from: octets.buffer.baseAddress.unsafelyUnwrapped, byteCount: octets.count)
        count += octets.count
    }

    /// The octet at `index` of what has been appended.
    @inline(__always)
    subscript(index: Int) -> UInt8 {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            return unsafe storage[index]  // Safe: checked above.
        }
        set {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            unsafe storage[index] = newValue  // Safe: checked above.
        }
    }

    /// What has been appended; valid until the next change.
    @inline(__always)
    var octets: Octets { unsafe Octets(start: storage, count: count) }

    /// Appends the wire form of a name in presentation form.
    @inline(__always)
    mutating func append(name text: Octets, relativeTo origin: Octets) throws(NameTextError) {
        guard RDataBuffer.capacity - count >= Name.scanRoom else {
            overflowed = true
            return
        }
        // Safe: there is room for what the callee may write.
        count += try unsafe Name.writeWire(
            ofText: text.buffer, relativeTo: origin.buffer,
            into: UnsafeMutableRawBufferPointer(start: storage + count, count: Name.scanRoom))
    }
}

/// A buffer for one name, in wire form or as text.
@safe
struct NameBuffer: ~Copyable {
    private let storage: UnsafeMutablePointer<UInt8>
    private(set) var count: Int

    /// A copy of `name`.
    init(_ name: Name) {
        unsafe storage = .allocate(capacity: Name.scanRoom)
        count = 0
        set(to: name)
    }

    /// An empty buffer.
    init() {
        unsafe storage = .allocate(capacity: Name.scanRoom)
        count = 0
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// The name; valid until the next change.
    @inline(__always)
    var octets: Octets { unsafe Octets(start: storage, count: count) }

    /// A copy of the name.
    var name: Name { Name(uncheckedWire: octets.array) }

    mutating func set(to name: Name) {
        precondition(name.wire.count <= Name.maximumLength)
        // Safe: a name's length was checked.
        for (index, octet) in name.wire.enumerated() { unsafe storage[index] = octet }
        count = name.wire.count
    }

    /// Becomes a copy of a name in wire form that another buffer holds.
    mutating func set(to other: Octets) {
        precondition(other.count <= Name.maximumLength)
        count = other.count
        // Safe: the length was checked.
        unsafe memcpy(storage, other.buffer.baseAddress.unsafelyUnwrapped, count)
    }

    mutating func removeAll() {
        count = 0
    }

    /// Becomes the name in presentation form; after an error it holds nothing of use.
    @inline(__always)
    mutating func set(toText text: Octets, relativeTo origin: Octets) throws(NameTextError) {
        // Safe: the storage has room for what the callee may write.
        count = try unsafe Name.writeWire(
            ofText: text.buffer, relativeTo: origin.buffer,
            into: UnsafeMutableRawBufferPointer(start: storage, count: Name.scanRoom))
    }
}
