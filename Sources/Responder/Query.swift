// A question as it came in: the header's fields, the question, and what EDNS says (RFC 1035, section 4.1; RFC 6891).

import DNSCore
import ZoneImage

/// How a query came, which decides how long its answer may be.
public enum Transport: Sendable {
    case udp
    case tcp
}

/// What reading a query has come to.
enum QueryStatus: BitwiseCopyable {
    /// A question that a zone may answer.
    case question
    /// The answer is this response code and nothing else.
    case failure(RCode)
    /// A question for a type that must not be asked for.
    case invalidType
    /// A question about the server itself, of class CH.
    case serverQuestion
    /// A cookie and no question (RFC 7873, section 5.4).
    case cookieOnly
    /// No answer at all: a response, or too short to have a header.
    case ignored
}

/// What of a query the header and the OPT record of its answer depend on.
struct QueryHeader: BitwiseCopyable {
    /// The identifier as it stands in the message, and the flags in host order.
    var id: UInt16 = 0
    var flags: UInt16 = 0
    /// The octets of the question section; 0 when it could not be read.
    var questionLength: UInt16 = 0
    /// The requestor's payload size in octets; 512 without EDNS.
    var payload = UInt16(EDNS.minimumPayload)
    var hasEDNS = false
    /// The requestor wants DNSSEC records (RFC 3225).
    var wantsDNSSEC = false

    /// The first octet behind the question.
    var end: Int { MessageHeader.size &+ Int(questionLength) }
}

/// A query that has been read. The name's storage is the responder's.
struct Query: BitwiseCopyable {
    var status = QueryStatus.ignored
    var header = QueryHeader()
    let name: LookupName
    var type = RRType(rawValue: 0)
    var rrClass = RRClass.in
    /// The options that are answered with one of ours, and where the cookie's octets stand in the message.
    var requested: RequestedOptions = []
    var cookieStart = 0
    var cookieLength = 0
    /// Where a TSIG record stands in the message; 0: there is none.
    var signature = 0
    /// The zone that the name is in, and which suffix of the name is its apex.
    var zone = ZoneMatch.none
    /// The zone that the directory offers for it, and which suffix of the name its apex should be; -1: none.
    var likelyZone: (number: Int, suffix: Int) = (-1, 0)
    /// What was found out about the name in the zone so far.
    var start = LookupStart(suffix: 0)
    /// The part that its answer most likely begins with, and the nodes whose addresses belong to that.
    var part = PartReference.none
    var targets = (NodeReference.none, NodeReference.none)

    init(name: LookupName) {
        self.name = name
    }
}

/// Which zone a name is in.
enum ZoneMatch: BitwiseCopyable {
    /// None that is served here.
    case none
    /// One that is configured and has no good version.
    case unavailable
    case found(ZoneView)
}
