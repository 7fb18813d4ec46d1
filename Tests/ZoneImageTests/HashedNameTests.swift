// Hashes of names: SHA-1 against swift-crypto, and the values that RFC 5155 gives.

import CLinux
import Crypto
import DNSCore
import TestSupport
import Testing

@testable import ZoneImage

@Suite struct HashedNameTests {
    private func digest(_ function: (UnsafeRawPointer?, Int, UnsafeMutablePointer<UInt8>?) -> Void, _ data: [UInt8])
        -> [UInt8]
    {
        var digest = [UInt8](repeating: 0, count: 20)
        data.withUnsafeBytes { function($0.baseAddress, $0.count, &digest) }
        return digest
    }

    /// Every length over the first blocks, where padding takes one block or two.
    @Test func bothFormsOfSHA1AgreeWithSwiftCrypto() {
        var random = SplitMix64(seed: 1)
        for length in 0..<300 {
            let data = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let expected = Array(Insecure.SHA1.hash(data: data))
            #expect(digest(zc_sha1, data) == expected, "length \(length)")
            #expect(digest(zc_sha1_portable, data) == expected, "length \(length)")
        }
    }

    @Test func saltAndIterationsAreAppendedEachTime() throws {
        var random = SplitMix64(seed: 2)
        for iterations in [0, 1, 2, 12, 150] {
            for saltLength in [0, 1, 8, 43, 44, 255] {
                let salt = (0..<saltLength).map { _ in UInt8.random(in: 0...255, using: &random) }
                let name = [UInt8](repeating: 3, count: Int.random(in: 1...255, using: &random))
                var expected = Array(Insecure.SHA1.hash(data: name + salt))
                for _ in 0..<iterations { expected = Array(Insecure.SHA1.hash(data: expected + salt)) }
                let parameters = HashedChain.Parameters(iterations: UInt16(iterations), salt: salt)
                #expect(HashedChain(parameters, []).hash(name) == HashedName(octets: expected[...]))
            }
        }
    }

    /// RFC 5155, appendix A: SHA-1, 12 iterations, salt aabbccdd.
    @Test(arguments: [
        ("example", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"), ("a.example", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
        ("ai.example", "gjeqe526plbf1g8mklp59enfd789njgi"), ("ns1.example", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"),
        ("ns2.example", "q04jkcevqvmu85r014c7dkba38o0ji5r"), ("w.example", "k8udemvp1j2f7eg6jebps17vp3n8i58h"),
        ("*.w.example", "R53BQ7CC2UVMUBFU5OCMM6PERS9TK9EN"), ("x.w.example", "b4um86eghhds6nea196smvmlo4ors995"),
        ("y.w.example", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"), ("x.y.w.example", "2vptu5timamqttgl4luu9kg21e0aor3s"),
        ("xx.example", "t644ebqk9bibcna874givr6joj62mlhv"),
    ])
    func theHashesOfTheRFC(name: String, label: String) throws {
        let chain = HashedChain(HashedChain.Parameters(iterations: 12, salt: [0xAA, 0xBB, 0xCC, 0xDD]), [])
        #expect(chain.hash(try Name(name, relativeTo: .root).wire) == HashedName(label: label.utf8))
    }

    @Test func labelsThatAreNoHashesAreNone() {
        let label = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"
        for wrong in [String(label.dropLast()), label + "0", "w" + label.dropFirst(), "_" + label.dropFirst()] {
            #expect(HashedName(label: wrong.utf8) == nil, "\(wrong)")
        }
    }
}
