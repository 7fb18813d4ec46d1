// Two connected sockets, of which one goes to another process: to a child with its start, or to a process that runs as a message
// over a third socket.

import CLinux
import Glibc

/// Both ends of a connection.
package struct SocketPair: ~Copyable {
    package let ours: Descriptor
    package let theirs: Descriptor

    package enum Kind {
        /// A stream of octets, as the bus is.
        case stream
        /// Messages, each received as it was sent, with a descriptor.
        case messages
    }

    /// The corresponding C function is `socketpair`; both ends are CLOEXEC.
    package init(_ kind: Kind) throws(PlatformError) {
        var ends: [Int32] = [-1, -1]
        _ = try System.linux(.makeSocketPair, nil) {
            let result = unsafe zc_socket_pair(kind == .messages ? 1 : 0, &ends)
            if result == 0 { ends = ends.map(Descriptors.lifted) }
            guard result == 0, let failure = ends.first(where: { $0 < 0 }) else { return result }
            for end in ends where end >= 0 { close(end) }
            return failure
        }
        ours = Descriptor(owning: ends[0])
        theirs = Descriptor(owning: ends[1])
    }

    /// Goes on with a pair that came over from the program before: our end, and theirs.
    package init(inherited ends: [Int32]) throws(PlatformError) {
        guard ends.count == 2 else { throw .system(SystemError(EBADF, .makeSocketPair, nil)) }
        for end in ends { System.setCloseOnExec(end) }
        ours = Descriptor(owning: ends[0])
        theirs = Descriptor(owning: ends[1])
    }

    /// Keeps our end only.
    package consuming func closeTheirs() -> Descriptor { ours }
}

extension System {
    /// The most octets that a message with a descriptor has.
    private static let longestMessage = 4096

    /// Sends a message with a copy of a descriptor, without waiting. The corresponding C function is `sendmsg`.
    package static func pass(_ descriptor: Int32, with message: [UInt8], over socket: Int32) throws(PlatformError) {
        _ = try linux(.pass, nil) { unsafe zc_descriptor_send(socket, message, message.count, descriptor) }
    }

    /// Waits for the next message; nil at the end, or when there is none and it is not to wait. The corresponding C function is
    /// `recvmsg`.
    package static func takePassed(
        over socket: Int32, waits: Bool = true
    ) throws(PlatformError) -> (message: [UInt8], descriptor: Int32)? {
        var message = [UInt8](repeating: 0, count: longestMessage)
        var descriptor: Int32 = -1
        let length = try linux(.read, "the supervisor's connection") {
            let length = unsafe zc_descriptor_receive(socket, &message, message.count, waits ? 1 : 0, &descriptor)
            return length == -Int64(EAGAIN) && !waits ? 0 : length
        }
        if length == 0 { return nil }
        return (Array(message[..<Int(length)]), Descriptors.lifted(descriptor))
    }
}

/// A descriptor that this process was started with, and whose number is in a variable.
package enum InheritedDescriptor {
    /// Takes it and removes the variable; nil if that is not set. To be called while there is one thread.
    package static func take(_ variable: String) throws(PlatformError) -> Int32? {
        guard let text = Environment.take(variable) else { return nil }
        guard let number = Int32(text), number > 2, fcntl(number, F_GETFD) >= 0 else {
            throw .badVariable(name: variable, value: text, reason: "is not an open descriptor's number")
        }
        System.setCloseOnExec(number)
        return number
    }
}
