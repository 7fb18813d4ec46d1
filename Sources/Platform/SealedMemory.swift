// What one program hands to another without a file, an argument or a variable that others could read: a sealed file in memory,
// handed down as a descriptor whose number is in a variable.

import CLinux
import Glibc

/// The giver's side: octets that can be read by whoever gets the descriptor, and changed by nobody; gone with their owner.
package final class SealedMemory: Sendable {
    private let file: Descriptor

    /// For who is to get it.
    package var descriptor: Int32 { file.number }

    /// Keeps `octets`. The name is for people who look at the process's descriptors.
    package init(_ octets: [UInt8], named name: String) throws(PlatformError) {
        file = Descriptor(
            owning: try System.linux(.makeMemory, nil) { Descriptors.lifted(unsafe zc_memfd_create(name)) })
        let number = file.number
        let written = unsafe octets.withUnsafeBytes { octets in
            Result { () throws(PlatformError) in try unsafe System.writeAll(number, octets, to: name) }
        }
        try written.get()
        _ = try System.linux(.makeMemory, nil) { zc_memfd_seal(number) }
    }

    /// Goes on with a descriptor that came over from the program before.
    package init(inherited descriptor: Int32) {
        System.setCloseOnExec(descriptor)
        file = Descriptor(owning: descriptor)
    }

    /// The receiver's side: the octets, which can be taken once; nil when the variable is not set.
    package static func take(_ variable: String) throws(PlatformError) -> [UInt8]? {
        guard let number = try InheritedDescriptor.take(variable) else { return nil }
        let file = Descriptor(owning: number)
        // All receivers share the file's position, so that it must not matter.
        var octets = [UInt8](repeating: 0, count: try System.size(of: file.number, variable))
        let count = try unsafe octets.withUnsafeMutableBytes { buffer in
            Result { () throws(PlatformError) in
                try System.linux(.read, variable) {
                    let count = unsafe pread(file.number, buffer.baseAddress, buffer.count, 0)
                    return count < 0 ? -Int(errno) : count
                }
            }
        }.get()
        return Array(octets[..<count])
    }
}
