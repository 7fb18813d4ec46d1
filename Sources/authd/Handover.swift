// How threads come by the current generation, and how it is known that none reads an old one any more. This is the only
// thing that workers share with the rest of the process.
//
//     reader, once a batch                      publisher
//       1. p = current                            1. current = new
//       2. slot = p                               2. wait until no slot is the old one
//       3. current still p? else from 1           3. unmap the old one
//       4. … read through p …
//       5. slot = none
//
// A reader that has announced p before the publisher looks keeps p alive; one that announces it later sees at step 3 that
// the publisher has been there first. Waiting readers have announced nothing, so that the publisher never waits for traffic.

import Glibc
import Synchronization
import ZoneImage

/// The generation that all threads answer from.
final class Handover: Sendable {
    /// The address of a `GenerationView`; 0 before the first.
    private let current = Atomic<UInt>(0)
    private let slots = Mutex<[ReaderSlot]>([])

    /// A slot for a thread that is going to read generations. Slots live as long as the process.
    func addReader() -> ReaderSlot {
        let slot = ReaderSlot(current: self)
        slots.withLock { $0.append(slot) }
        return slot
    }

    /// Makes a generation the one that everything is answered from that is received from now on.
    ///
    /// - Returns: the one before it, which may still be read.
    func publish(_ generation: PublishedGeneration) -> PublishedGeneration? {
        let former = current.exchange(generation.address, ordering: .sequentiallyConsistent)
        return former == 0 ? nil : PublishedGeneration(address: former)
    }

    /// True when a thread may still read `generation`, which is no longer the published one.
    func isRead(_ generation: PublishedGeneration) -> Bool {
        slots.withLock { $0.contains { $0.holds(generation.address) } }
    }

    fileprivate var address: UInt { current.load(ordering: .sequentiallyConsistent) }
}

/// One thread's announcement of what it reads. A cache line of its own: the publisher looks at it, others never do.
final class ReaderSlot: Sendable {
    private let announced = Atomic<UInt>(0)
    private let padding = InlineArray<14, UInt64>(repeating: 0)
    private let current: Handover

    fileprivate init(current: Handover) {
        self.current = current
    }

    /// Announces and returns the current generation; nil before the first. Pair each with a `leave`.
    @inline(__always)
    func enter() -> GenerationView? {
        var address = current.address
        while true {
            announced.store(address, ordering: .sequentiallyConsistent)
            let again = current.address
            if again == address { break }
            address = again
        }
        return PublishedGeneration(address: address)?.view
    }

    /// Announces that this thread reads nothing.
    @inline(__always)
    func leave() {
        announced.store(0, ordering: .releasing)
    }

    fileprivate func holds(_ address: UInt) -> Bool { announced.load(ordering: .sequentiallyConsistent) == address }
}

/// A generation's view in memory that threads may point to; freed by whoever unmaps the generation.
struct PublishedGeneration: Hashable, Sendable {
    let address: UInt

    /// Puts a view where threads can find it.
    init(_ view: GenerationView) {
        let memory = UnsafeMutablePointer<GenerationView>.allocate(capacity: 1)
        unsafe memory.initialize(to: view)
        address = UInt(bitPattern: memory)
    }

    /// A generation that was published before, by its address; nil for none.
    fileprivate init?(address: UInt) {
        guard address != 0 else { return nil }
        self.address = address
    }

    /// Safe: the address is that of an initialised view, which is freed only when no slot holds it.
    @inline(__always)
    fileprivate var view: GenerationView? {
        unsafe UnsafePointer<GenerationView>(bitPattern: address)?.pointee
    }

    /// Frees the memory. No slot may hold the generation.
    func free() {
        unsafe UnsafeMutablePointer<GenerationView>(bitPattern: address)?.deallocate()
    }
}
