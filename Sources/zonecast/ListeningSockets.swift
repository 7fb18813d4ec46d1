// The sockets on which the system answers. The supervisor opens them (or was given them) and keeps them for its life,
// so that what the kernel queues outlives a responder and a restarted one needs no privilege.

import Glibc
import Logging
import Platform

/// The listening sockets and how they are shared out.
struct ListeningSockets: Sendable {
    /// Of one endpoint; the kernel spreads the traffic among them, so each must have a reader.
    private var udp: [(endpoint: Endpoint, descriptors: [Int32])] = []

    /// One an endpoint; whoever accepts first has the connection.
    private var tcp: [(endpoint: Endpoint, descriptor: Int32)] = []

    /// What each was like when it was opened.
    private var conditions: [Int32: SocketCondition] = [:]

    /// Room for the queries that come while a responder is restarted.
    private static let receiveBuffer = 8 << 20

    /// What a query of usual size costs of a receive buffer: 768 octets on loopback, up to this with network drivers
    /// that take half a page a packet.
    private static let octetsPerQuery = 2304

    /// Takes what was inherited and opens the rest, `socketsEach` UDP sockets an endpoint.
    ///
    /// Ends the process when an address can't be had: then nothing has been started yet.
    init(
        inherited: [InheritedSocket], opening endpoints: [Endpoint], socketsEach: Int, logger: Logger
    ) throws(PlatformError) {
        for socket in inherited {
            switch socket.kind {
            case .udp:
                try Listener.prepareUDP(socket.descriptor)
                if let index = udp.firstIndex(where: { $0.endpoint == socket.endpoint }) {
                    udp[index].descriptors.append(socket.descriptor)
                } else {
                    udp.append((socket.endpoint, [socket.descriptor]))
                }
            case .tcp:
                tcp.append((socket.endpoint, socket.descriptor))
            }
            logger.info("inherited", metadata: ["socket": "\(socket.kind)", "address": "\(socket.endpoint)"])
        }
        // What was inherited is not opened once more.
        var seen = Set((udp.map(\.endpoint) + tcp.map(\.endpoint)))
        for endpoint in endpoints where seen.insert(endpoint).inserted {
            try open(endpoint, socketsEach: socketsEach, logger: logger)
        }
        for descriptor in descriptors { conditions[descriptor] = SocketCondition(of: descriptor) }
    }

    /// Goes on with those that the program before has left, which were like that when they were opened.
    init(inherited descriptors: [Int32], fingerprints: [Int64], logger: Logger) throws(PlatformError) {
        var sockets: [InheritedSocket] = []
        for descriptor in descriptors {
            guard let socket = InheritedSockets.classify(descriptor) else {
                throw .badVariable(
                    name: Variable.estate, value: "\(descriptor)",
                    reason: "is neither a bound UDP nor a listening TCP socket")
            }
            System.setCloseOnExec(descriptor)
            sockets.append(socket)
        }
        try self.init(inherited: sockets, opening: [], socketsEach: 0, logger: logger)
        for (descriptor, fingerprint) in zip(descriptors, fingerprints) {
            conditions[descriptor] = SocketCondition(of: descriptor, fingerprint: fingerprint)
        }
    }

    private mutating func open(_ endpoint: Endpoint, socketsEach: Int, logger: Logger) throws(PlatformError) {
        do throws(PlatformError) {
            // With SO_REUSEPORT the kernel would let a second system share the traffic, and nobody would notice. So
            // the address is first taken for ourselves alone.
            let probe = try Patience.whileLeftoversEnd(if: \.isAddressInUse) { () throws(PlatformError) in
                try Listener.openUDP(endpoint, sharing: false)
            }
            let listener = try Patience.whileLeftoversEnd(if: \.isAddressInUse) { () throws(PlatformError) in
                try Listener.openTCP(endpoint)
            }
            _ = consume probe
            tcp.append((endpoint, listener.release()))
            var descriptors: [Int32] = []
            for _ in 0..<socketsEach { descriptors.append(try Listener.openUDP(endpoint, sharing: true).release()) }
            udp.append((endpoint, descriptors))
        } catch .system(let error) {
            Self.refuse(endpoint, error)
        }
        var size = Self.receiveBuffer
        for descriptor in udp[udp.count - 1].descriptors {
            size = try Listener.setReceiveBuffer(descriptor, size: Self.receiveBuffer)
        }
        let queries = size / Self.octetsPerQuery
        logger.info(
            "listening",
            metadata: [
                "address": "\(endpoint)", "udp_sockets": "\(socketsEach)", "receive_buffer": "\(size)",
                "lasts_ms_at_50000_qps": "\(queries * 1000 / 50000)",
            ])
    }

