// The inside of a connection: the session behind a lock, the tasks that wait for its answers, and the channel.
//
// Frames are handed to the event loop while the lock is held, so the order of sending is the order of the session's
// numbers. Continuations are resumed after the lock is released. The channel is only written to from a task of its own
// on the event loop: a write that fails at once ends the link, which takes the lock.

import Bus
import Glibc
import JSON
import NIOCore
import NIOPosix
import Platform
import Synchronization

/// Where the bus is.
enum BusPlace {
    case path(String)
    /// A socket that is connected already, and which the link closes; with its path for people.
    case connected(Int32, path: String)

    var path: String {
        switch self {
        case .path(let path), .connected(_, let path): path
        }
    }
}

/// A NIO channel with a `Session` on it.
final class BusLink: Sendable {
    let incoming: AsyncStream<IncomingMessage>

    private let messages: AsyncStream<IncomingMessage>.Continuation
    private let channel: any Channel
    private let state: Mutex<State>

    fileprivate struct State {
        var session: Session
        var calls: [CallID: Waiter] = [:]
        var lname: Result<LName, BusError>?
        var joinWaiters: [CheckedContinuation<Result<LName, BusError>, Never>] = []
        var closing = false
        var ending: BusError?
        var endWaiters: [CheckedContinuation<BusError, Never>] = []
    }

    /// A call between its sending and the resumption of its task.
    fileprivate enum Waiter {
        case started
        case waiting(CheckedContinuation<Result<JSONValue, BusError>, Never>)
        case finished(Result<JSONValue, BusError>)
        /// No task waits: the answer goes to `incoming`.
        case inOrder
    }

    private init(channel: any Channel, _ session: Session) {
        (incoming, messages) = AsyncStream.makeStream()
        self.channel = channel
        self.state = Mutex(State(session: session))
    }

    /// Connects, and sends the question for our l-name.
    static func open(
        _ place: BusPlace, _ session: Session, on group: any EventLoopGroup
    ) async throws(BusError) -> BusLink {
        let path = place.path
        do {
            let bootstrap = ClientBootstrap(group: group).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let link = BusLink(channel: channel, session)
                    try channel.pipeline.syncOperations.addHandler(BusLinkHandler(link))
                }
            }
            let channel =
                switch place {
                case .path(let path): try await bootstrap.connect(to: address(of: path)).get()
                case .connected(let socket, _): try await bootstrap.withConnectedSocket(socket).get()
                }
            return try await channel.pipeline.handler(type: BusLinkHandler.self).map(\.link).get()
        } catch let error as BusError {
            throw error
        } catch {
            throw .noBus(path: path, reason: String(describing: error))
        }
    }

    /// Paths are octets, of which NIO's own function takes UTF-8 only.
    private static func address(of path: String) throws(BusError) -> SocketAddress {
        let octets = path.pathOctets
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard octets.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .noBus(path: path, reason: "the path has \(octets.count) octets, more than a socket's may have")
        }
        // Safe: the octets fit, and the zero behind them is there.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: octets) }
        return SocketAddress(address)
    }

    /// Waits for our l-name.
    func joined() async -> Result<LName, BusError> {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.lname == nil { state.joinWaiters.append(continuation) }
                return state.lname
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}

extension BusLink {
    /// Ends the connection when there is still no l-name after this time.
    func giveUpJoining(after deadline: Duration) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: TimeAmount(deadline)) {
            self.ended(reason: "it said nothing within \(deadline)")
            self.close()
        }
    }
}

// MARK: Sending

extension BusLink {
    /// Lets the session make frames and sends them, in one step.
    func transmit(_ make: (inout Session) throws(BusError) -> [Frame]) throws(BusError) {
        try state.withLock { state throws(BusError) in
            if let ending = state.ending { throw ending }
            if state.closing { throw .closed }
            write(try make(&state.session))
        }
    }

    func send(
        _ kind: IncomingMessage.Kind, _ name: String, _ params: JSONValue, _ recipient: Recipient
    ) throws(BusError) {
        try transmit { session throws(BusError) in try session.send(kind, name, params, to: recipient) }
    }

    private func write(_ frames: [Frame]) {
        guard !frames.isEmpty else { return }
        let channel = channel
        channel.eventLoop.execute {
            for frame in frames {
                channel.write(channel.allocator.buffer(bytes: frame.wire), promise: nil)
            }
            channel.flush()
        }
    }
}

// MARK: Calls

