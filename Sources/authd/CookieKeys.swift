// The keys of DNS cookies, for all threads of the process. A hang-up signal makes them be read again: a new key is put
// before the old one, both verify, and the old one is taken away when its cookies have expired (RFC 9018, section 5).

import Glibc
import Platform
import Responder
import Synchronization

/// The keys of today.
final class CookieKeys: Sendable {
    private let file: String?
    private let keys: Mutex<CookieSecrets>
    private let version = Atomic<UInt64>(1)

    /// The keys of the file, else those that the supervisor shares among its responders, else ones of our own.
    ///
    /// - Throws: `PlatformError` when the file can't be read, `CookieKeyError` when it has no keys.
    init(file: String?) throws {
        self.file = file
        let inherited = try SealedMemory.take(Variable.secret)
        let shared = inherited.flatMap { CookieSecrets(text: String(decoding: $0, as: UTF8.self)) }
        keys = Mutex(try file.map(CookieKeys.read) ?? shared ?? .random())
    }

    /// Reads the file again; false when there is none. What it had stays when this throws.
    func reload() throws -> Bool {
        guard let file else { return false }
        let new = try CookieKeys.read(file)
        keys.withLock { $0 = new }
        version.add(1, ordering: .releasing)
        return true
    }

    /// Gives a thread's responder the keys of today, if `seen` says that it has older ones.
    @inline(__always)
    func update(_ responder: inout Responder, _ seen: inout UInt64) {
        let newest = version.load(ordering: .acquiring)
        guard newest != seen else { return }
        responder.cookieSecrets = keys.withLock { $0 }
        seen = newest
    }

    private static func read(_ path: String) throws -> CookieSecrets {
        // A pipe must not keep us waiting.
        let file = try System.open(path, O_RDONLY | O_NONBLOCK)
        let text = String(decoding: try System.readToEnd(file.number, of: path), as: UTF8.self)
        guard let secrets = CookieSecrets(text: text) else { throw CookieKeyError(path: path) }
        return secrets
    }
}

/// A file that should have keys.
struct CookieKeyError: Error, CustomStringConvertible {
    let path: String

    var description: String {
        "\(path): expected one or two keys of 32 hexadecimal digits, each on a line of its own"
    }
}
