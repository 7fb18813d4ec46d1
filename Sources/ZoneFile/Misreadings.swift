// Lines that are read otherwise than their author meant, and what an error in them says of that. None of this decides
// what is right: it only explains errors that the parser has found.

import DNSCore

extension Entry {
    /// Why a line that is wrong was read as it was, if that may surprise; nil otherwise.
    func misreading(_ mnemonics: TypeMnemonics) -> String? {
        guard count > 0, !self[0].isQuoted else { return nil }
        let first = octets(of: self[0])
        if startsWithBlank {
            if mnemonics.type(of: first) == nil {
                return isHeaderWord(0, mnemonics) ? nil : "the line begins with a blank, so it has no owner name"
            }
            // A type that is followed by another type, or by a class, was meant as an owner.
            let second = count > 1 && ASCII.isDigit(octets(of: self[1])[0]) ? 2 : 1
            guard second < count, isHeaderWord(second, mnemonics) else { return nil }
            return "the line begins with a blank, so \(quote(self[0])) was read as the RR type and not as the owner"
        }
        if first[0] == UInt8(ascii: "#") || first.hasPrefixIgnoringCase("//") {
            return "comments begin with ';', so \(quote(self[0])) was read as the owner name"
        }
        return nil
    }

    /// True for what may be between owner and rdata: a class, a type, a TTL.
    private func isHeaderWord(_ index: Int, _ mnemonics: TypeMnemonics) -> Bool {
        if self[index].isQuoted { return false }
        let text = octets(of: self[index])
        return mnemonics.type(of: text) != nil || RRClass(text.text) != nil || TimeToLive.seconds(of: text) != nil
    }

    /// What to say of a word that is expected to be an RR type and is none.
    func unknownType(_ token: Token) -> ParseFailure {
        let text = octets(of: token)
        if text[0] == UInt8(ascii: "$") {
            return fail(token, "expected an RR type, found \(quote(token)): a directive must begin its line")
        }
        if let use = Entry.providerTypes.first(where: { text.equalsIgnoringCase($0.name) })?.use {
            return fail(token, "\(quote(token)) is a feature of some DNS providers and not a DNS type (use \(use))")
        }
        return fail(
            token, "unknown RR type \(quote(token)) (use TYPEnnn for types without a mnemonic, RFC 3597)")
    }

    /// What people know as types from the web pages of providers, and what does the same in the DNS.
    private static let providerTypes: [(name: StaticString, use: String)] = [
        ("ALIAS", address), ("ANAME", address), ("FLATTEN", address), ("POOL", address), ("LUA", address),
        ("URL", redirect), ("URL301", redirect), ("URL302", redirect), ("URLREDIRECT", redirect),
        ("REDIRECT", redirect),
        ("REDIRECT301", redirect), ("REDIRECT302", redirect), ("WEBREDIRECT", redirect), ("WEB", redirect),
        ("FORWARD", redirect), ("FRAME", redirect), ("MASK", redirect), ("PARKED", redirect),
        ("MAILFW", mail), ("MAILFORWARD", mail), ("MBOXFW", mail), ("DKIM", text), ("DMARC", text),
    ]
    private static let address = "A and AAAA records, or an HTTPS record"
    private static let redirect = "an address record of a web server that redirects"
    private static let mail = "an MX record"
    private static let text = "a TXT record"
}
