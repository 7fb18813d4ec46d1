// Whether a process runs the program that lies in a file now, or one that was replaced since.

import Glibc

extension ChildProcess {
    /// Whether the process runs this file, or another one with the same content. False where that can't be seen.
    package func runs(_ program: String) -> Bool {
        (try? Self.haveSameContent("/proc/\(id)/exe", program)) ?? false
    }

    private static func haveSameContent(_ first: String, _ second: String) throws(PlatformError) -> Bool {
        let (one, other) = (try File(first), try File(second))
        guard one.size == other.size else { return false }
        if one.device == other.device, one.number == other.number { return true }
        while true {
            let (portion, another) = (try one.next(), try other.next())
            guard portion == another else { return false }
            if portion.isEmpty { return true }
        }
    }

    /// A file that is read in portions, and not mapped, as it might be truncated meanwhile.
    private final class File {
        private let path: String
        private let descriptor: Descriptor
        let device: dev_t
        let number: ino_t
        let size: off_t

        init(_ path: String) throws(PlatformError) {
            self.path = path
            descriptor = try System.open(path, O_RDONLY)
            var entry = stat()
            let descriptor = descriptor.number
            _ = try System.linux(.inspect, path) { unsafe fstat(descriptor, &entry) < 0 ? -errno : Int32(0) }
            (device, number, size) = (entry.st_dev, entry.st_ino, entry.st_size)
        }

        func next() throws(PlatformError) -> [UInt8] {
            var portion = [UInt8](repeating: 0, count: 1 << 16)
            let count = try unsafe portion.withUnsafeMutableBytes { buffer in
                Result { () throws(PlatformError) in
                    try unsafe System.read(descriptor.number, into: buffer, of: path)
                }
            }.get()
            return Array(portion[..<count])
        }
    }
}
