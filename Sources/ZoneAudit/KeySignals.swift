// Whether CDS and CDNSKEY, by which a zone has its parent change its DS records, fit the zone's keys and each other (RFC 7344,
// section 4; RFC 8078). A parent that obeys one that fits no key makes the zone bogus.

import Crypto
import DNSCore
import ZoneImage

extension ZoneAudit {
    /// Checks the records at the apex.
    mutating func checkKeySignals(of zone: ZoneView) {
        let apex = zone.view(zone.apexNode)
        let owner = zone.ownerWire(of: apex)
        func rdata(_ type: RRType) -> [[UInt8]] {
            let part = apex.part(of: type)
            return part.isNone ? [] : zone.records(of: part, owner: owner, signatures: false).map(\.rdata)
        }
        let (digests, signalled) = (rdata(.cds), rdata(.cdnskey))
        // Zone keys that are not revoked, as the DS records of a parent point to them.
        let keys = rdata(.dnskey).filter { $0.count > 4 && $0[0] & 1 != 0 && $0[1] & 0x80 == 0 }
        // Both have algorithm 0 for "remove all DS records" (RFC 8078, section 4).
        let removals = [
            digests.first { $0.count >= 3 && $0[2] == 0 }, signalled.first { $0.count >= 4 && $0[3] == 0 },
        ]
        for (removal, (type, records)) in zip(removals, [(RRType.cds, digests), (.cdnskey, signalled)]) {
            guard let removal, records.count > 1 else { continue }
            mismatch("the \(type) record that removes all DS records stands beside others", type, owner, removal)
        }
        if !digests.isEmpty, !signalled.isEmpty, (removals[0] == nil) != (removals[1] == nil) {
            mismatch("one of CDS and CDNSKEY removes all DS records, the other does not", .cds, owner, [])
        }
        if removals.contains(where: { $0 != nil }) { return }
        for digest in digests {
            let names = ZoneAudit.name(ofDigest: digest)
            if !keys.contains(where: { ZoneAudit.fits(digest, $0, owner) }) {
                mismatch("the CDS record with \(names) fits no DNSKEY record", .cds, owner, digest)
            }
            if !signalled.isEmpty, !signalled.contains(where: { ZoneAudit.fits(digest, $0, owner) }) {
                mismatch("the CDS record with \(names) fits no CDNSKEY record", .cds, owner, digest)
            }
        }
        for key in signalled {
            let name = "key tag \(ZoneAudit.tag(of: key))"
            if !keys.contains(key) {
                mismatch("the CDNSKEY record with \(name) is no DNSKEY record of the zone", .cdnskey, owner, key)
            }
            if !digests.isEmpty, !digests.contains(where: { ZoneAudit.fits($0, key, owner) }) {
                mismatch("the CDNSKEY record with \(name) has no CDS record", .cdnskey, owner, key)
            }
        }
    }

    private mutating func mismatch(_ message: String, _ type: RRType, _ owner: [UInt8], _ rdata: [UInt8]) {
        note(message, at: Subject(owner: owner, type: type, rdata: rdata), warning: .cdsMismatch)
    }

    private static func name(ofDigest rdata: [UInt8]) -> String {
        guard rdata.count >= 4 else { return "no digest" }
        return "key tag \(Int(rdata[0]) << 8 | Int(rdata[1])) and digest type \(rdata[3])"
    }

    /// Whether a digest is that of a key; one of an unknown type fits by tag and algorithm.
    private static func fits(_ digest: [UInt8], _ key: [UInt8], _ owner: [UInt8]) -> Bool {
        guard digest.count > 4, key.count > 4, Int(digest[0]) << 8 | Int(digest[1]) == tag(of: key), digest[2] == key[3]
        else {
            return false
        }
        let input = owner.map(ASCII.lowercase) + key
        switch digest[3] {
        case 1: return Insecure.SHA1.hash(data: input).elementsEqual(digest[4...])
        case 2: return SHA256.hash(data: input).elementsEqual(digest[4...])
        case 4: return SHA384.hash(data: input).elementsEqual(digest[4...])
        default: return true
        }
    }

    /// RFC 4034, appendix B; algorithm 1, which counts otherwise, signs nothing any more.
    private static func tag(of key: [UInt8]) -> Int {
        let sum = key.enumerated().reduce(0) { $0 + (Int($1.element) << ($1.offset.isMultiple(of: 2) ? 8 : 0)) }
        return (sum + sum >> 16) & 0xFFFF
    }
}