    private static func refuse(_ endpoint: Endpoint, _ error: SystemError) -> Never {
        switch error.code {
        case EADDRINUSE:
            fail(
                "\(endpoint) is in use by another program: stop that one, or listen elsewhere with "
                    + "--listen ADDRESS:PORT", .failed)
        case EACCES, EPERM:
            fail(
                "no permission to listen on \(endpoint): ports below 1024 need root, CAP_NET_BIND_SERVICE or sockets "
                    + "from systemd; or choose another with --listen ADDRESS:PORT", .ioError)
        case EADDRNOTAVAIL:
            fail("\(endpoint) is no address of this machine: see `ip address`", .ioError)
        default:
            fail("\(error)", .ioError)
        }
    }

    /// Says so where fewer threads will read UDP than were asked for: that of who is given a socket is its own.
    func warnOfIdleWorkers(_ workers: Int, processes: Int, logger: Logger) {
        for (endpoint, descriptors) in udp where descriptors.count < workers * processes {
            logger.warning(
                """
                fewer UDP sockets were inherited than there are workers, and each is read by one thread: repeat \
                ListenDatagram= in the socket unit, or disable the unit and have zonecast open the sockets with --listen
                """,
                metadata: [
                    "address": "\(endpoint)", "sockets": "\(descriptors.count)", "workers": "\(workers)",
                    "processes": "\(processes)",
                ])
        }
    }

    /// How many responders there can be if each is to have a UDP socket, where inherited sockets may be few.
    func usefulProcesses(of wanted: Int, logger: Logger) -> Int {
        guard let most = udp.map(\.descriptors.count).max(), most < wanted else { return wanted }
        logger.warning(
            "fewer responders than asked for, as there are not enough inherited UDP sockets",
            metadata: ["processes": "\(most)", "asked": "\(wanted)"])
        return most
    }

    /// What one of `count` responders gets: its own part of the UDP sockets, and all of TCP.
    func share(of number: Int, among count: Int) -> [Int32] {
        let own = udp.flatMap { endpoint in
            endpoint.descriptors.enumerated().filter { $0.offset % count == number }.map(\.element)
        }
        return own + tcp.map(\.descriptor)
    }

    /// Opens again what is not as it was among what the responder would get.
    ///
    /// - Returns: whether the others have to be given a new socket too.
    mutating func repair(shareOf number: Int, among count: Int, logger: Logger) -> Bool {
        var isShared = false
        for address in udp.indices {
            for place in udp[address].descriptors.indices where place % count == number {
                let descriptor = udp[address].descriptors[place]
                guard let other = reopened(descriptor, .udp, udp[address].endpoint, logger) else { continue }
                udp[address].descriptors[place] = other
            }
        }
        for address in tcp.indices {
            guard let other = reopened(tcp[address].descriptor, .tcp, tcp[address].endpoint, logger) else { continue }
            tcp[address].descriptor = other
            isShared = true
        }
        return isShared
    }

    /// A socket in place of a damaged one, which is closed; nil where that is good, or there can be no other.
    private mutating func reopened(
        _ descriptor: Int32, _ kind: InheritedSocket.Kind, _ endpoint: Endpoint, _ logger: Logger
    ) -> Int32? {
        guard let condition = conditions[descriptor], !condition.holds(for: descriptor) else { return nil }
        let metadata: Logger.Metadata = ["socket": "\(kind)", "address": "\(endpoint)"]
        do throws(PlatformError) {
            let other = try Listener.openInstead(of: descriptor, kind, endpoint)
            if kind == .udp { _ = try Listener.setReceiveBuffer(other.number, size: Self.receiveBuffer) }
            let number = other.release()
            conditions[descriptor] = nil
            conditions[number] = SocketCondition(of: number)
            close(descriptor)
            logger.error("a process has damaged a listening socket: it was opened again", metadata: metadata)
            return number
        } catch {
            logger.error(
                "a process has damaged a listening socket, and it can't be opened again (\(error)): restart zonecast",
                metadata: metadata)
            return nil
        }
    }

    /// What they were like when they were opened, in the order of `descriptors`.
    var fingerprints: [Int64] { descriptors.map { conditions[$0]?.fingerprint ?? 0 } }

    /// All of them, those of an address in their order.
    var descriptors: [Int32] { udp.flatMap(\.descriptors) + tcp.map(\.descriptor) }

    /// All addresses, over UDP or TCP.
    var endpoints: [Endpoint] { udp.map(\.endpoint) + tcp.map(\.endpoint) }

    /// Where a query from this machine is answered, for the hint to the user.
    var example: Endpoint? {
        guard let endpoint = udp.first?.endpoint ?? tcp.first?.endpoint else { return nil }
        guard endpoint.isWildcard else { return endpoint }
        let loopback = endpoint.isIPv6 ? [UInt8](repeating: 0, count: 15) + [1] : [127, 0, 0, 1]
        return Endpoint(address: loopback, port: endpoint.port)
    }
}
