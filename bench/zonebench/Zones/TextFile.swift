// A text file that is written a piece at a time, through one buffer.

import Glibc
import Platform

/// A file being written. It is complete when `finish` has returned.
struct TextFile: ~Copyable {
    private let descriptor: Descriptor
    private let path: String
    private var buffer: [UInt8] = []
    private(set) var lines = 0

    private static let portion = 1 << 20

    init(path: String) throws(PlatformError) {
        self.path = path
        descriptor = try System.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        buffer.reserveCapacity(Self.portion + 4096)
    }

    mutating func line(_ text: String) throws(PlatformError) {
        buffer.append(contentsOf: text.utf8)
        buffer.append(UInt8(ascii: "\n"))
        lines += 1
        if buffer.count >= Self.portion { try flush() }
    }

    consuming func finish() throws(PlatformError) {
        try flush()
    }

    private mutating func flush() throws(PlatformError) {
        let result = buffer.withUnsafeBytes { bytes in
            Result { () throws(PlatformError) in try System.writeAll(descriptor.number, bytes, to: path) }
        }
        try result.get()
        buffer.removeAll(keepingCapacity: true)
    }
}
