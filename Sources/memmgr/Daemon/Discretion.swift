// What a client is told of the text of master files. The manager may read files that a client may not, and diagnostics quote
// them: they go to root and to the manager's own user only. Others, whom the group of the bus's socket lets in, learn that
// something is wrong, and run `memmgr check` for the rest, which reads the file with their own rights.

import Bus
import Glibc
import JSON

enum Discretion {
    /// Whether a client may be told what the manager has read.
    static func mayHearOfText(_ client: Sender?) -> Bool {
        guard let client else { return false }
        return client.uid == 0 || client.uid == geteuid()
    }

    /// An answer as that client gets it: the `problem` and the `diagnostics` of its `zones` are left out where it may not.
    static func answer(_ answer: JSONValue, to client: Sender?) -> JSONValue {
        guard !mayHearOfText(client), var members = answer.object, let zones = members["zones"]?.array else {
            return answer
        }
        members["zones"] = .array(zones.map(withoutText))
        return .object(members)
    }

    private static func withoutText(_ zone: JSONValue) -> JSONValue {
        guard var members = zone.object else { return zone }
        let file = members["file"]?.string ?? "FILE"
        let hint = "only the system's own user may see why here; who may read the file runs: memmgr check \(file)"
        if members["problem"]?.isNull == false { members["problem"] = .string(hint) }
        if members["diagnostics"]?.array?.isEmpty == false {
            members["diagnostics"] = []
            // Warnings of a zone that was loaded are no problem, and errors have one.
            if members["result"] == "failed" { members["problem"] = .string(hint) }
        }
        return .object(members)
    }
}
