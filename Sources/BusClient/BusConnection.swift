// A module's connection to the bus: what daemons and tools program against.
//
// Everything that decides is in `Session` (module Bus); here a NIO channel carries its frames and tasks wait for its
// answers. Losing the bus is fatal to a module, by design: `lost()` returns, every call fails, and nothing reconnects.

import Bus
import JSON
import NIOCore
import NIOPosix

/// A connection to the message bus.
///
/// All methods may be called from any task and none blocks a thread. What one task sends goes out in that order.
/// A connection is closed by ``close()`` or with its last reference.
///
/// ```swift
/// let bus = try await BusConnection.connect(path: "/var/lib/zonecast/msgq.sock")
/// try bus.subscribe(group: "ShmemConsumers")
/// let status = try await bus.call("status", group: "MemMgr")
/// for await message in bus.incoming {
///     if message.wantsAnswer { try bus.reply(to: message, with: ["generation": 8]) }
/// }
/// let why = await bus.lost()
/// ```
public final class BusConnection: Sendable {
    /// Our address on the bus.
    public let lname: LName

    /// Commands and notifications for us, in the order of the bus; ends when the bus is lost. For one reader.
    public let incoming: AsyncStream<IncomingMessage>

    /// The event loop of connections that get no other: one thread, for the process's life.
    ///
    /// (NIO's own shared group has a thread for each processor.)
    public static let sharedLoop: any EventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let link: BusLink

    private init(lname: LName, link: BusLink) {
        self.lname = lname
        self.incoming = link.incoming
        self.link = link
    }

    deinit { link.close() }

    /// Connects to the bus and learns our l-name.
    ///
    /// Throws `BusError.noBus` if there is none at this path, or if it says nothing within `deadline`. Daemons need no
    /// deadline; a command that somebody waits for may want one. With `introducingSenders`, incoming commands come with what the
    /// daemon says of who has sent them.
    public static func connect(
        path: String, deadline: Duration? = nil, introducingSenders: Bool = false,
        on group: any EventLoopGroup = BusConnection.sharedLoop
    ) async throws(BusError) -> BusConnection {
        try await connect(.path(path), deadline: deadline, introducingSenders, on: group)
    }

    /// Goes on with a stream socket that is connected to the bus already, and which the connection closes. `path` is for people.
    ///
    /// Throws `BusError.noBus` if the bus is lost before it has said anything.
    public static func connect(
        socket: Int32, path: String, introducingSenders: Bool = false
    ) async throws(BusError) -> BusConnection {
        try await connect(.connected(socket, path: path), deadline: nil, introducingSenders, on: sharedLoop)
    }

    private static func connect(
        _ place: BusPlace, deadline: Duration?, _ introducingSenders: Bool, on group: any EventLoopGroup
    ) async throws(BusError) -> BusConnection {
        let session = Session(introducesSenders: introducingSenders)
        let link = try await BusLink.open(place, session, on: group)
        let timer = deadline.map { link.giveUpJoining(after: $0) }
        defer { timer?.cancel() }
        switch await link.joined() {
        case .success(let lname): return BusConnection(lname: lname, link: link)
        case .failure(let error): throw .noBus(path: place.path, reason: "\(error)")
        }
    }

    // MARK: Groups

    /// Joins a group: messages to it, and to this instance or to all, come to us from now on.
    ///
    /// The daemon does not answer; whatever we send later is handled after it.
    public func subscribe(group: String, instance: String = "*") throws(BusError) {
        try link.transmit { session throws(BusError) in try session.subscribe(group: group, instance: instance) }
    }

    /// Leaves a group.
    public func unsubscribe(group: String, instance: String = "*") throws(BusError) {
        try link.transmit { session throws(BusError) in try session.unsubscribe(group: group, instance: instance) }
    }

    // MARK: Calls

    /// Sends a command to a group and waits for the first answer, which it returns.
    ///
    /// Fails at once with `noSuchRecipient` if the group is empty, with `recipientGone` when all who received the
    /// command have left the bus, with `remote` if the answer is an error, with `lost` if the bus is.
    public func call(
        _ command: String, _ params: JSONValue = .null, group: String, instance: String = "*",
        deadline: Duration? = nil
    ) async throws(BusError) -> JSONValue {
        try await link.call(command, params, .group(group, instance: instance), deadline: deadline)
    }

