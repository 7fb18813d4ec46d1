// What holds between the fields of some types, which no field knows by itself: for rdata from text and for rdata that was
// given as octets.

import DNSCore

/// The rules between fields.
enum RDataConsistency {
    /// What is wrong, and the number of the field that shows it.
    struct Complaint {
        let field: Int
        let text: String
    }

    /// What is wrong with rdata each field of which is of its form; nil: nothing.
    @inline(__always)
    static func complaint(about rdata: Octets, of type: RRType) -> Complaint? {
        switch type {
        case .ds, .cds, .dlv, .ta: length(ofDigest: rdata.count - 4, field: 3, digestSize(rdata[3]))
        case .sshfp: length(ofDigest: rdata.count - 2, field: 2, fingerprintSizes[rdata[1]])
        case .zonemd: length(ofZoneDigest: rdata.count - 6, algorithm: rdata[5])
        case .x25: number(rdata)
        default: nil
        }
    }

    /// IANA's "DS RR Type Digest Algorithms": SHA-1, SHA-256, GOST R 34.11-94, SHA-384, GOST R 34.11-2012, SM3.
    @inline(__always)
    private static func digestSize(_ type: UInt8) -> Int? {
        switch type {
        case 1: 20
        case 2, 3, 5, 6: 32
        case 4: 48
        default: nil
        }
    }
    /// IANA's "SSHFP RR Types for fingerprint types": SHA-1, SHA-256.
    private static let fingerprintSizes: [UInt8: Int] = [1: 20, 2: 32]
    /// IANA's "ZONEMD Hash Algorithms": SHA-384, SHA-512.
    private static let zoneDigestSizes: [UInt8: Int] = [1: 48, 2: 64]

    @inline(__always)
    private static func length(ofDigest octets: Int, field: Int, _ expected: Int?) -> Complaint? {
        guard let expected, octets != expected else { return nil }
        return Complaint(field: field, text: "the digest has \(octets) octets, but one of its type has \(expected)")
    }

    private static func length(ofZoneDigest octets: Int, algorithm: UInt8) -> Complaint? {
        if octets < 12 {
            return Complaint(
                field: 3, text: "the digest has \(octets) octets, but none has less than 12 (RFC 8976, 2.2.4)")
        }
        return length(ofDigest: octets, field: 3, zoneDigestSizes[algorithm])
    }

    /// RFC 1183, section 3.1.
    private static func number(_ rdata: Octets) -> Complaint? {
        let digits = rdata.array.dropFirst()
        if digits.count >= 4, digits.allSatisfy(ASCII.isDigit) { return nil }
        return Complaint(field: 0, text: "an X.25 address has at least four digits and nothing else")
    }
}
