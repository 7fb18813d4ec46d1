// Images that were damaged while they are served: cut in place, or on a disk that fails. What is lost reads as zeros (see
// `LostPages`), and an answer made of zeros says that a name does not exist. So:
//
//     a page is lost while a batch is answered ──▶ the whole batch is answered again, with SERVFAIL
//     an answer says that something is missing ──▶ is its image whole? if not, SERVFAIL
//                                                     │
//     every second ───────────────────────────────────┴──▶ the keeper measures the images, and serves what is left of them
//
// Until the keeper has measured, all zones are SERVFAIL: which of them are damaged is not known before.

import Platform
import Responder
import Synchronization
import ZoneImage

/// What threads that answer and the keeper of generations tell each other of damage.
final class DamageWatch: Sendable {
    /// The lost pages that the keeper has dealt with.
    private let settled = Atomic<UInt64>(0)
    private let isSuspected = Atomic<Bool>(false)
    private let measure = Mutex<(@Sendable () async -> Void)?>(nil)

    /// Has `measure` called when damage is suspected.
    func start(_ measure: @escaping @Sendable () async -> Void) { self.measure.withLock { $0 = measure } }

    /// True when a page was lost that the keeper does not know of yet.
    @inline(__always)
    var hasNews: Bool { LostPages.count != settled.load(ordering: .relaxed) }

    /// Has the images measured soon; many threads may ask at once.
    func suspect() {
        guard !isSuspected.exchange(true, ordering: .relaxed) else { return }
        let measure = measure.withLock { $0 }
        Task {
            isSuspected.store(false, ordering: .relaxed)
            await measure?()
        }
    }

    /// Notes that lost pages, up to `count`, belong to what is not served any more.
    func settle(_ count: UInt64) { settled.store(count, ordering: .relaxed) }

    /// True when an answer must not go out: it says that something is missing, and its zone's image is not whole.
    @inline(__always)
    func contradicts(
        _ answer: UnsafeRawBufferPointer, of zone: @autoclosure () -> ZoneView?, in generation: GenerationView
    )
        -> Bool
    {
        // Authoritative and without an answer section.
        guard answer.count >= 12, unsafe answer[2] & 4 != 0, unsafe answer[6] | answer[7] == 0, let zone = zone() else {
            return false
        }
        return !generation.isWhole(zone)
    }
}
