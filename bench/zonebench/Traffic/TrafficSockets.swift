// The connected sockets of a generator and the train that they share.

import CLinux
import CTraffic
import Glibc
import Platform

/// Owns sockets and buffers; for one thread.
final class TrafficSockets {
    let train: UnsafeMutablePointer<traffic_train>
    private(set) var descriptors: [Int32] = []

    /// Datagrams in a train.
    static let trainLength = 64
    /// The longest answer that is looked at in full.
    static let longestAnswer = 4096

    init(_ count: Int, to server: Endpoint) throws {
        guard let train = traffic_train_create(UInt32(Self.trainLength), UInt32(Self.longestAnswer)) else {
            throw BenchError.noMemory
        }
        self.train = train
        for _ in 0..<count {
            var address = server.cAddress
            let descriptor = traffic_connect(&address, 8 << 20)
            guard descriptor >= 0 else {
                throw PlatformError.system(SystemError(-descriptor, .makeSocket, "\(server)"))
            }
            descriptors.append(descriptor)
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
        traffic_train_destroy(train)
    }
}
