// The records of a table as the builder looks at them: many times each, so without the reference counts of arrays.

import CLinux
import DNSCore

/// A table's rows and octets, valid as long as the table.
@safe
struct SourceRows: BitwiseCopyable {
    private let rows: UnsafeBufferPointer<RecordTable.Row>
    private let heap: UnsafeRawBufferPointer

    /// Calls `body` with the rows of a table.
    static func with<Result>(_ table: RecordTable, _ body: (SourceRows) -> Result) -> Result {
        table.rows.withUnsafeBufferPointer { rows in
            table.heap.withUnsafeBytes { heap in
                unsafe body(SourceRows(rows: rows, heap: heap))
            }
        }
    }

    private init(rows: UnsafeBufferPointer<RecordTable.Row>, heap: UnsafeRawBufferPointer) {
        unsafe self.rows = rows
        unsafe self.heap = heap
    }

    var count: Int { unsafe rows.count }

    @inline(__always)
    subscript(row: Int) -> RecordTable.Row {
        precondition(UInt(bitPattern: row) < UInt(bitPattern: rows.count))
        return unsafe rows[row]
    }

    @inline(__always)
    func rdata(of row: Int) -> UnsafeRawBufferPointer {
        let entry = self[row]
        return unsafe octets(Int(entry.rdataOffset), Int(entry.rdataLength))
    }

    @inline(__always)
    func owner(of row: Int) -> UnsafeRawBufferPointer {
        let entry = self[row]
        return unsafe octets(Int(entry.ownerOffset), Int(entry.ownerLength))
    }

    /// Rows' ranges lie in the heap, whose start is never nil when there is a row.
    @inline(__always)
    private func octets(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer {
        precondition(offset + length <= heap.count)
        return unsafe UnsafeRawBufferPointer(start: heap.baseAddress.unsafelyUnwrapped + offset, count: length)
    }

    /// Has a row fetched that is going to be looked at. A prefetch never faults.
    @inline(__always)
    func prefetch(row: Int) {
        guard let start = unsafe rows.baseAddress else { return }
        unsafe zc_prefetch(start + row)
    }

    /// Has the octets fetched that a row points to.
    @inline(__always)
    func prefetchOctets(of row: Int) {
        let entry = self[row]
        guard let start = unsafe heap.baseAddress else { return }
        unsafe zc_prefetch(start + Int(entry.ownerOffset))
        unsafe zc_prefetch(start + Int(entry.rdataOffset) + 64)
    }
}
