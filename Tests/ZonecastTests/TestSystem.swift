// A running zonecast for one test: the real supervisor and bus daemon, with shell scripts in place of memmgr and authd.
// The scripts write what they are given to `DIR/log` and do what files in DIR tell them.

import Glibc
import Platform
import TestSupport
import Testing

/// The scripts' texts.
enum FakeParts {
    static let memmgr = """
        #!/bin/sh
        [ "$1" = --help ] && exit 0
        if [ "$1" = run ]; then
            dir=$3
            # A script has no thread to watch its lifeline; this child of it does.
            (eval "read line <&$ZONECAST_LIFELINE"; kill -9 $$) &
            watcher=$!
            trap 'echo "memmgr ends" >> "$dir/log"; exit 0' TERM
            trap 'echo "memmgr reloads" >> "$dir/log"' HUP
            # Its hello, when a test wants it. Who says it is known by the connection.
            hello() {
                printf '\\000\\000\\000\\131\\000\\102%s%s' \
                    '{"type":"send","to":"*","group":"Zonecast","instance":"*","seq":1}' '{"command":["hello"]}' \
                    >&$ZONECAST_BUS
            }
            trap hello USR1
            echo "memmgr $*" >> "$dir/log"
            # Signals end a wait, and nothing polls: many of these run at once.
            while :; do wait $watcher; done
        fi
        dir=$2
        shift 2
        case "$1" in
        load)
            echo "$*" >> "$dir/log"
            exit $(cat "$dir/load-exit" 2> /dev/null || echo 0)
            ;;
        status)
            # Nothing is ready before the traps are set.
            grep -qs '^memmgr run' "$dir/log" && grep -qs '^authd.1 L' "$dir/log" || exit 69
            cat "$dir/status"
            ;;
        esac
        """

    static let authd = """
        #!/bin/sh
        [ "$1" = --help ] && exit 0
        dir=$2
        ls -l /proc/$$/fd | grep -v " $ZONECAST_BUS -> " |
            sed -n "s|.* \\([0-9]*\\) -> socket:|$ZONECAST_CHILD \\1 |p" >> "$dir/sockets"
        if [ -e "$dir/authd-fails" ]; then
            echo "$ZONECAST_CHILD fails" >> "$dir/log"
            exit 1
        fi
        (eval "read line <&$ZONECAST_LIFELINE"; kill -9 $$) &
        watcher=$!
        trap 'echo "$ZONECAST_CHILD ends" >> "$dir/log"; exit 0' TERM
        if [ -e "$dir/authd-is-stubborn" ]; then trap '' TERM; fi
        echo "$ZONECAST_CHILD $*" >> "$dir/log"
        echo "$ZONECAST_CHILD LISTEN_FDS=$LISTEN_FDS" >> "$dir/log"
        while :; do wait $watcher; done
        """
}

/// One zonecast in a folder of its own. It and what it has started are gone when this is.
final class TestSystem {
    private let folderOfTest: TemporaryFolder
    var folder: String { folderOfTest.path }
    let endpoint: Endpoint
    private(set) var supervisor: ChildProcess?
    private var output: Descriptor
    private var ended: ProcessEnd?

    static let serving = """
        {"format":1,"generation":12,"zone_count":2,"served_count":1,"zones":[{"zone":"example.","state":"serving"},{"zone":"b.","state":"failed"}],
        "consumers":[{"name":"authd.1","serving":12},{"name":"authd.2","serving":12}]}
        """

    /// Prepares a system; `run` starts it.
    init() throws {
        folderOfTest = try TemporaryFolder()
        endpoint = Endpoint(address: [127, 0, 0, 1], port: try FreePort.next())
        output = try System.open("/dev/null", O_RDONLY)
        try System.makeFolder(folder + "/bin")
        try System.makeFolder(folder + "/d")
        guard symlink(try SiblingBinary.path(of: "msgq"), folder + "/bin/msgq") == 0 else {
            throw PlatformError.system(SystemError(errno, .open, "msgq"))
        }
        try DurableFile.write(Array(FakeParts.memmgr.utf8), to: folder + "/bin/memmgr", mode: 0o755)
        try DurableFile.write(Array(FakeParts.authd.utf8), to: folder + "/bin/authd", mode: 0o755)
        try put("status", Self.serving)
    }

