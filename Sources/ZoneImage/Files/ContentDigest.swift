// SHA-256 over what files hold (FIPS 180-4), by swift-crypto.

import Crypto

/// A SHA-256 digest. Its text is lower-case hexadecimal.
package struct ContentDigest: Hashable, Sendable {
    /// 32 octets.
    package let octets: [UInt8]

    package init(octets: some Collection<UInt8>) {
        self.octets = Array(octets)
    }

    /// The digest of some bytes.
    package init(of bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        unsafe hash.update(bufferPointer: bytes)
        octets = Array(hash.finalize())
    }

    package init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { unsafe ContentDigest(of: $0) }
    }

    /// The digest of several runs of bytes, one behind the other.
    init(of runs: [ByteRun]) {
        var hash = SHA256()
        for run in runs { run.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) } }
        octets = Array(hash.finalize())
    }
}

extension ContentDigest: CustomStringConvertible {
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
