// The parts of a system and how each is started.

import CommandOptions
import Glibc
import Platform

/// A program that the supervisor keeps running.
enum Part: Hashable, Sendable, CustomStringConvertible {
    case msgq
    case memmgr
    case authd(Int)
    /// The process of a responder whose place another one takes.
    case outgoing(Int)
    /// A newer zonecast that finds out whether it could be this process.
    case rehearsal

    /// What the part is called in logs and on the bus.
    var description: String {
        switch self {
        case .msgq: "msgq"
        case .memmgr: "memmgr"
        case .authd(let number): "authd.\(number)"
        case .outgoing(let number): "authd.\(number) (outgoing)"
        case .rehearsal: "the new zonecast"
        }
    }

    var isResponder: Bool {
        switch self {
        case .authd, .outgoing: true
        case .msgq, .memmgr, .rehearsal: false
        }
    }

    /// A responder that no other is to take the place of.
    var isAnswering: Bool { isResponder && !isOutgoing }

    var isOutgoing: Bool {
        if case .outgoing = self { true } else { false }
    }

    /// The part with this description, of a system with so many responders.
    init?(_ description: String, processes: Int) {
        let all = [.msgq, .memmgr] + (1...processes).flatMap { [Part.authd($0), .outgoing($0)] }
        guard let part = all.first(where: { "\($0)" == description }) else { return nil }
        self = part
    }
}

/// The command lines of the parts.
struct Programs: Sendable {
    let folder: StateFolder
    private let workers: Int
    private let account: Account?
    private let managing: ManagingOptions
    private let serving: ServingOptions
    /// Where this program, or a newer version of it, is.
    let zonecast: String
    let msgq: String
    private let memmgr: String
    private let authd: String

    /// Finds the programs; throws when one is missing.
    init(
        folder: StateFolder, workers: Int, account: Account?, managing: ManagingOptions, serving: ServingOptions
    ) throws(PlatformError) {
        self.folder = folder
        self.workers = workers
        self.account = account
        self.managing = managing
        self.serving = serving
        zonecast = ProcessImage.invocation()
        msgq = try SiblingBinary.path(of: "msgq")
        memmgr = try SiblingBinary.path(of: "memmgr")
        authd = try SiblingBinary.path(of: "authd")
    }

    /// The command line of a part that is to run.
    func command(for part: Part, sockets: [Int32], _ assets: borrowing Assets) -> ChildCommand {
        var command: ChildCommand
        switch part {
        case .msgq:
            command = asAccount(
                msgq, ["--socket", folder.socket] + (account.map { ["--group", "\($0.gid)"] } ?? []))
        case .memmgr:
            command = asAccount(memmgr, ["run", "--dir", folder.path] + managing.arguments)
        case .authd, .outgoing:
            command = asAccount(authd, ["--dir", folder.path, "--workers", "\(workers)"] + serving.arguments)
            command.secret = assets.secret
        case .rehearsal:
            command = ChildCommand(zonecast, ProgramArguments.all)
        }
        command.variables = [Variable.child: "\(part)"].merging(Self.crashes) { $1 }
        // The new zonecast is to find what this one has found.
        command.hasShortEnvironment = part != .rehearsal
        command.sockets = sockets
        command.lifeline = assets.lifeline
        command.output = 2
        return command
    }

    /// The command lines by which it shows that each program can be started at all.
    var trials: [ChildCommand] { [msgq, memmgr, authd].map { ChildCommand($0, ["--help"]) } }

    /// The user and group that the manager and the responders run as.
    var identity: (uid: UInt32, gid: UInt32) {
        account.map { ($0.uid, $0.gid) } ?? (geteuid(), getegid())
    }

    /// The manager's command line, such as `memmgr load`, run by us.
    func tool(_ arguments: [String], lifeline: Lifeline) -> ChildCommand {
        var command = asAccount(memmgr, ["--dir", folder.path] + arguments)
        command.hasShortEnvironment = true
        command.lifeline = lifeline
        return command
    }

    private func asAccount(_ program: String, _ arguments: [String]) -> ChildCommand {
        guard let account else { return ChildCommand(program, arguments) }
        return .same(["run-as", account.name, program] + arguments)
    }

    /// Swift's own crash reports keep a dead process from being replaced for a third of a second and more.
    private static var crashes: [String: String?] {
        Environment["SWIFT_BACKTRACE"] == nil ? ["SWIFT_BACKTRACE": "enable=no"] : [:]
    }
}
