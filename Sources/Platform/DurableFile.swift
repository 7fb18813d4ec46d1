// Files that are there whole or not at all: written under a temporary name, flushed, renamed, and the folder flushed.
// What fails on the way leaves no partial file behind; what a crash leaves has a name that begins with a dot, for the folder's owner to remove.

import Glibc

/// A file in the making.
///
/// ```swift
/// var file = try DurableFile(creating: "images/g8.img")
/// try file.append(bytes)
/// try file.commit()
/// ```
package struct DurableFile: ~Copyable {
    private let descriptor: Descriptor
    private let path: String
    private let temporary: String
    private let folder: String
    /// Short runs gather here on their way to the kernel.
    private var waiting: [UInt8] = []
    private static var portion: Int { 1 << 18 }

    /// Starts a file that will be called `path`, in place of what may be there under that name.
    package init(creating path: String, mode: mode_t = 0o644) throws(PlatformError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = path.lastPathComponent
        self.folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        self.path = path
        self.temporary = "\(folder)/.\(name).\(getpid())"
        self.descriptor = try System.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    }

    deinit {
        _ = unsafe temporary.withPath { unsafe Glibc.unlink($0) }
    }

    /// Adds octets at the end.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(PlatformError) {
        if waiting.count + bytes.count > DurableFile.portion { try flush() }
        if bytes.count > DurableFile.portion {
            try unsafe System.writeAll(descriptor.number, bytes, to: temporary)
        } else {
            unsafe waiting.append(contentsOf: bytes)
        }
    }

    /// Adds octets at the end.
    package mutating func append(_ bytes: [UInt8]) throws(PlatformError) {
        if waiting.count + bytes.count > DurableFile.portion { try flush() }
        if bytes.count > DurableFile.portion {
            try DurableFile.write(bytes, to: descriptor.number, temporary)
        } else {
            waiting += bytes
        }
    }

    private mutating func flush() throws(PlatformError) {
        try DurableFile.write(waiting, to: descriptor.number, temporary)
        waiting.removeAll(keepingCapacity: true)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ name: String) throws(PlatformError) {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            Result { () throws(PlatformError) in try unsafe System.writeAll(descriptor, buffer, to: name) }
        }
        try result.get()
    }

    /// Makes the content durable, gives the file its name, and makes the name durable.
    ///
    /// When only the last step fails the file has its name, but a loss of power may take it away again: what was there
    /// before is gone, so removing the new content as well would help nobody.
    package consuming func commit() throws(PlatformError) {
        try flush()
        try System.sync(descriptor.number, temporary)
        try System.rename(temporary, to: path)
        try System.syncFolder(folder)
    }

    /// Writes a small file in one go.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(PlatformError) {
        var file = try DurableFile(creating: path, mode: mode)
        try file.append(bytes)
        try file.commit()
    }
}