    /// Sends a command to one client and waits for its answer.
    public func call(
        _ command: String, _ params: JSONValue = .null, to recipient: LName, deadline: Duration? = nil
    ) async throws(BusError) -> JSONValue {
        try await link.call(command, params, .client(recipient), deadline: deadline)
    }

    /// Sends a command to each member of a group, and waits for all answers.
    public func callEach(
        _ command: String, of group: String, deadline: Duration
    ) async throws(BusError) -> [(member: LName, result: Result<JSONValue, BusError>)] {
        let members = try await members(of: group, deadline: deadline)
        return await withTaskGroup(of: (LName, Result<JSONValue, BusError>).self) { tasks in
            for member in members {
                tasks.addTask { (member, await self.outcome(command, to: member, deadline: deadline)) }
            }
            return await tasks.reduce(into: []) { $0.append((member: $1.0, result: $1.1)) }
        }
    }

    /// A function of its own: within a task's closure, release builds of Swift 6.3 took every answer for a failure.
    private func outcome(
        _ command: String, to recipient: LName, deadline: Duration
    ) async -> Result<JSONValue, BusError> {
        do throws(BusError) {
            return .success(try await call(command, to: recipient, deadline: deadline))
        } catch {
            return .failure(error)
        }
    }

    /// Sends a command to one client, at once; the answer comes in through ``incoming``, in its place among the others.
    ///
    /// For state machines, which must see answers and membership events in the order of the bus: tasks that wait in
    /// `call` are resumed in any order. Fails as `call` does, by way of an answer.
    public func ask(_ command: String, _ params: JSONValue = .null, to recipient: LName) throws(BusError) -> CallID {
        try link.ask(command, params, .client(recipient))
    }

    /// The same for a group, whose first answer counts.
    public func ask(_ command: String, _ params: JSONValue = .null, group: String) throws(BusError) -> CallID {
        try link.ask(command, params, .group(group))
    }

    /// The l-names of a group's members, or of everyone on the bus.
    public func members(of group: String? = nil, deadline: Duration? = nil) async throws(BusError) -> [LName] {
        let params: JSONValue = group.map { ["group": .string($0)] } ?? .null
        let answer = try await call("members", params, group: BusGroup.daemon, deadline: deadline)
        guard let names = answer.array else { throw .malformedAnswer("members is no list") }
        return names.compactMap { $0.string.map(LName.init) }
    }

    // MARK: Messages that nobody answers

    /// Sends a command without waiting for anything.
    public func send(command: String, _ params: JSONValue = .null, to recipient: LName) throws(BusError) {
        try link.send(.command, command, params, .client(recipient))
    }

    /// Sends a command to a group without waiting for anything.
    public func send(
        command: String, _ params: JSONValue = .null, group: String, instance: String = "*"
    ) throws(BusError) {
        try link.send(.command, command, params, .group(group, instance: instance))
    }

    /// Tells one client something.
    public func send(notification: String, _ params: JSONValue = .null, to recipient: LName) throws(BusError) {
        try link.send(.notification, notification, params, .client(recipient))
    }

    /// Tells a group something.
    public func send(
        notification: String, _ params: JSONValue = .null, group: String, instance: String = "*"
    ) throws(BusError) {
        try link.send(.notification, notification, params, .group(group, instance: instance))
    }

    // MARK: Answers

    /// Answers a command; does nothing if the sender does not wait.
    public func reply(to message: IncomingMessage, with value: JSONValue = .null) throws(BusError) {
        try link.transmit { session throws(BusError) in try session.reply(to: message, .success(value)) }
    }

    /// Answers a command with an error: a positive code and a text for people.
    public func reply(to message: IncomingMessage, errorCode: Int = 1, _ text: String) throws(BusError) {
        let error = BusError.remote(code: errorCode, text: text)
        try link.transmit { session throws(BusError) in try session.reply(to: message, .failure(error)) }
    }

    // MARK: The end

    /// Waits until the connection has ended and returns why: `closed` after ``close()``, else `lost`.
    public func lost() async -> BusError { await link.ended() }

    /// Closes the connection after what was sent has been written, and waits until it is closed.
    public func close() async {
        link.close()
        _ = await link.ended()
    }
}
