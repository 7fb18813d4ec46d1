// What the shell completes where it must ask: zones and consumers of the running system. The scripts that
// `--generate-completion-script` makes run the command for that, which must be quick and quiet whatever is wrong.

import ArgumentParser
import Bus
import BusClient
import JSON
import Platform

extension CompletionKind {
    /// The names of the zones that the system has.
    static var zones: CompletionKind {
        .custom { words, _, prefix in
            Candidates(words).answers("list", "zones", "zone").filter { $0.hasPrefix(Candidates.plain(prefix)) }
        }
    }

    /// The names of the consumers.
    static var consumers: CompletionKind {
        .custom { words, _, prefix in
            Candidates(words).answers("status", "consumers", "name").filter { $0.hasPrefix(Candidates.plain(prefix)) }
        }
    }
}

/// Asks the system that a command line, as far as it has been typed, is about.
struct Candidates {
    let folder: StateFolder?

    /// Somebody waits with a finger on a key.
    private static let patience = Duration.seconds(1)
    /// More than that nobody reads.
    private static let limit = 1000

    init(_ words: [String]) {
        folder = try? StateFolder(option: Self.folder(in: words))
    }

    /// What `--dir` says among the words.
    static func folder(in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word == "--dir", index + 1 < words.count { return plain(words[index + 1]) }
            if word.hasPrefix("--dir=") { return plain(String(word.dropFirst("--dir=".count))) }
        }
        return nil
    }

    /// A shell word without its quotes and backslashes.
    static func plain(_ word: String) -> String {
        String(word.filter { $0 != "\"" && $0 != "'" && $0 != "\\" })
    }

    /// One member of each entry of a list in the manager's answer; nothing where there is none.
    func answers(_ question: String, _ list: String, _ member: String) -> [String] {
        guard let folder else { return [] }
        let answer = try? Blocking.wait {
            let bus = try await BusConnection.connect(path: folder.socket, deadline: Self.patience)
            return try await bus.call(question, group: BusGroup.manager, deadline: Self.patience)
        }
        let names = (answer?[list]?.array ?? []).compactMap { $0[member]?.string }
        return Array(names.prefix(Self.limit))
    }
}
