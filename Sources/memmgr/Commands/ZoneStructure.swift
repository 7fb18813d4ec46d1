// Whether a zone of an image is what its own tables say: every name found by the index, names in canonical order, every
// record whole and in the zone, the numbers in the header true. A digest shows that a file is what was written; this
// shows that what was written makes sense.

import DNSCore
import ZoneImage

/// The examination of one zone of a mapped file.
struct ZoneStructure {
    /// What does not fit, in the order found; empty for a good zone.
    private(set) var problems: [String] = []
    private(set) var recordCount = 0

    private static let problemLimit = 20
    private let zone: ZoneView

    /// Walks the whole zone. Takes time in proportion to it, and never reads outside it.
    init(of zone: ZoneView) {
        self.zone = zone
        walk()
    }

    private mutating func walk() {
        let order = Int(truncatingIfNeeded: zone.bytes.load(ZoneLayout.orderOffset, of: 0))
        guard zone.bytes.contains(order, zone.nodeCount * 4) else { return complain("the list of names is cut off") }
        let name = LookupName.allocate()
        defer { name.deallocate() }
        var previous: Name?
        for index in 0..<zone.nodeCount where problems.count < Self.problemLimit {
            let node = zone.view(NodeReference(rawValue: zone.bytes.load(UInt32.self, at: order + index * 4)))
            let wire = zone.ownerWire(of: node)
            guard let owner = Name(wire: wire) else {
                complain("name \(index) is no domain name")
                continue
            }
            if let previous, !(previous < owner) { complain("\(owner) stands behind \(previous)") }
            previous = owner
            guard unsafe wire.withUnsafeBytes({ unsafe name.read($0) }) != nil else { continue }
            zone.prepare(name)
            // What is occluded, or only a hash, is never an answer, and so not in the index.
            let expected = node.flags.isHidden ? .none : node.reference
            if zone.node(at: 0, of: name) != expected {
                complain("\(owner) is \(expected.isNone ? "no answer, yet" : "not") found by the index")
            }
            examineRecords(of: node, owner: owner)
        }
        if previous == nil { complain("there are no names") }
        if problems.isEmpty, recordCount != zone.recordCount {
            complain("there are \(recordCount) records, the header says \(zone.recordCount)")
        }
        let apex = zone.view(zone.apexNode)
        if apex.part(of: .soa).isNone || zone.negativeSOA.isNone { complain("there is no SOA") }
    }

    private mutating func examineRecords(of node: NodeView, owner: Name) {
        for entry in 0..<node.rrsetCount {
            let (type, part) = node.rrset(entry)
            let view = zone.view(part)
            let stated = view.recordCount + view.signatureCount
            let records = zone.records(of: part, owner: owner.wire, signatures: true)
            recordCount += records.count
            if records.count != stated { complain("\(owner) \(type): \(records.count) of \(stated) records are whole") }
            let fits = records.enumerated().allSatisfy { index, record in
                record.type == (index < view.recordCount ? type : .rrsig) && record.rrClass == zone.rrClass
            }
            if !fits { complain("\(owner) \(type): holds a record of another type or class") }
        }
    }

    private mutating func complain(_ problem: String) {
        if problems.count < Self.problemLimit { problems.append(problem) }
    }
}