    deinit {
        if ended == nil, let supervisor {
            supervisor.send(.kill)
            try? supervisor.awaitEnd()
            _ = try? supervisor.end()
        }
        // By the lifeline the others end now. Until the last of them has, it may still write something.
        for _ in 0..<1000 {
            let busHasEnded =
                access(folder + "/d", F_OK) != 0 || (try? FileLock(path: folder + "/d/msgq.sock.lock")) != nil
            if busHasEnded { break }
            usleep(5_000)
        }
    }

    // MARK: Doing

    /// Puts a file into DIR.
    func put(_ name: String, _ text: String) throws {
        try DurableFile.write(Array(text.utf8), to: "\(folder)/d/\(name)")
    }

    /// The path of a file that may be named on a command line: only its being there counts.
    func file(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try DurableFile.write([], to: path)
        return path
    }

    /// A command line for zonecast in this folder.
    func command(_ arguments: [String]) throws -> ChildCommand {
        var command = ChildCommand(try SiblingBinary.path(of: "zonecast"), arguments)
        command.variables = ["ZONECAST_BIN": folder + "/bin", "ZONECAST_DIR": folder + "/d"]
        return command
    }

    /// Starts the supervisor where it can answer.
    func run(_ arguments: [String] = [], sockets: [Int32] = []) throws {
        let listening = sockets.isEmpty ? ["--listen", "\(endpoint)"] : []
        try start(try command(listening + arguments), sockets: sockets)
    }

    /// Starts a zonecast, its output to be read by `line`, its logs going to `DIR/errors`.
    func start(_ zonecast: ChildCommand, sockets: [Int32]) throws {
        let pipe = try System.makePipe()
        var shell = ChildCommand(
            "/bin/sh", ["-c", "exec 2>>\"$ZONECAST_DIR/errors\"; exec \"$@\"", "sh", zonecast.executable])
        shell.arguments += zonecast.arguments
        shell.variables = zonecast.variables
        shell.sockets = sockets
        shell.output = pipe.writing.number
        supervisor = try ChildProcess(shell)
        ended = nil
        output = pipe.closeWriting()
    }

    /// The next line that the supervisor prints; empty at the end of its output.
    func line() async throws -> String {
        var line: [UInt8] = []
        var octet = [UInt8](repeating: 0, count: 1)
        while true {
            try await wait("a line after '\(String(decoding: line, as: UTF8.self))'") {
                try WakeUp.wait(for: [output.number], milliseconds: 0) == [true]
            }
            guard read(output.number, &octet, 1) == 1, octet[0] != UInt8(ascii: "\n") else { break }
            line.append(octet[0])
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Waits for the supervisor's end.
    func end() async throws -> ProcessEnd {
        if let ended { return ended }
        let supervisor = try #require(supervisor)
        try await wait("the end of zonecast") {
            ended = try supervisor.end()
            return ended != nil
        }
        return try #require(ended)
    }

    // MARK: Looking

    /// Waits until something is so; throws what the parts have logged if it never is.
    func wait(_ what: String, until condition: () throws -> Bool) async throws {
        do { try await eventually(what, condition) } catch let failure as TestFailure {
            throw TestFailure("\(failure); the logs:\n\(try logs())")
        }
    }

    private func text(of name: String) throws -> String {
        guard let file = try? System.open("\(folder)/d/\(name)", O_RDONLY) else { return "" }
        return String(decoding: try System.readToEnd(file.number, of: name), as: UTF8.self)
    }

    /// What the scripts have written.
    func record() throws -> [String] { try text(of: "log").split(separator: "\n").map(String.init) }

    /// What went to standard error.
    func logs() throws -> String { try text(of: "errors") }

    /// The sockets that the responders found, by the responder's name: descriptor and the kernel's name of the socket.
    func sockets() throws -> [String: [(descriptor: Int, socket: String)]] {
        var result: [String: [(Int, String)]] = [:]
        for line in try text(of: "sockets").split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3, let number = Int(words[1]) { result[words[0], default: []].append((number, words[2])) }
        }
        return result
    }

    /// The number of a part's process, as the logs have it last.
    func process(of part: String) throws -> pid_t {
        let line = try logs().split(separator: "\n").last { $0.contains(": started \(part) ") }
        return try #require(line?.split(separator: "=").last.flatMap { pid_t($0) }, "\(part) was never started")
    }
}
