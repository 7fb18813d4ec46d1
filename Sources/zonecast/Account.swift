// `--user NAME`: all that zonecast starts runs as that account; zonecast alone stays root. The bus socket is of the account's
// group, and the state folder is the account's, because memmgr writes its record and the images there.

import ArgumentParser
import CLinux
import Glibc
import Platform

/// A user of this machine.
struct Account: Sendable {
    let name: String
    let uid: uid_t
    let gid: gid_t

    init(named name: String) throws {
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        guard unsafe zc_account_find(name, &uid, &gid) == 0 else {
            throw ValidationError("There is no user '\(name)' on this machine.")
        }
        guard geteuid() == 0 || geteuid() == uid else {
            throw ValidationError("--user \(name) is for root: only root can become another user.")
        }
        self.name = name
        self.uid = uid
        self.gid = gid
    }

    var owner: FolderOwner { FolderOwner(name: name, user: uid, group: gid) }
}

/// `zonecast run-as NAME PROGRAM ARGUMENT…`: the step between the supervisor and a child that runs as someone else.
///
/// posix_spawn can't change the user. So the supervisor starts itself, and the new process becomes the user and then
/// the program, keeping its number, sockets and lifeline.
struct RunAs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run-as", abstract: "Become a user, then a program.", shouldDisplay: false)

    @Argument var user: String
    @Argument var program: String
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

    func run() throws {
        do throws(PlatformError) {
            _ = try System.linux(.become, user) { unsafe zc_account_become(user) }
            try ProcessImage.replace(with: program, arguments)
        } catch {
            fail(error.description, error.exitStatus)
        }
    }
}
