// Zones for tests: from text, and random ones with all that makes names and parts difficult.

import DNSCore
import Glibc
import TestSupport
import ZoneFile

@testable import ZoneImage

/// Bytes in memory that end where an unreadable page begins, so that a read behind them ends the test.
final class GuardedBytes {
    private let mapping: UnsafeMutableRawPointer
    private let mappedSize: Int
    let buffer: UnsafeMutableRawBufferPointer
    let bytes: ImageBytes

    init(_ content: [UInt8]) {
        let page = Int(getpagesize())
        let used = (max(1, content.count) + page - 1) / page * page
        mappedSize = used + page
        let start = mmap(nil, mappedSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { preconditionFailure("mmap: error \(errno)") }
        mapping = start
        guard mprotect(start + used, page, PROT_NONE) == 0 else { preconditionFailure("mprotect: error \(errno)") }
        buffer = UnsafeMutableRawBufferPointer(start: start + used - content.count, count: content.count)
        bytes = ImageBytes(base: UnsafeRawPointer(start) + used - content.count, count: content.count)
        buffer.copyBytes(from: content)
    }

    deinit {
        munmap(mapping, mappedSize)
    }
}

/// A compiled zone in guarded memory.
final class TestZone {
    private let memory: GuardedBytes
    let view: ZoneView

    init(_ zone: CompiledZone) {
        memory = GuardedBytes(zone.content.array)
        view = ZoneView(bytes: memory.bytes)!
    }

    /// All records, in the order of the image.
    var records: [ResourceRecord] {
        var records: [ResourceRecord] = []
        view.forEachRecord { owner, record in
            records.append(
                ResourceRecord(
                    owner: Name(wire: owner) ?? .root, type: record.type, rrClass: record.rrClass, ttl: record.ttl,
                    rdata: record.rdata))
        }
        return records
    }
}

/// Records from a master file; the origin is that of its `$ORIGIN` line, which comes first.
func table(_ text: String) throws -> RecordTable {
    let origin = try Name(String(text.split(whereSeparator: \.isWhitespace)[1]))
    return try ZoneLoader(origin: origin).load(text: text, name: "test").records
}

/// Records given one by one.
func table(_ records: some Sequence<ResourceRecord>, origin: Name) throws -> RecordTable {
    var table = RecordTable(origin: origin)
    for record in records {
        try table.append(owner: record.owner, type: record.type, ttl: record.ttl, rdata: record.rdata)
    }
    return table
}

func rows(of table: RecordTable) -> [ResourceRecord] { (0..<table.count).map { table[$0] } }

/// Makes zones that obey the rules and have little else to recommend them.
struct RandomZone {
    var random: SplitMix64
    let origin: Name
    private(set) var records: [ResourceRecord] = []
    private var pool: [Name] = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        let origins = [
            "example.", ".", "a.b.c.d.example.", "\\000\\001\\255.x.", String(repeating: "o", count: 63) + ".",
        ]
        origin = (try? Name(origins[Int(seed % 5)])) ?? .root
        pool = [origin]
        let nameCount = Int.random(in: 3...40, using: &random)
        for _ in 0..<nameCount { pool.append(newName()) }
        add(origin, .soa, rdata: target().wire + target().wire + (0..<20).map { _ in octet() })
        add(origin, .ns, rdata: target().wire)
        for name in pool.dropFirst() {
            for _ in 0..<Int.random(in: 1...4, using: &random) { addRRset(name) }
        }
        if seed % 7 == 0 { addLargeRRset() }
    }

    private mutating func octet() -> UInt8 { UInt8.random(in: 0...255, using: &random) }

    private mutating func newName() -> Name {
        let parent = pool.randomElement(using: &random) ?? origin
        var name = parent.wire
        let depth = Int.random(in: 0..<12, using: &random) == 0 ? 127 : Int.random(in: 1...3, using: &random)
        for _ in 0..<depth {
            let kind = Int.random(in: 0..<8, using: &random)
            let label: [UInt8]
            switch kind {
            case 0: label = [[0, 1, 2, 0x2A, 0x2E, 0x5C, 0xFF].randomElement(using: &random) ?? 0]
            case 1: label = (0..<Int.random(in: 1...63, using: &random)).map { _ in octet() }
            case 2: label = [UInt8](repeating: 0x7A, count: max(1, min(63, 254 - name.count)))
            case 3: label = [0x2A]
            default: label = Array("abcdefgh".utf8.prefix(Int.random(in: 1...3, using: &random)))
            }
            if name.count + 1 + label.count > 255 { break }
            name = [UInt8(label.count)] + label + name
        }
        return Name(wire: name) ?? origin
    }

