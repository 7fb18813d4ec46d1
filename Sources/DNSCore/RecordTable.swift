// The records of one zone on their way from a loader to the builder: a compact arena, since a zone may have tens of
// millions. It knows neither files nor lines; the loader keeps those by row number.

/// The records of one zone in uncompressed wire form, in the order in which they were appended.
///
/// A row takes 20 bytes, beside 1 to 255 for its owner (shared with the row before when the bytes are equal) and its rdata.
/// All rows are of the table's class.
public struct RecordTable: Sendable {
    /// The zone's apex.
    public let origin: Name
    /// The class of every record.
    public let rrClass: RRClass
    /// Owners and rdata; the rows point into it.
    package private(set) var heap: [UInt8] = []
    /// One entry for each record.
    package private(set) var rows: [Row] = []

    /// One record: where it stands in the heap, and its fixed fields.
    package struct Row: BitwiseCopyable, Sendable {
        package let ownerOffset: UInt32
        package let rdataOffset: UInt32
        package let ttl: UInt32
        package let type: RRType
        package let rdataLength: UInt16
        package let ownerLength: UInt8

        package var ownerRange: Range<Int> { Int(ownerOffset)..<Int(ownerOffset) + Int(ownerLength) }
        package var rdataRange: Range<Int> { Int(rdataOffset)..<Int(rdataOffset) + Int(rdataLength) }
    }

    /// Why a record could not be appended.
    public enum AppendError: Error, Equatable, Sendable {
        /// The table would pass 4 GiB of names and rdata.
        case full
        /// The rdata has more than 65,535 octets.
        case rdataTooLong
        /// The owner is no name of 1 to 255 octets.
        case badOwner
    }

    /// An empty table for the zone at `origin`.
    public init(origin: Name, rrClass: RRClass = .in) {
        self.origin = origin
        self.rrClass = rrClass
    }

    /// The number of records.
    public var count: Int { rows.count }

    /// Makes room for the records of a master file of this size, in bytes, so that the table need not move while it
    /// grows. Room that is not used takes addresses, not memory.
    package mutating func reserve(forText size: Int64) {
        let size = Int(min(max(0, size), 1 << 32))
        heap.reserveCapacity(size)
        rows.reserveCapacity(size / RecordTable.shortRecord)
    }

    /// Octets of text that all but the shortest records take.
    private static let shortRecord = 32

    /// Appends a record; `owner` is an absolute name in valid uncompressed wire form, `rdata` as of RFC 1035 without compression.
    ///
    /// - Throws: `AppendError`, and leaves the table as it was.
    public mutating func append(
        owner: UnsafeRawBufferPointer, type: RRType, ttl: UInt32, rdata: UnsafeRawBufferPointer
    ) throws(AppendError) {
        guard let rdataLength = UInt16(exactly: rdata.count) else { throw .rdataTooLong }
        guard owner.count > 0, let ownerLength = UInt8(exactly: owner.count) else { throw .badOwner }
        guard heap.count + owner.count + rdata.count <= Int(UInt32.max) else { throw .full }
        let ownerOffset: UInt32
        if let last = rows.last, unsafe isOwner(of: last, equalTo: owner) {
            ownerOffset = last.ownerOffset
        } else {
            ownerOffset = UInt32(heap.count)
            unsafe heap.append(contentsOf: owner)
        }
        let rdataOffset = UInt32(heap.count)
        unsafe heap.append(contentsOf: rdata)
        rows.append(
            Row(
                ownerOffset: ownerOffset, rdataOffset: rdataOffset, ttl: ttl, type: type, rdataLength: rdataLength,
                ownerLength: ownerLength))
    }

    /// Appends a record given as arrays.
    public mutating func append(owner: Name, type: RRType, ttl: UInt32, rdata: [UInt8]) throws(AppendError) {
        try unsafe owner.wire.withUnsafeBufferPointer { (ownerBytes) throws(AppendError) in
            try unsafe rdata.withUnsafeBufferPointer { (rdataBytes) throws(AppendError) in
                try unsafe append(
                    owner: UnsafeRawBufferPointer(ownerBytes), type: type, ttl: ttl,
                    rdata: UnsafeRawBufferPointer(rdataBytes))
            }
        }
    }

    /// The record in row `index`, copied out.
    public subscript(index: Int) -> ResourceRecord {
        let row = rows[index]
        return ResourceRecord(
            owner: Name(uncheckedWire: Array(heap[row.ownerRange])), type: row.type, rrClass: rrClass, ttl: row.ttl,
            rdata: Array(heap[row.rdataRange]))
    }

    private func isOwner(of row: Row, equalTo owner: UnsafeRawBufferPointer) -> Bool {
        guard Int(row.ownerLength) == owner.count else { return false }
        return unsafe heap.withUnsafeBytes { heap in
            var index = owner.count
            while index > 0 {
                index -= 1
                // Safe: the row's range lies in the heap, and both have that many octets.
                if unsafe heap[Int(row.ownerOffset) + index] != owner[index] { return false }
            }
            return true
        }
    }
}

/// One resource record with its own storage (RFC 1035, section 3.2.1). For tests, tools and messages to people.
public struct ResourceRecord: Hashable, Sendable {
    public let owner: Name
    public let type: RRType
    public let rrClass: RRClass
    /// In seconds.
    public let ttl: UInt32
    /// Uncompressed wire form.
    public let rdata: [UInt8]

    public init(owner: Name, type: RRType, rrClass: RRClass = .in, ttl: UInt32, rdata: [UInt8]) {
        self.owner = owner
        self.type = type
        self.rrClass = rrClass
        self.ttl = ttl
        self.rdata = rdata
    }
}
