// A question as it came in: the header's fields, the question, and what EDNS says (RFC 1035, section 4.1; RFC 6891).

import DNSCore
import ZoneImage

/// How a query came, which decides how long its answer may be.
public enum Transport: Sendable {
    case udp
    case tcp
}

/// What reading a query has come to.
package enum QueryStatus: BitwiseCopyable {
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

/// A query that has been read. The name's storage is the responder's.
package struct Query: BitwiseCopyable {
    package internal(set) var status = QueryStatus.ignored
    /// The identifier as it stands in the message, and the flags in host order.
    var id: UInt16 = 0
    var flags: UInt16 = 0
    package internal(set) var name: LookupName
    package internal(set) var type = RRType(rawValue: 0)
    var rrClass = RRClass.in
    /// The octets of the question section; 0 when it could not be read.
    var questionLength = 0
    var hasEDNS = false
    /// The requestor wants DNSSEC records (RFC 3225).
    var wantsDNSSEC = false
    /// The requestor's payload size in octets; 512 without EDNS.
    var payload = EDNS.minimumPayload
    /// The options that are answered with one of ours, and where the cookie's octets stand in the message.
    var requested: RequestedOptions = []
    var cookieStart = 0
    var cookieLength = 0
    /// Where a TSIG record stands in the message; 0: there is none.
    var signature = 0
    /// The zone that the name is in, and which suffix of the name is its apex.
    var zone = ZoneMatch.none
    /// What was found out about the name in the zone so far.
    var start = LookupStart(suffix: 0)

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
