// The EDNS options of a query that we answer with options of our own: NSID (RFC 5001), cookies (RFC 7873), TCP keepalive
// (RFC 7828) and zone version (RFC 9660). Most queries have none but a cookie.

import DNSCore
import ZoneImage

/// The options that a query had.
struct RequestedOptions: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    static let identity = RequestedOptions(rawValue: 1)
    static let cookie = RequestedOptions(rawValue: 2)
    static let keepalive = RequestedOptions(rawValue: 4)
    static let zoneVersion = RequestedOptions(rawValue: 8)
    /// A keepalive option with a value, which is malformed if it came over TCP (RFC 7828, section 3.2.1).
    static let keepaliveWithValue = RequestedOptions(rawValue: 16)
}

/// The codes of the options.
enum OptionCode {
    static var identity: UInt16 { 3 }
    static var cookie: UInt16 { 10 }
    static var keepalive: UInt16 { 11 }
    static var zoneVersion: UInt16 { 19 }
}

extension Query {
    /// Notes the options of an OPT record, which fill it exactly; false when one is malformed.
    mutating func readOptions(_ fields: MessageFields, _ record: MessageFields.Record) -> Bool {
        var position = record.rdata.lowerBound
        while position < record.rdata.upperBound {
            let length = Int(fields.word(at: position + 2))
            switch fields.word(at: position) {
            case OptionCode.identity: requested.insert(.identity)
            case OptionCode.cookie:
                // A client's 8 octets, or these and a server's 8 to 32 (RFC 7873, section 4). The first counts (section 5.2).
                if requested.contains(.cookie) { break }
                guard length == 8 || (16...40).contains(length) else { return false }
                requested.insert(.cookie)
                cookieStart = position + 4
                cookieLength = length
            case OptionCode.keepalive: requested.insert(length == 0 ? .keepalive : .keepaliveWithValue)
            case OptionCode.zoneVersion:
                // RFC 9660, section 3.1: empty in queries.
                if length != 0 { return false }
                requested.insert(.zoneVersion)
            default: break
            }
            position += 4 + length
        }
        return true
    }
}

/// The options that an answer gets, made ready before its records so that there is room for them.
struct OptionReply: BitwiseCopyable {
    /// The octets of all of them.
    private(set) var size = 0
    private(set) var identity = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var keepalive: UInt16?
    private(set) var clientCookie: UInt64 = 0
    private(set) var serverCookie: ServerCookie?
    /// The query's server cookie was none of ours.
    private(set) var hasBadCookie = false
    /// The query's server cookie was ours: its source address is no forgery.
    private(set) var hasGoodCookie = false
    /// The version of the zone: labels of its apex, and its serial.
    private(set) var zoneVersion: (labels: UInt8, serial: UInt32)?

    /// Tells the server's name.
    mutating func addIdentity(_ text: UnsafeRawBufferPointer) {
        unsafe identity = text
        size += 4 + text.count
    }

    /// Tells how long an idle connection is kept, in units of 100 ms.
    mutating func addKeepalive(_ timeout: UInt16) {
        keepalive = timeout
        size += 6
    }

    /// Gives the client its cookie back, with the server's: the same as long as that is fresh.
    mutating func addCookie(
        of query: Query, _ fields: MessageFields, from client: ClientAddress, at time: UInt32,
        _ secrets: CookieSecrets
    ) {
        clientCookie = fields.littleEndian(at: query.cookieStart)
        size += 4 + 8 + ServerCookie.size
        if query.cookieLength == 8 + ServerCookie.size {
            let given = ServerCookie(
                head: fields.littleEndian(at: query.cookieStart + 8),
                hash: fields.littleEndian(at: query.cookieStart + 16))
            if given.isValid(for: clientCookie, at: time, from: client, secrets) {
                hasGoodCookie = true
                if !given.isOld(at: time) { serverCookie = given }
            } else {
                hasBadCookie = true
            }
        } else {
            hasBadCookie = query.cookieLength > 8
        }
        serverCookie = serverCookie ?? ServerCookie(for: clientCookie, at: time, from: client, secrets.current)
    }

    /// Tells the serial of the zone that the answer is from, type SOA-SERIAL.
    mutating func addZoneVersion(_ zone: ZoneView) {
        zoneVersion = (UInt8(truncatingIfNeeded: zone.apexLabels), zone.serial.rawValue)
        size += 10
    }
}

extension MessageFields {
    /// Eight octets as a little-endian number; 0 outside the message.
    func littleEndian(at offset: Int) -> UInt64 {
        (0..<4).reduce(0) { $0 | UInt64(word(at: offset + 2 * $1).byteSwapped) << UInt64(16 * $1) }
    }
}

extension MessageWriter {
    /// Appends the options behind an OPT record's fixed fields; room was kept for them.
    mutating func append(_ reply: OptionReply, isAuthoritative: Bool) {
        let identity = unsafe reply.identity
        if identity.count > 0 {
            appendReserved(word: OptionCode.identity)
            appendReserved(word: UInt16(truncatingIfNeeded: identity.count))
            for index in identity.indices { unsafe appendReserved(octet: identity[index]) }
        }
        if let serverCookie = reply.serverCookie {
            appendReserved(word: OptionCode.cookie)
            appendReserved(word: UInt16(8 + ServerCookie.size))
            appendReserved(littleEndian: reply.clientCookie)
            appendReserved(littleEndian: serverCookie.head)
            appendReserved(littleEndian: serverCookie.hash)
        }
        if let keepalive = reply.keepalive {
            appendReserved(word: OptionCode.keepalive)
            appendReserved(word: 2)
            appendReserved(word: keepalive)
        }
        // Of answers from the zone's own data only (RFC 9660, section 3.2).
        if isAuthoritative, let version = reply.zoneVersion {
            appendReserved(word: OptionCode.zoneVersion)
            appendReserved(word: 6)
            appendReserved(octet: version.labels)
            appendReserved(octet: 0)
            appendReserved(word: UInt16(truncatingIfNeeded: version.serial >> 16))
            appendReserved(word: UInt16(truncatingIfNeeded: version.serial))
        }
    }

    private mutating func appendReserved(littleEndian number: UInt64) {
        for index in 0..<8 { appendReserved(octet: UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }
}
