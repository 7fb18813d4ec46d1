// Memory that grows at its end. A zone of millions of records is written as tens of millions of short runs; an array's
// checks for other owners would cost more than the runs themselves.

import Glibc
import Platform

/// Elements one behind the other, with one owner. Every index is checked.
@safe
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
    private var start: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 16) {
        self.capacity = max(1, capacity)
        unsafe start = GrowingBuffer.reallocated(nil, capacity: self.capacity)
    }

    deinit { unsafe free(start) }

    private static var hugePageThreshold: Int { 8 << 20 }

    /// The system's allocator moves large blocks by their page tables, without copying them.
    private static func reallocated(
        _ start: UnsafeMutablePointer<Element>?, capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let size = capacity * MemoryLayout<Element>.stride
        guard let memory = unsafe realloc(start, size) else { MemoryShortage.end(wanting: size) }
        if size >= hugePageThreshold {
            // Best effort: what is looked at here and there needs fewer translations so.
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            let first = (Int(bitPattern: memory) + page - 1) & -page
            unsafe madvise(UnsafeMutableRawPointer(bitPattern: first), size - page, MADV_HUGEPAGE)
        }
        return unsafe memory.assumingMemoryBound(to: Element.self)
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        capacity = max(capacity * 2, count + more)
        unsafe start = GrowingBuffer.reallocated(start, capacity: capacity)
    }

    var isEmpty: Bool { count == 0 }
    var indices: Range<Int> { 0..<count }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            return unsafe start[index]
        }
        set {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            unsafe start[index] = newValue
        }
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow(by: 1) }
        unsafe start[count] = element
        count += 1
    }

    /// Appends that many octets of memory, which holds whole elements.
    @inline(__always)
    mutating func append(copying octets: UnsafeRawBufferPointer) {
        let more = octets.count / MemoryLayout<Element>.stride
        guard more > 0, let source = octets.baseAddress else { return }
        if capacity - count < more { grow(by: more) }
        unsafe memcpy(start + count, source, more * MemoryLayout<Element>.stride)
        count += more
    }

    /// Removes all elements, and keeps the memory.
    @inline(__always)
    mutating func removeAll() { count = 0 }

    /// Removes all elements from `end` on.
    @inline(__always)
    mutating func truncate(to end: Int) {
        precondition(end >= 0 && end <= count)
        count = end
    }

    /// The elements as memory, valid until the next change.
    @inline(__always)
    var octets: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: start, count: count * MemoryLayout<Element>.stride)
    }

    /// The elements, to be changed in place; valid until the next change of their number.
    @inline(__always)
    var elements: UnsafeMutableBufferPointer<Element> {
        mutating get { unsafe UnsafeMutableBufferPointer(start: start, count: count) }
    }
}

extension GrowingBuffer<UInt8> {
    /// Appends an integer as files have it: little-endian.
    @inline(__always)
    mutating func appendLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { unsafe append(copying: $0) }
    }

    /// Appends an integer as messages have it: big-endian.
    @inline(__always)
    mutating func appendBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { unsafe append(copying: $0) }
    }

    mutating func append(contentsOf octets: some Sequence<UInt8>) {
        for octet in octets { append(octet) }
    }

    /// Appends zeros up to a multiple of `unit`.
    @inline(__always)
    mutating func pad(toMultipleOf unit: Int) {
        while count % unit != 0 { append(0) }
    }

    /// Replaces the integer in a field of the structure that starts at `start`.
    @inline(__always)
    mutating func set<Value>(_ field: Field<Value>, of start: Int, to value: Value) {
        let place = start + field.offset
        precondition(place >= 0 && place + MemoryLayout<Value>.size <= count)
        // Safe: the bytes are within the buffer.
        unsafe UnsafeMutableRawBufferPointer(elements)
            .storeBytes(of: value.littleEndian, toByteOffset: place, as: Value.self)
    }
}