    /// A name to point to: of the zone, near it, or elsewhere.
    private mutating func target() -> Name {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return newName()
        case 1: return (try? Name("mail.Elsewhere.Test.")) ?? .root
        case 2: return .root
        case 3: return origin.parent ?? origin
        default: return pool.randomElement(using: &random) ?? origin
        }
    }

    private mutating func addRRset(_ owner: Name) {
        let count = Int.random(in: 1...3, using: &random)
        for _ in 0..<count {
            let number: [UInt8] = [octet(), octet()]
            switch Int.random(in: 0..<14, using: &random) {
            case 0: add(owner, .a, rdata: number + number)
            case 1: add(owner, .aaaa, rdata: (0..<16).map { _ in octet() })
            case 2: add(owner, .mx, rdata: number + target().wire)
            case 3: add(owner, .srv, rdata: number + number + number + target().wire)
            case 4: add(owner, .naptr, rdata: number + number + [1, 0x73, 0, 2, octet(), 0] + target().wire)
            case 5: add(owner, .txt, rdata: [3, octet(), octet(), octet()])
            case 6: add(owner, .minfo, rdata: target().wire + target().wire)
            case 7: add(owner, .rp, rdata: target().wire + target().wire)
            case 8: add(owner, .ptr, rdata: target().wire)
            case 9:
                add(
                    owner, .rrsig,
                    rdata: [0, 1] + (0..<16).map { _ in octet() } + origin.wire + (0..<64).map { _ in octet() })
            case 10: add(owner, .rrsig, rdata: [0, 15] + (0..<16).map { _ in octet() } + origin.wire + number)
            case 11: add(owner, RRType(rawValue: 65400), rdata: (0..<Int(octet())).map { _ in octet() })
            case 12 where owner != origin: add(owner, .ns, rdata: target().wire)
            case 12, 13: add(owner, .https, rdata: number + target().wire + number)
            default: break
            }
        }
    }

    /// More than 4 KiB, or more than 255 records.
    private mutating func addLargeRRset() {
        let owner = pool.randomElement(using: &random) ?? origin
        for index in 0..<400 { add(owner, .mx, rdata: [UInt8(index >> 8), UInt8(index & 255)] + target().wire) }
        for index in 0..<30 { add(origin, .txt, rdata: [200] + [UInt8](repeating: UInt8(index), count: 200)) }
    }

    private mutating func add(_ owner: Name, _ type: RRType, rdata: [UInt8]) {
        // One TTL for each RRset and its signatures, whatever the spelling of its owner.
        let ttl = UInt32(owner.wire.count) * 10 + (type == .soa ? 1 : 0)
        records.append(ResourceRecord(owner: owner, type: type, ttl: ttl, rdata: rdata))
    }
}

/// What the zone should hold, however the records came: owners in lower case, and names in rdata compared without case.
func canonical(_ records: some Sequence<ResourceRecord>) -> Set<ResourceRecord> {
    var ttls: [String: UInt32] = [:]
    func key(_ record: ResourceRecord) -> String {
        let covered =
            record.type == .rrsig ? Int(record.rdata[0]) << 8 | Int(record.rdata[1]) : Int(record.type.rawValue)
        return "\(record.owner.lowercased) \(covered)"
    }
    for record in records where record.type != .rrsig { ttls[key(record)] = min(ttls[key(record)] ?? .max, record.ttl) }
    return Set(
        records.map { record in
            var rdata = record.rdata
            let names = rdata.withUnsafeBytes { record.type.names(in: $0) } ?? []
            for name in names { for place in name.range { rdata[place] = ASCII.lowercase(rdata[place]) } }
            return ResourceRecord(
                owner: record.owner.lowercased, type: record.type, ttl: ttls[key(record)] ?? record.ttl, rdata: rdata)
        })
}
