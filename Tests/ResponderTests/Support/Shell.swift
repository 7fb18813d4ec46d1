// Tools of the machine that tests run: a signer, peers.

import Glibc
import Platform
import ResponderModel
import TestSupport

/// The text of a file.
func contents(of path: String) throws -> String {
    let file = try System.open(path, O_RDONLY)
    return String(decoding: try System.readToEnd(file.number, of: path), as: UTF8.self)
}

enum Shell {
    /// Runs a script to its end, which must be a success.
    static func run(_ script: String) throws {
        let process = try ChildProcess(ChildCommand("/bin/sh", ["-c", script]))
        try process.awaitEnd()
        let end = try process.end()
        guard end == .exited(0) else { throw WireError("\(script): \(end.map(\.description) ?? "no end")") }
    }

    /// The zone's text signed by `ldns-signzone` (Debian's ldnsutils), one record a line: with NSEC, or what `options` say.
    static func sign(_ text: String, origin: String, options: String = "") throws -> String {
        let folder = try TemporaryFolder()
        return try sign(text, origin: origin, options: options, in: folder)
    }

    /// The same; the folder then holds the public key in `key`.
    static func sign(_ text: String, origin: String, options: String, in folder: TemporaryFolder) throws -> String {
        try folder.write(text, to: "zone")
        try run(
            """
            cd '\(folder.path)' && key=$(ldns-keygen -a ED25519 -k '\(origin)') && cp "$key.key" key \
            && ldns-signzone \(options) -o '\(origin)' -f signed zone "$key" >log 2>&1 || { cat log >&2; exit 1; }
            """)
        return "$ORIGIN \(origin)\n" + (try folder.text(of: "signed"))
    }
}
