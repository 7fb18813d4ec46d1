// Ports for the servers that tests start. For all test targets.

import Glibc
import Synchronization

public enum FreePort {
    private static let given = Mutex<Set<UInt16>>([])

    /// A port of 127.0.0.1 that is free for UDP and TCP, and that this process has not been given before.
    ///
    /// It is below those that the kernel gives to clients, so that no client takes it before the server does.
    /// - Throws: `TestFailure` after a thousand ports in use.
    public static func next() throws -> UInt16 {
        for _ in 0..<1000 {
            let port = UInt16.random(in: 10_000..<32_768)
            guard given.withLock({ $0.insert(port).inserted }) else { continue }
            if [SOCK_DGRAM, SOCK_STREAM].allSatisfy({ isFree(port, $0) }) { return port }
        }
        throw TestFailure("no free port among a thousand")
    }

    private static func isFree(_ port: UInt16, _ type: __socket_type) -> Bool {
        let descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
