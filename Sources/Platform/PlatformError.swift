// What can go wrong in this module: a system call that failed, or surroundings that are not as they must be. Each
// describes itself in one sentence that says what to do where that is not plain.

import Glibc

/// A system call that failed.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number in `errno`.
    package let code: Int32

    package let call: SystemCall

    /// The file, socket or program that it was about.
    package let subject: String?

    package init(_ code: Int32, _ call: SystemCall, _ subject: String? = nil) {
        self.code = code
        self.call = call
        self.subject = subject
    }

    /// The system's text for a number, such as "No space left on device".
    package static func text(of code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    package var description: String {
        "could not \(call.rawValue)\(subject.map { " " + $0 } ?? ""): \(Self.text(of: code))"
    }
}

/// Surroundings in which a Zonecast process cannot work.
package enum PlatformError: Error, Hashable, Sendable, CustomStringConvertible {
    case system(SystemError)
    case socketPathTooLong(path: String, length: Int, limit: Int)
    case badEndpoint(text: String, reason: String)
    case badVariable(name: String, value: String, reason: String)
    case badSetting(variable: String, value: String, expected: String)
    case locked(path: String, holder: Int32?)
    case emptyFile(path: String)
    case notASocket(path: String)
    case notOwned(folder: String, owner: String, files: [String])
    case noBinary(name: String, folders: [String])
    case noHome
    case threadsBeforeSandbox(tasks: Int32)
    case tooFewDescriptors(needed: Int, limit: Int)

    package var description: String {
        switch self {
        case .system(let error):
            return error.description
        case .socketPathTooLong(let path, let length, let limit):
            return "the socket path \(path) has \(length) octets, and the kernel takes at most \(limit): "
                + "choose a shorter folder with --dir"
        case .badEndpoint(let text, let reason):
            return "'\(text)' is not ADDRESS:PORT (such as 127.0.0.1:53 or [::1]:53): \(reason)"
        case .badVariable(let name, let value, let reason):
            return "the environment variable \(name)='\(value)' \(reason)"
        case .badSetting(let variable, let value, let expected):
            return "\(variable)='\(value)' in the environment is unknown: expected \(expected)"
        case .locked(let path, let holder):
            return "\(path) is locked by \(holder.map { "process \($0)" } ?? "another process")"
        case .emptyFile(let path):
            return "\(path) is empty"
        case .notASocket(let path):
            return "\(path) is not a socket: the bus needs this name; move the file away"
        case .notOwned(let folder, let owner, let files):
            let names =
                files.prefix(5).joined(separator: ", ") + (files.count > 5 ? " and \(files.count - 5) more" : "")
            return
                "\(names) \(files.count == 1 ? "does" : "do") not belong to \(owner), as the folder was used by another "
                + "user: run `chown -R -h \(owner.contains(":") ? owner : owner + ":") \(folder)` as root, and start again"
        case .noBinary(let name, let folders):
            return "there is no program '\(name)' in \(folders.joined(separator: " or ")): "
                + "build it, or name its folder in \(Variable.binaries)"
        case .noHome:
            return "neither XDG_STATE_HOME nor HOME is set: name the folder with --dir"
        case .threadsBeforeSandbox(let tasks):
            return
                "the sandbox would not hold all of the \(tasks) threads that run already: this is a mistake in the program; "
                + "--no-sandbox goes without it"
        case .tooFewDescriptors(let needed, let limit):
            return "\(needed) descriptors are needed and the limit is \(limit): raise it with `ulimit -n`, or "
                + "LimitNOFILE= under systemd"
        }
    }

    /// True when the process or the machine had too little of something for the moment: no descriptor, no memory. It says nothing
    /// about what was to be opened.
    package var isShortage: Bool {
        guard case .system(let error) = self else { return false }
        return [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(error.code)
    }

    /// The exit code for a process that ends because of this.
    package var exitStatus: ExitStatus {
        switch self {
        case .system, .emptyFile, .notASocket, .notOwned: .ioError
        case .badEndpoint, .badSetting, .socketPathTooLong: .usage
        case .tooFewDescriptors: .noMemory
        case .badVariable, .locked, .noBinary, .noHome, .threadsBeforeSandbox: .failed
        }
    }
}
