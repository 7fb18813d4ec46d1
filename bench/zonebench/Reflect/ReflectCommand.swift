// The bare reflector: what the kernel takes to receive a datagram and to send one back, and so the limit of every server.

import ArgumentParser
import CLinux
import Glibc
import Platform

struct ReflectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reflect",
        abstract: "Send every query back as its own answer: the limit.",
        discussion: "One thread, one socket. SIGTERM or Ctrl-C ends it. Prints `ready` when it answers.")

    @Option(
        help: ArgumentHelp("Answer here, over UDP.", valueName: "address:port"),
        transform: { try Endpoint(argument: $0) })
    var listen: Endpoint

    @Option(help: ArgumentHelp("Fill every answer up to so many octets, as real answers are longer.", valueName: "n"))
    var octets = 0

    func validate() throws {
        guard (0...ReflectCommand.largest).contains(octets) else {
            throw ValidationError("--octets goes from 0 to \(ReflectCommand.largest).")
        }
    }

    private static let largest = 1500

    func run() {
        reportingErrors {
            let socket = try Listener.openUDP(listen, sharing: false)
            _ = try Listener.setReceiveBuffer(socket.number, size: 4 << 20)
            guard let batch = zc_batch_create(32, UInt32(ReflectCommand.largest), UInt32(ReflectCommand.largest)) else {
                throw BenchError.noMemory
            }
            defer { zc_batch_destroy(batch) }
            Terminal.print("ready: reflecting at \(listen)")
            while true {
                let count = zc_udp_receive(batch, socket.number, -1, 1)
                guard count > 0 else { continue }
                reflect(batch.pointee.messages, count: Int(count))
                _ = zc_udp_send(batch, socket.number)
            }
        }
    }

    private func reflect(_ messages: UnsafeMutablePointer<zc_message>, count: Int) {
        // Safe: a batch has `count` messages, and an answer's buffer is as long as a query's.
        for index in 0..<count {
            let message = messages[index]
            guard message.inLength > 2 else { continue }
            memcpy(message.out, message.in, Int(message.inLength))
            message.out[2] |= 0x80
            messages[index].outLength = max(message.inLength, UInt32(octets))
        }
    }
}

extension Endpoint {
    /// Reads a command-line argument.
    init(argument: String) throws {
        do {
            try self.init(parsing: argument)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Whether packets to this address can leave the machine.
    var isLoopback: Bool {
        isIPv6 ? address == [UInt8](repeating: 0, count: 15) + [1] : address[0] == 127
    }
}
