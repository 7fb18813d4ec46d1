// The registry's zone as if it were signed, with NSEC3 and opt-out as registries do it: the chain of hashes is real, the
// keys and signatures are random octets of the right length, since no server checks them and all must send them.

import DNSCore
import Platform

struct SignedRegistryZone: TestZones {
    private let registry: RegistryZone

    init(size: Int, seed: UInt64) { registry = RegistryZone(size: size, seed: seed) }

    static let apex = RegistryZone.apex
    static let fileName = "signed/bench.zone"

    var names: Int { registry.names }
    var summary: String { registry.summary + ", as if signed with NSEC3 and opt-out" }

    func write(to folder: String) throws {
        try System.makeFolder(folder + "/signed")
        var file = try TextFile(path: folder + "/" + Self.fileName)
        try registry.writeRecords(to: &file)
        var random = Randomness(seed: registry.seed ^ 0x5167)
        for type in ["SOA", "NS", "DNSKEY", "NSEC3PARAM"] { try sign("@", type, labels: 1, &file, &random) }
        try file.line("@ DNSKEY 257 3 13 \(Self.base64(64, &random))")
        try file.line("@ 0 NSEC3PARAM 1 0 0 -")
        for (owner, type) in [("a.nic", "A"), ("a.nic", "AAAA"), ("b.nic", "A")] {
            try sign(owner, type, labels: 3, &file, &random)
        }
        var chain = try [
            link("", "NS SOA RRSIG DNSKEY NSEC3PARAM"), link("nic.", ""), link("a.nic.", "A AAAA RRSIG"),
            link("b.nic.", "A RRSIG"),
        ]
        for index in 0..<names where registry.hasDS(index) {
            let label = registry.label(index)
            try sign(label, "DS", labels: 2, &file, &random)
            chain.append(try link(label + ".", "NS DS RRSIG"))
        }
        chain.sort { $0.hash < $1.hash }
        for (index, link) in chain.enumerated() {
            let next = chain[(index + 1) % chain.count].hash
            try file.line("\(link.hash) 900 NSEC3 1 1 0 - \(next) \(link.types)")
            try sign("\(link.hash) 900", "NSEC3", labels: 2, &file, &random)
        }
        try file.finish()
    }

    /// One name's place in the chain: no salt, no further iterations (RFC 9276).
    private func link(_ name: String, _ types: String) throws -> (hash: String, types: String) {
        (Base32Hex.text(SHA1.hash(try Name(name + Self.apex).wire)), types)
    }

    private func sign(
        _ owner: String, _ type: String, labels: Int, _ file: inout TextFile, _ random: inout Randomness
    ) throws {
        let ttl = type == "NSEC3" ? 900 : type == "NSEC3PARAM" ? 0 : 3600
        let stated = type == "NSEC3PARAM" ? owner + " 0" : owner
        try file.line(
            "\(stated) RRSIG \(type) 13 \(labels) \(ttl) 20370101000000 20250101000000 12345 \(Self.apex) "
                + Self.base64(64, &random))
    }

    /// So many random octets as text; a multiple of three and one more, as ECDSA's 64 are.
    private static func base64(_ count: Int, _ random: inout Randomness) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text = (0..<(count / 3 * 4)).map { _ in digits[random.below(64)] }
        // The last octet: six bits, then two bits and padding.
        text += [digits[random.below(64)], digits[random.below(4) * 16]] + Array("==".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    func hit(_ rank: Int, _ random: inout Randomness) -> Question { registry.hit(rank, &random) }
    func miss(_ random: inout Randomness) -> Question { registry.miss(&random) }
    func mixed(_ rank: Int, _ random: inout Randomness) -> Question { registry.mixed(rank, &random) }
}
