// Connecting to the bus before anything else of the process exists.

import Glibc

extension System {
    /// Connects to the UNIX stream socket at a path; blocking, CLOEXEC. The corresponding C functions are `socket` and `connect`.
    package static func connect(to path: String) throws(PlatformError) -> Descriptor {
        try StateFolder.checkSocketPath(path)
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(owning: try linux(.connect, path) { orError(Glibc.socket(AF_UNIX, kind, 0)) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            // Safe: checked above to be shorter than the field, which is zero before.
            unsafe place.copyBytes(from: path.utf8)
        }
        let number = socket.number
        let result = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(number, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        _ = try linux(.connect, path) { orError(result) }
        return socket
    }

    /// The convention of CLinux for a call that follows that of C.
    private static func orError(_ result: Int32) -> Int32 { result < 0 ? -errno : result }
}
