// What a command line with an unknown word or option probably meant. The library that parses command lines complains about
// whatever it meets first; a misspelt word is worth more than what follows from it.

import ArgumentParser
import Glibc
import JSON
import Platform

/// The parsing of command lines, with the nearest name for what is misspelt.
package enum Misspelling {
    /// The command that the words stand for. Ends the process with a message when they stand for none.
    package static func parse(_ root: any ParsableCommand.Type, _ words: [String]) -> any ParsableCommand {
        do {
            return try root.parseAsRoot(words)
        } catch {
            // Anything but wrong usage is a wish, such as --help.
            if root.exitCode(for: error) == .validationFailure, let complaint = complaint(about: words, of: root) {
                end(root, complaint)
            }
            root.exit(withError: error)
        }
    }

    /// The same for a program without subcommands.
    package static func parse<Command: ParsableCommand>(only root: Command.Type, _ words: [String]) -> Command {
        guard let command = parse(root, words) as? Command else { root.exit() }
        return command
    }

    /// Ends the process with a complaint about its command line.
    package static func end(_ root: any ParsableCommand.Type, _ complaint: String) -> Never {
        let name = root.configuration.commandName ?? "\(root)".lowercased()
        let text = "Error: \(complaint.shown)\nSee '\(name) --help' for more information.\n"
        _ = unsafe text.utf8CString.withUnsafeBufferPointer {
            unsafe write(STDERR_FILENO, $0.baseAddress, $0.count - 1)
        }
        ExitStatus.usage.exit()
    }

    /// The names of the subcommands that people may use.
    package static func subcommands(of root: any ParsableCommand.Type) -> [String] {
        root.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName } + ["help"]
    }

    /// What is wrong with the first word or option that is unknown; nil if none is.
    package static func complaint(about words: [String], of root: any ParsableCommand.Type) -> String? {
        guard let help = try? JSONValue(text: Array(root._dumpHelp().utf8)), let command = help["command"] else {
            return nil
        }
        // The description leaves it out where the command has no name but that of its type.
        let fallback = root.configuration.defaultSubcommand?._commandName
        return complaint(about: words[...], KnownCommand(command, fallback: fallback))
    }

    private static func complaint(about words: ArraySlice<String>, _ first: KnownCommand) -> String? {
        var command = first
        var rest = words
        while let word = rest.popFirst(), word != "--" {
            if word.hasPrefix("--") {
                let name = String(word.prefix { $0 != "=" })
                guard let takesValue = command.options[name] else {
                    // One of a subcommand's may stand before it by mistake, which is another complaint.
                    let names = Set(command.options.keys).union(command.subcommands.values.flatMap(\.options.keys))
                        .sorted()
                    if names.contains(name) { return nil }
                    return "Unknown option '\(name)'\(hint(Spelling.nearest(to: name, among: names)))"
                }
                if takesValue, !word.contains("=") { rest = rest.dropFirst() }
            } else if word.hasPrefix("-"), word != "-" {
                if command.options[word] == true { rest = rest.dropFirst() }
            } else if !command.subcommands.isEmpty {
                if let next = command.subcommands[word] {
                    command = next
                } else if word == "help" {
                    return nil
                } else {
                    let names = command.subcommands.filter(\.value.isShown).keys.sorted() + ["help"]
                    let nearest = Spelling.nearest(to: word, among: names)
                    guard let fallback = command.fallback.flatMap({ command.subcommands[$0] }) else {
                        return "Unknown subcommand '\(word)'\(hint(nearest))"
                    }
                    if nearest != nil, !System.mayAccess(word, F_OK) {
                        return "Unknown subcommand '\(word)'\(hint(nearest))"
                    }
                    command = fallback
                }
            }
        }
        return nil
    }

    private static func hint(_ nearest: String?) -> String { nearest.map { ". Did you mean '\($0)'?" } ?? "" }
}

/// A command as the library describes it.
private struct KnownCommand {
    /// Whether an option takes a value, by its name with dashes.
    let options: [String: Bool]
    let subcommands: [String: KnownCommand]
    /// The subcommand that is meant where none is named.
    let fallback: String?
    let isShown: Bool

    init(_ command: JSONValue, fallback: String? = nil) {
        var options = ["--help": false, "-h": false, "--version": false, "--help-hidden": false]
        options["--generate-completion-script"] = true
        options["--experimental-dump-help"] = false
        var subcommands: [String: KnownCommand] = [:]
        for subcommand in command["subcommands"]?.array ?? [] {
            if let name = subcommand["commandName"]?.string { subcommands[name] = KnownCommand(subcommand) }
        }
        for argument in command["arguments"]?.array ?? [] {
            for name in argument["names"]?.array ?? [] {
                guard let text = name["name"]?.string else { continue }
                options[(name["kind"] == "long" ? "--" : "-") + text] = argument["kind"] == "option"
            }
        }
        self.fallback = fallback
        // Options of the command that is meant may come first.
        if let fallback, let meant = subcommands[fallback] { options.merge(meant.options) { $1 } }
        isShown = command["shouldDisplay"]?.bool != false
        self.options = options
        self.subcommands = subcommands
    }
}
