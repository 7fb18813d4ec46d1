// One query for each way in which an answer comes about, with the zone and the options that it takes.

import DNSCore
import Responder
import ResponderModel

/// A kind of answer.
struct AnswerKind {
    let name: String
    let query: [UInt8]
    var chain = ModelComparison.Chain.none
    var transport = Transport.udp
    var options = ResponderOptions()

    /// All kinds, with names that differ.
    static let all: [AnswerKind] = unsigned + signed + protocols

    private static let unsigned = [
        of("positive", "www.z. A"), of("positive-edns", "www.z. A +edns"), of("cname", "alias.z. A"),
        of("dname", "www.d.z. A"), of("wildcard", "any.w.z. A"), of("wildcard-cname", "any.v.z. A"),
        of("mx", "z. MX"), of("referral", "www.child.z. A"), of("nodata", "www.z. TXT"), of("nxdomain", "missing.z. A"),
        of("nxdomain-deep", "a.b.c.d.e.missing.z. A"), of("truncated", "large.z. TXT"), of("any", "www.z. ANY"),
        of("large-edns", "large.z. TXT +edns"), of("loop", "loop.z. A"),
    ]

    private static let signed = [ModelComparison.Chain.nsec, .nsec3, .optOut].flatMap { chain in
        [
            of("positive", "www.z. A +dnssec", chain), of("wildcard", "any.w.z. A +dnssec", chain),
            of("referral", "www.child.z. A +dnssec", chain), of("referral-ds", "www.safe.z. A +dnssec", chain),
            of("nodata", "www.z. TXT +dnssec", chain), of("wildcard-nodata", "any.w.z. TXT +dnssec", chain),
            of("nxdomain", "missing.z. A +dnssec", chain),
        ]
    }

    private static let protocols: [AnswerKind] = {
        var version = TestQuery("www.z. A +edns")
        version.version = 1
        var cookie = TestQuery("www.z. A +edns")
        cookie.options = [0, 10, 0, 8] + [UInt8](1...8) + [0, 3, 0, 0]
        var wrong = TestQuery("www.z. A +edns")
        wrong.options = [0, 10, 0, 24] + [UInt8](1...24)
        var opcode = TestQuery("z. SOA")
        opcode.flags = 4 << 11
        var chaos = TestQuery("id.server. TXT")
        chaos.rrClass = 3
        let two = TestQuery("www.z. A")
        var configured = ResponderOptions()
        configured.cookieSecrets = .random()
        configured.identity = Array("here".utf8)
        configured.idleTimeout = 100
        var closed = ResponderOptions()
        closed.access = AccessList(denied: [AddressPrefix(octets: [192, 0, 2, 0], length: 24)].compactMap(\.self))
        var limited = ResponderOptions()
        limited.rateTable = RateTable(RateLimit(answersPerSecond: 1))
        return [
            AnswerKind(name: "badvers", query: version.bytes),
            AnswerKind(name: "cookie-and-nsid", query: cookie.bytes, options: configured),
            AnswerKind(name: "cookie-wrong", query: wrong.bytes, options: configured),
            AnswerKind(name: "chaos", query: chaos.bytes, options: configured),
            AnswerKind(name: "notimp", query: opcode.bytes),
            AnswerKind(name: "formerr", query: two.header([2, 0, 0, 0]) + two.question + two.question),
            AnswerKind(name: "ignored", query: [0, 1, 2]),
            AnswerKind(name: "refused", query: TestQuery("www.elsewhere. A +edns").bytes),
            AnswerKind(name: "denied", query: TestQuery("www.z. A +edns").bytes, options: closed),
            AnswerKind(name: "rate-limited", query: TestQuery("www.z. A").bytes, options: limited),
            AnswerKind(name: "tcp-positive", query: TestQuery("www.z. A").bytes, transport: .tcp),
            AnswerKind(name: "tcp-any", query: TestQuery("www.z. ANY").bytes, transport: .tcp),
            AnswerKind(name: "tcp-large", query: TestQuery("large.z. TXT").bytes, transport: .tcp),
        ]
    }()

    private static func of(_ name: String, _ query: String, _ chain: ModelComparison.Chain = .none) -> AnswerKind {
        AnswerKind(
            name: chain == .none ? name : "\(chain.rawValue)-\(name)", query: TestQuery(query).bytes, chain: chain)
    }

    /// The records of the zone that all kinds are asked of.
    static let records: [ResourceRecord] = {
        func name(_ text: String) -> Name { Name(known: text) }
        let text = [UInt8](repeating: 0x61, count: 200)
        return ResourceRecord.head + [
            .a(name("b.a.z.")), .a(name("www.z.")), .named(name("alias.z."), .cname, "www.z."),
            ResourceRecord(owner: name("www.z."), type: .a, ttl: 5, rdata: [192, 0, 2, 2]),
            .named(name("d.z."), .dname, "z."), .a(name("*.w.z.")), .named(name("*.v.z."), .cname, "www.z."),
            ResourceRecord(owner: name("z."), type: .mx, ttl: 9, rdata: [0, 1] + name("www.z.").wire),
            .named(name("child.z."), .ns, "ns.child.z."), .named(name("child.z."), .ns, "ns.elsewhere."),
            .a(name("ns.child.z.")), .named(name("safe.z."), .ns, "ns.elsewhere."), .ds(name("safe.z.")),
            .named(name("loop.z."), .cname, "x.loop.z."), .named(name("x.loop.z."), .cname, "loop.z."),
        ]
            + (0..<4).map {
                ResourceRecord(owner: name("large.z."), type: .txt, ttl: 9, rdata: [201, UInt8($0)] + text)
            }
    }()
}