extension BusLink {
    func call(
        _ command: String, _ params: JSONValue, _ recipient: Recipient, deadline: Duration?
    ) async throws(BusError) -> JSONValue {
        let id = try state.withLock { state throws(BusError) in
            if let ending = state.ending { throw ending }
            if state.closing { throw .closed }
            let (id, frames) = try state.session.call(command, params, to: recipient)
            state.calls[id] = .started
            write(frames)
            return id
        }
        let timer = deadline.map { deadline in
            channel.eventLoop.scheduleTask(in: TimeAmount(deadline)) { self.abandon(id, .deadline) }
        }
        defer { timer?.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(for: id, $0) }
        } onCancel: {
            abandon(id, .cancelled)
        }
        return try result.get()
    }

    func ask(_ command: String, _ params: JSONValue, _ recipient: Recipient) throws(BusError) -> CallID {
        try state.withLock { state throws(BusError) in
            if let ending = state.ending { throw ending }
            if state.closing { throw .closed }
            let (id, frames) = try state.session.call(command, params, to: recipient)
            state.calls[id] = .inOrder
            write(frames)
            return id
        }
    }

    private func wait(for id: CallID, _ continuation: CheckedContinuation<Result<JSONValue, BusError>, Never>) {
        let known: Result<JSONValue, BusError>? = state.withLock { state in
            if case .finished(let result) = state.calls[id] {
                state.calls[id] = nil
                return result
            }
            state.calls[id] = .waiting(continuation)
            return nil
        }
        if let known { continuation.resume(returning: known) }
    }

    /// Stops waiting for an answer.
    private func abandon(_ id: CallID, _ error: BusError) {
        let resume = state.withLock { state in
            state.session.abandon(id)
            return state.finish(id, .failure(error))
        }
        resume?()
    }
}

extension BusLink.State {
    /// Marks a call as finished and returns what resumes its task, once the lock is released.
    fileprivate mutating func finish(_ id: CallID, _ result: Result<JSONValue, BusError>) -> (() -> Void)? {
        switch calls[id] {
        case .started:
            calls[id] = .finished(result)
            return nil
        case .waiting(let continuation):
            calls[id] = nil
            return { continuation.resume(returning: result) }
        case .finished, .inOrder, nil:
            return nil
        }
    }
}

// MARK: Receiving and the end

extension BusLink {
    /// Begins the session, once the channel is active.
    func begin() {
        write([Session.hello])
    }

    /// Handles one frame from the daemon; called on the event loop only.
    func received(_ frame: Frame) throws(WireError) {
        var resumptions: [() -> Void] = []
        try state.withLock { state throws(WireError) in
            guard state.ending == nil else { return }
            for output in try state.session.receive(frame) {
                switch output {
                case .joined(let lname):
                    state.lname = .success(lname)
                    let waiters = state.joinWaiters
                    state.joinWaiters = []
                    resumptions.append { for waiter in waiters { waiter.resume(returning: .success(lname)) } }
                case .deliver(let message): messages.yield(message)
                case .send(let frame): write([frame])
                case .finish(let id, let result):
                    if case .inOrder = state.calls[id] {
                        state.calls[id] = nil
                        messages.yield(IncomingMessage(.answer(id, result), "", from: .daemon))
                    } else if let resume = state.finish(id, result) {
                        resumptions.append(resume)
                    }
                }
            }
        }
        for resume in resumptions { resume() }
    }

    /// Ends everything that waits; later reasons than the first are ignored.
    func ended(reason: String) {
        var resumptions: [() -> Void] = []
        state.withLock { state in
            guard state.ending == nil else { return }
            let error: BusError = state.closing ? .closed : .lost(reason: reason)
            state.ending = error
            if state.lname == nil { state.lname = .failure(error) }
            let (joinWaiters, endWaiters) = (state.joinWaiters, state.endWaiters)
            state.joinWaiters = []
            state.endWaiters = []
            resumptions.append {
                for waiter in joinWaiters { waiter.resume(returning: .failure(error)) }
                for waiter in endWaiters { waiter.resume(returning: error) }
            }
            for id in Array(state.calls.keys) {
                if let resume = state.finish(id, .failure(error)) { resumptions.append(resume) }
            }
        }
        messages.finish()
        for resume in resumptions { resume() }
    }

    func ended() async -> BusError {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.ending == nil { state.endWaiters.append(continuation) }
                return state.ending
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Closes the channel behind what was sent so far.
    func close() {
        state.withLock { $0.closing = true }
        let channel = channel
        channel.eventLoop.execute {
            channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
    }
}
