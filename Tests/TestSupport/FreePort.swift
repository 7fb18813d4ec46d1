// Ports for the servers that tests start. For all test targets, and for several runs of them at once.

import Glibc

public enum FreePort {
    /// A port of 127.0.0.1 that is free for UDP and TCP, and that no test on this machine has been given while its process runs.
    ///
    /// It is below those that the kernel gives to clients, so that no client takes it before the server does.
    /// - Throws: `TestFailure` after a thousand ports in use.
    public static func next() throws -> UInt16 {
        for _ in 0..<1000 {
            let port = UInt16.random(in: 10_000..<32_768)
            if reserve(port), [SOCK_DGRAM, SOCK_STREAM].allSatisfy({ isFree(port, $0) }) { return port }
        }
        throw TestFailure("no free port among a thousand")
    }

    /// Takes a name in the kernel's abstract namespace that stands for the port, and keeps it until the process ends. Between
    /// the choice of a port and the server's bind, that keeps every other test away from it.
    private static func reserve(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("\0zonecast-test-port-\(port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let isOurs = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        if !isOurs { close(descriptor) }
        return isOurs
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
