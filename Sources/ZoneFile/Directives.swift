// The directives: $ORIGIN, $INCLUDE (RFC 1035, section 5.1), $TTL (RFC 2308, section 4). $GENERATE has its own file.

import DNSCore
import Platform

/// A directive that leads to further entries, carried out when its own has been left behind.
enum Directive {
    case include(path: String, origin: Name?, from: Place)
    case generate(Generator, from: Place)
}

extension ZoneParser {
    /// The longest path that Linux opens.
    private static let longestPath = 4095

    /// Parses a directive, and carries it out if it only changes the state.
    mutating func parseDirective(file: Int, line: Int) throws(ParseFailure) -> Directive? {
        let word = try entry.take("a directive")
        let text = entry.octets(of: word)
        if text.equalsIgnoringCase("$ORIGIN") {
            let name = try takeName("an origin")
            try entry.expectEnd()
            setOrigin(name)
            return nil
        }
        if text.equalsIgnoringCase("$TTL") {
            let ttl = try entry.timeToLive(of: entry.takeWord("a TTL"))
            try entry.expectEnd()
            defaultTTL = ttl
            return nil
        }
        if text.equalsIgnoringCase("$INCLUDE") {
            let token = try entry.take("a file name")
            var path: [UInt8] = []
            try entry.appendCharacters(of: token, to: &path)
            if path.isEmpty || path.contains(0) || path.count > ZoneParser.longestPath {
                throw entry.fail(token, "expected a file name of 1 to \(ZoneParser.longestPath) octets")
            }
            let name = entry.isAtEnd ? nil : try takeName("an origin for the file")
            try entry.expectEnd()
            if files.depth > limits.includeDepth {
                throw entry.fail(token, "$INCLUDE is nested more than \(limits.includeDepth) deep")
            }
            return .include(
                path: resolve(String(path: path), from: files.names[file]), origin: name,
                from: place(of: token, file: file, line: line))
        }
        if text.equalsIgnoringCase("$GENERATE") {
            let generator = try Generator(&entry)
            return .generate(generator, from: place(of: word, file: file, line: line))
        }
        throw entry.fail(
            word, "unknown directive \(entry.quote(word)) (known are $ORIGIN, $TTL, $INCLUDE and $GENERATE)")
    }

    /// Carries out a directive that was parsed from an entry of `file`.
    mutating func obey(_ directive: Directive, file: Int) {
        switch directive {
        case .include(let path, let origin, let place):
            include(path, origin: origin, from: place)
        case .generate(let generator, let place):
            generate(generator, file: file, from: place)
        }
    }

    /// Reads an included file; afterwards origin and owner are what they were (RFC 1035, section 5.1).
    private mutating func include(_ path: String, origin includedOrigin: Name?, from place: Place) {
        let savedOrigin = origin.name
        let savedOwner = owner.name
        let savedPrevious = previousOwner
        if let includedOrigin { setOrigin(includedOrigin) }
        open(path: path, from: place)
        setOrigin(savedOrigin)
        owner.set(to: savedOwner)
        ownerText.removeAll()
        previousOwner = savedPrevious
    }

    private mutating func setOrigin(_ name: Name) {
        origin.set(to: name)
        ownerText.removeAll()
        originIsInZone = name.isAtOrBelow(apex)
    }

    private mutating func takeName(_ what: String) throws(ParseFailure) -> Name {
        let token = try entry.takeWord(what)
        let text = entry.octets(of: token)
        if text.count == 1, text[0] == UInt8(ascii: "@") { return origin.name }
        do {
            var name = NameBuffer(.root)
            try name.set(toText: text, relativeTo: origin.octets)
            return name.name
        } catch {
            throw entry.fail(token, "\(error)")
        }
    }

    private func place(of token: Token, file: Int, line: Int) -> Place {
        let position = entry.position(of: token.offset)
        return Place(file: files.names[file], line: line + position.line, column: position.column)
    }

    /// A path as the including file means it: relative to the folder that this file is in.
    private func resolve(_ path: String, from includer: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        guard let slash = includer.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(includer[...slash]) + path
    }
}
