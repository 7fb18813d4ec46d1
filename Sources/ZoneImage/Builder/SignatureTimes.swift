// How old the signatures of a zone are: whoever serves expired ones serves nothing to those who validate.

import DNSCore

/// What is known about the times of a zone's signatures, gathered while it is written.
struct SignatureTimes {
    /// In seconds since 1970; nil when nobody wants to know.
    private let now: UInt32?
    private var expired = Group()
    private var ending = Group()
    private var early = Group()

    /// Signatures with some fault.
    private struct Group {
        var count = 0
        /// The one that expires first, or begins last.
        var worst: (row: Int, seconds: Int32)?

        mutating func add(_ row: Int, _ seconds: Int32) {
            count += 1
            if seconds > worst?.seconds ?? .min { worst = (row, seconds) }
        }
    }

    /// Signatures that expire within this time are warned about: three days, in seconds.
    private static let notice: Int32 = 3 * 86_400

    init(now: UInt32?) { self.now = now }

    /// Looks at the RRSIG in a row. Times are compared as RFC 4034, section 3.1.5, says.
    mutating func note(_ rdata: UnsafeRawBufferPointer, row: Int) {
        guard let now, rdata.count >= 18 else { return }
        let expiration = unsafe UInt32(bigEndian: rdata.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        let inception = unsafe UInt32(bigEndian: rdata.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let age = Int32(bitPattern: now &- expiration)
        let wait = Int32(bitPattern: inception &- now)
        if age > 0 {
            expired.add(row, age)
        } else if age > -SignatureTimes.notice {
            ending.add(row, age)
        }
        if wait > 0 { early.add(row, wait) }
    }

    /// One warning for each kind of fault, at the worst signature.
    var problems: [ZoneProblem] {
        var problems: [ZoneProblem] = []
        func warn(_ warning: ZoneWarning, _ group: Group, _ text: (Int32) -> String) {
            guard let worst = group.worst else { return }
            let others = group.count > 1 ? "; so it is with \(group.count) signatures in all" : ""
            problems.append(.warning(warning, worst.row, text(worst.seconds) + others))
        }
        warn(.signatureExpired, expired) {
            "the signature expired \(SignatureTimes.span($0)) ago: validating resolvers reject it"
        }
        warn(.signatureExpiring, ending) { "the signature expires in \(SignatureTimes.span(-$0)): sign the zone again" }
        warn(.signatureEarly, early) {
            "the signature is valid only in \(SignatureTimes.span($0)): validating resolvers reject it until then"
        }
        return problems
    }

    private static func span(_ seconds: Int32) -> String {
        switch seconds {
        case 1: "1 second"
        case ..<120: "\(seconds) seconds"
        case ..<7200: "\(seconds / 60) minutes"
        case ..<172_800: "\(seconds / 3600) hours"
        default: "\(seconds / 86_400) days"
        }
    }
}
