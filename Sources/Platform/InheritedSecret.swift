// A secret that a parent shares with its children: a sealed file in memory, handed down as a descriptor. It is in no
// argument, no variable and no file of the disk.

import CLinux
import Glibc

/// The parent's side: octets that children can read and nobody can change.
package struct InheritedSecret: Sendable {
    let descriptor: Int32

    /// Keeps `octets` for the children, until the process ends.
    package init(_ octets: [UInt8]) throws(PlatformError) {
        let file = Descriptor(owning: try System.linux(.makeMemory, nil) { unsafe zc_memfd_create("secret") })
        let written = unsafe octets.withUnsafeBytes { octets in
            Result { () throws(PlatformError) in try unsafe System.writeAll(file.number, octets, to: "a secret") }
        }
        try written.get()
        let number = file.number
        _ = try System.linux(.makeMemory, nil) { zc_memfd_seal(number) }
        descriptor = file.release()
    }

    /// The child's side: the secret, which can be taken once; nil when the parent has none.
    package static func take() throws(PlatformError) -> [UInt8]? {
        guard let text = Environment.take(Variable.secret) else { return nil }
        guard let number = Int32(text), number > 2, fcntl(number, F_GETFD) >= 0 else {
            throw .badVariable(name: Variable.secret, value: text, reason: "is not an open descriptor's number")
        }
        let file = Descriptor(owning: number)
        var octets = [UInt8](repeating: 0, count: 256)
        // All children share the file's position, so that it must not matter.
        let count = try unsafe octets.withUnsafeMutableBytes { buffer in
            Result { () throws(PlatformError) in
                try System.linux(.read, "the secret") {
                    let count = unsafe pread(file.number, buffer.baseAddress, buffer.count, 0)
                    return count < 0 ? -Int(errno) : count
                }
            }
        }.get()
        return Array(octets[..<count])
    }
}
