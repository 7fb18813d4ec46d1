// The parts of a system and how each is started.

import CommandOptions
import Platform

/// A program that the supervisor keeps running.
enum Part: Hashable, Sendable, CustomStringConvertible {
    case msgq
    case memmgr
    case authd(Int)

    /// What the part is called in logs and on the bus.
    var description: String {
        switch self {
        case .msgq: "msgq"
        case .memmgr: "memmgr"
        case .authd(let number): "authd.\(number)"
        }
    }
}

/// The command lines of the parts.
struct Programs: Sendable {
    let folder: StateFolder
    private let workers: Int
    private let account: Account?
    private let managing: ManagingOptions
    private let serving: ServingOptions
    /// The key of cookies, which all responders share as long as this process lives.
    private let secret: InheritedSecret
    private let msgq: String
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
        let digits = (0..<32).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }
        secret = try InheritedSecret(Array(digits.joined().utf8))
        msgq = try SiblingBinary.path(of: "msgq")
        memmgr = try SiblingBinary.path(of: "memmgr")
        authd = try SiblingBinary.path(of: "authd")
    }

    func command(for part: Part, sockets: [Int32], lifeline: Lifeline) -> ChildCommand {
        var command: ChildCommand
        switch part {
        case .msgq:
            command = ChildCommand(msgq, ["--socket", folder.socket])
            if let account { command.arguments += ["--group", "\(account.gid)"] }
        case .memmgr:
            command = asAccount(memmgr, ["run", "--dir", folder.path] + managing.arguments)
        case .authd:
            command = asAccount(authd, ["--dir", folder.path, "--workers", "\(workers)"] + serving.arguments)
            command.secret = secret
        }
        command.variables = [Variable.child: "\(part)"].merging(Self.crashes) { $1 }
        command.sockets = sockets
        command.lifeline = lifeline
        command.output = 2
        return command
    }

    /// The manager's command line, such as `memmgr load`, run by us.
    func tool(_ arguments: [String], lifeline: Lifeline) -> ChildCommand {
        var command = ChildCommand(memmgr, ["--dir", folder.path] + arguments)
        command.lifeline = lifeline
        return command
    }

    private func asAccount(_ program: String, _ arguments: [String]) -> ChildCommand {
        guard let account else { return ChildCommand(program, arguments) }
        return ChildCommand(SiblingBinary.own(), ["run-as", account.name, program] + arguments)
    }

    /// Swift's own crash reports keep a dead process from being replaced for a third of a second and more.
    private static var crashes: [String: String?] {
        Environment["SWIFT_BACKTRACE"] == nil ? ["SWIFT_BACKTRACE": "enable=no"] : [:]
    }
}
