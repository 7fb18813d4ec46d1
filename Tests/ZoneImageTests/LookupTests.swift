// Finding names by the hash index and by order, against the plainest way to do the same.

import DNSCore
import Testing

@testable import ZoneImage

@Suite struct LookupTests {
    /// Calls `body` with a name that is ready to be looked up in a zone or a directory.
    static func withLookupName<Result>(
        _ name: Name, in zone: ZoneView? = nil, of directory: DirectoryView? = nil,
        _ body: (LookupName) throws -> Result
    ) rethrows -> Result {
        let lookup = LookupName.allocate()
        defer { lookup.deallocate() }
        _ = name.wire.withUnsafeBytes { lookup.read($0) }
        directory?.prepare(lookup)
        zone?.prepare(lookup)
        return try body(lookup)
    }

    @Test(arguments: [0, 1, 2, 6, 7, 8, 9, 12, 13, 50, 100, 1000, 5000])
    func everyNameIsFoundInAnIndexOfAnySize(_ count: Int) throws {
        var records = try table("$ORIGIN example.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.test.\n")
        for index in 0..<count {
            try records.append(
                owner: Name("n\(index * 7919 % 100_003).example."), type: .a, ttl: 1, rdata: [1, 2, 3, 4])
        }
        let zone = TestZone(try #require(ZoneBuilder.build(records).zone))
        for index in 0..<count {
            let name = try Name("N\(index * 7919 % 100_003).example.")
            Self.withLookupName(name, in: zone.view) { lookup in
                guard case .exact(let node) = zone.view.lookup(lookup) else {
                    Issue.record("\(name) of \(count) is not found")
                    return
                }
                #expect(Name(wire: zone.view.ownerWire(of: zone.view.view(node))) == name)
            }
        }
        for index in 0..<100 {
            Self.withLookupName(try Name("x\(index).example."), in: zone.view) { lookup in
                guard case .missing(let encloser, _, let wildcard) = zone.view.lookup(lookup) else {
                    Issue.record("x\(index) of \(count) is found")
                    return
                }
                #expect(encloser == zone.view.apexNode && wildcard.isNone)
            }
        }
    }

    @Test(arguments: UInt64(0)..<40)
    func namesResolveAsTheRecordsSay(_ seed: UInt64) throws {
        var made = RandomZone(seed: seed)
        let zone = TestZone(try #require(ZoneBuilder.build(try table(made.records, origin: made.origin)).zone))
        let cuts = Set(made.records.filter { $0.type == .ns && $0.owner != made.origin }.map(\.owner))
        func isOccluded(_ name: Name) -> Bool {
            var above = name.parent
            while let next = above, next.isAtOrBelow(made.origin) {
                if cuts.contains(next) { return true }
                above = next.parent
            }
            return false
        }
        var existing: Set<Name> = [made.origin]
        for record in made.records where !isOccluded(record.owner) {
            var name: Name? = record.owner
            while let next = name, next.isAtOrBelow(made.origin), existing.insert(next).inserted { name = next.parent }
        }
        var asked = Set(made.records.map(\.owner)).union(existing)
        for name in asked {
            let label = [UInt8(1), UInt8.random(in: 0...255, using: &made.random)]
            if let below = Name(wire: label + name.wire) { asked.insert(below) }
        }
        for name in asked {
            Self.withLookupName(name, in: zone.view) { lookup in
                var encloser = name
                while !existing.contains(encloser), let parent = encloser.parent { encloser = parent }
                let found: Name?
                switch zone.view.lookup(lookup) {
                case .exact(let node):
                    found = Name(wire: zone.view.ownerWire(of: zone.view.view(node)))
                    #expect(encloser == name, "seed \(seed): \(name)")
                case .belowCut(let node, let labels):
                    found = Name(wire: zone.view.ownerWire(of: zone.view.view(node)))
                    #expect(cuts.contains(encloser) && labels == name.labelCount - encloser.labelCount)
                case .belowDNAME: found = nil
                case .missing(let node, _, let wildcard):
                    found = Name(wire: zone.view.ownerWire(of: zone.view.view(node)))
                    #expect(encloser != name && !cuts.contains(encloser), "seed \(seed): \(name)")
                    let star = Name(wire: [1, 0x2A] + encloser.wire)
                    #expect(wildcard.isNone == !(star.map(existing.contains) ?? false), "seed \(seed): \(name)")
                }
                #expect(found == encloser, "seed \(seed): \(name)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func coveringNSECsAreTheLastNotBehind(_ seed: UInt64) throws {
        var made = RandomZone(seed: seed)
        let cuts = Set(made.records.filter { $0.type == .ns && $0.owner != made.origin }.map(\.owner))
        var records = made.records
        var owners: Set<Name> = []
        for owner in Set(made.records.map(\.owner)) where owner == made.origin || Bool.random(using: &made.random) {
            owners.insert(owner)
            records.append(ResourceRecord(owner: owner, type: .nsec, ttl: 1, rdata: made.origin.wire + [0, 1, 0x40]))
        }
        let zone = TestZone(try #require(ZoneBuilder.build(try table(records, origin: made.origin)).zone))
        let denying = owners.filter { owner in
            !cuts.contains { $0 != owner && owner.isAtOrBelow($0) }
        }
        let asked = made.records.map(\.owner) + made.records.compactMap { Name(wire: [1, 0x6D] + $0.owner.wire) }
        for name in asked {
            let expected = denying.filter { $0 <= name }.max()
            Self.withLookupName(name, in: zone.view) { lookup in
                let node = zone.view.denialNode(for: lookup, suffix: 0)
                #expect(
                    Name(wire: zone.view.ownerWire(of: zone.view.view(node))) == expected, "seed \(seed): \(name)")
            }
        }
    }
}
