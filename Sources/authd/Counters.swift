// What each worker counts. One thread writes its own counters, anyone reads them; nothing is locked and no line shared.

import DNSCore
import Responder
import Synchronization

/// The counters of one worker.
final class Counters: @unchecked Sendable {
    // Sendable: the memory is set up by init and holds atomic values only.

    /// Names as `memmgr stats` shows them, in the order of the values.
    static let names: [String] =
        ["udp_queries", "udp_answers", "tcp_queries", "tcp_answers", "truncated", "dropped", "send_failures"]
        + ["noerror", "formerr", "servfail", "nxdomain", "notimp", "refused", "badvers", "other"].map { "rcode_\($0)" }
        + countedTypes.map { "type_\($0)".lowercased() } + ["type_other"]

    private static let countedTypes: [RRType] = [
        .a, .ns, .cname, .soa, .ptr, .mx, .txt, .aaaa, .srv, .naptr, .ds, .dnskey, .nsec, .tlsa, .svcb, .https, .caa,
        .any,
    ]

    private static let size = 64
    private let values: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        precondition(Counters.names.count <= Counters.size)
        // On lines of its own, and not beside another worker's: two lines are fetched at a time.
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: Counters.size * MemoryLayout<Atomic<UInt64>>.stride, alignment: 128)
        unsafe values = memory.bindMemory(to: Atomic<UInt64>.self, capacity: Counters.size)
        for index in 0..<Counters.size { unsafe (values + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe values.deinitialize(count: Counters.size)
        unsafe UnsafeMutableRawPointer(values).deallocate()
    }

    /// Counts a query that came in and how its answer turned out.
    @inline(__always)
    func count(_ type: RRType?, _ outcome: Outcome, over transport: Transport) {
        let base = transport == .udp ? 0 : 2
        add(1, at: base)
        guard outcome.length > 0 else { return add(1, at: 5) }
        add(1, at: base &+ 1)
        if outcome.isTruncated { add(1, at: 4) }
        add(1, at: 7 &+ Counters.place(of: outcome.rcode))
        if let type { add(1, at: 15 &+ Counters.place(of: type)) }
    }

    /// Counts a packet that is not looked at: its source can't be answered.
    func countDropped() {
        add(1, at: 0)
        add(1, at: 5)
    }

    /// Counts answers that the kernel did not take.
    func countSendFailures(_ number: Int) { add(UInt64(number), at: 6) }

    /// The values by name.
    var snapshot: [String: UInt64] {
        var result: [String: UInt64] = [:]
        for (index, name) in Counters.names.enumerated() {
            result[name] = unsafe values[index].load(ordering: .relaxed)
        }
        return result
    }

    @inline(__always)
    private func add(_ number: UInt64, at index: Int) {
        // Safe: every index that this file computes is below `size`. One thread writes, so that no atomic addition is needed.
        let value = unsafe values[index].load(ordering: .relaxed)
        unsafe values[index].store(value &+ number, ordering: .relaxed)
    }

    @inline(__always)
    private static func place(of rcode: RCode) -> Int {
        switch rcode {
        case .noError: 0
        case .formErr: 1
        case .servFail: 2
        case .nxDomain: 3
        case .notImp: 4
        case .refused: 5
        case .badVers: 6
        default: 7
        }
    }

    /// The place in `countedTypes`, or behind it.
    @inline(__always)
    private static func place(of type: RRType) -> Int {
        switch type {
        case .a: 0
        case .ns: 1
        case .cname: 2
        case .soa: 3
        case .ptr: 4
        case .mx: 5
        case .txt: 6
        case .aaaa: 7
        case .srv: 8
        case .naptr: 9
        case .ds: 10
        case .dnskey: 11
        case .nsec: 12
        case .tlsa: 13
        case .svcb: 14
        case .https: 15
        case .caa: 16
        case .any: 17
        default: 18
        }
    }
}

/// The counters of all workers of the process.
final class CounterRegistry: Sendable {
    private let workers = Mutex<[Counters]>([])

    func add() -> Counters {
        let counters = Counters()
        workers.withLock { $0.append(counters) }
        return counters
    }

    /// Sums by name.
    var totals: [String: UInt64] {
        workers.withLock { workers in
            workers.reduce(into: [:]) { totals, counters in
                totals.merge(counters.snapshot) { $0 &+ $1 }
            }
        }
    }
}
