// The zones on which the responder is compared with the oracle: all over a few names and record sets, and random ones.

import DNSCore
import TestSupport

/// Zones of apex `z.`, small enough to ask them everything.
package enum SmallZones {
    package static let apex = Name(known: "z.")

    /// A zone's records, and the names worth asking for.
    package struct Sample {
        package var records: [ResourceRecord]
        package let names: [Name]
    }

    // MARK: All of them

    /// The owners; each has one of the record sets.
    private static let owners = ["a.z.", "b.a.z.", "*.a.z.", "c.b.a.z.", "*.z."].map { Name(known: $0) }
    private static let others = [
        "z.", "x.z.", "x.a.z.", "x.b.a.z.", "*.b.a.z.", "x.*.z.", "y.c.b.a.z.", "y.x.a.z.",
    ].map { Name(known: $0) }

    private static func recordSet(_ number: Int, _ owner: Name) -> [ResourceRecord] {
        switch number {
        case 1: [.a(owner)]
        case 2: [.named(owner, .ns, "b.a.z."), .named(owner, .ns, "ns.test.")]
        case 3: [.named(owner, .cname, "b.a.z.")]
        case 4: [.named(owner, .dname, "a.z.")]
        case 5: [.named(owner, .dname, "b.z."), .a(owner)]
        case 6:
            [.named(owner, .ns, "ns.test."), .ds(owner)]
        default: []
        }
    }
    private static let setCount = 7

    /// How many zones there are in all.
    package static let count = owners.reduce(1) { count, _ in count * setCount }

    /// The zone with a number below `count`.
    package static func zone(_ number: Int) -> Sample {
        var records = ResourceRecord.head
        var rest = number
        for owner in owners {
            records += recordSet(rest % setCount, owner)
            rest /= setCount
        }
        return Sample(records: records, names: owners + others)
    }

    // MARK: Random ones

    /// The zone of a seed.
    package static func random(_ seed: UInt64) throws -> Sample {
        var random = SplitMix64(seed: seed)
        let labels = ["a", "b", "*", "ns", "\\000", "c"]
        var names: [Name] = [apex]
        for _ in 0..<Int.random(in: 2...14, using: &random) {
            let parent = names.randomElement(using: &random) ?? apex
            names.append(try Name(labels.randomElement(using: &random) ?? "a", relativeTo: parent))
        }
        names = Set(names).sorted()
        var records = ResourceRecord.head
        for name in names where name != apex {
            let target = Int.random(in: 0..<5, using: &random) == 0 ? nil : names.randomElement(using: &random)
            let text = target?.description ?? "www.test."
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2: records.append(.a(name))
            case 3:
                records += [.named(name, .ns, text), .named(name, .ns, "ns.\(name)"), .a(Name(known: "ns.\(name)"))]
            case 4, 5: records.append(.named(name, .cname, text))
            case 6: records.append(.named(name, .dname, text))
            case 7:
                let wire = (target ?? Name(known: "www.test.")).wire
                records.append(ResourceRecord(owner: name, type: .mx, ttl: 9, rdata: [0, 1] + wire))
            case 8:
                records.append(.named(name, .ns, "ns.test."))
                records.append(.ds(name))
            default: break
            }
        }
        // A CNAME stands alone.
        let aliases = Set(records.filter { $0.type == .cname }.map(\.owner))
        records = records.filter { $0.type == .cname || !aliases.contains($0.owner) }
        let asked = Set(names + records.map(\.owner)).union(names.map { Name(known: "x.\($0)") })
        return Sample(records: records, names: asked.sorted())
    }
}

extension ResourceRecord {
    /// The apex records of every small zone.
    package static let head = [
        ResourceRecord(
            owner: SmallZones.apex, type: .soa, ttl: 60,
            rdata: [1, 0x61, 1, 0x7A, 0, 0] + [UInt8](repeating: 0, count: 15) + [0, 0, 0, 0, 9]),
        named(SmallZones.apex, .ns, "b.a.z."),
    ]

    package static func a(_ owner: Name) -> ResourceRecord {
        ResourceRecord(owner: owner, type: .a, ttl: 5, rdata: [192, 0, 2, 1])
    }

    package static func named(_ owner: Name, _ type: RRType, _ target: String) -> ResourceRecord {
        ResourceRecord(owner: owner, type: type, ttl: UInt32(type.rawValue), rdata: Name(known: target).wire)
    }

    package static func ds(_ owner: Name) -> ResourceRecord {
        ResourceRecord(owner: owner, type: .ds, ttl: 9, rdata: [0, 1, 8, 2] + [UInt8](repeating: 0, count: 32))
    }

    /// A signature of the apex's SOA. Without one a zone does not count as signed; one is enough.
    package static func signature(_ apex: Name) -> ResourceRecord {
        ResourceRecord(
            owner: apex, type: .rrsig, ttl: 60, rdata: [0, 6] + [UInt8](repeating: 1, count: 16) + apex.wire + [1])
    }

    package var line: String { "\(owner) \(ttl) \(type) " + (Name(wire: rdata)?.description ?? "\(rdata)") }
}

extension Name {
    /// A name that the test knows to be right.
    package init(known text: String) {
        guard let name = try? Name(text, relativeTo: .root) else { preconditionFailure("\(text) is no name") }
        self = name
    }
}
