// Master files that came over the bus, as a command read them from a pipe: kept below DIR, where a restart and SIGHUP find them
// as they find any other master file.

import Crypto
import Glibc
import JSON
import Platform

/// The folder `DIR/streamed`. A file is named by the digest of its content, so that another load never changes one that is in use.
struct StreamedFiles: Sendable {
    let path: String

    /// Files that no zone has been loaded from for so long are removed: a rollback may lead to them until then.
    private static let age = 7 * 86_400

    /// Puts files in place of the texts of a request, durably.
    func storing(_ params: JSONValue) throws(PlatformError) -> JSONValue {
        guard var members = params.object, let zones = members["zones"]?.array else { return params }
        var stored: [JSONValue] = []
        for zone in zones {
            guard var zone = zone.object, let text = zone.removeValue(forKey: "text")?.string else {
                stored.append(zone)
                continue
            }
            zone["file"] = .string(try store(text.pathOctets))
            stored.append(.object(zone))
        }
        members["zones"] = .array(stored)
        return .object(members)
    }

    /// True for a request with a text in it.
    static func isIn(_ params: JSONValue) -> Bool {
        params["zones"]?.array?.contains { $0["text"]?.string != nil } == true
    }

    private func store(_ text: [UInt8]) throws(PlatformError) -> String {
        let digest = SHA256.hash(data: text).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let file = "\(path)/\(digest).zone"
        try System.makeFolder(path, mode: 0o700)
        try DurableFile.write(text, to: file, mode: 0o600)
        return file
    }

    /// Removes old files but those that zones are loaded from.
    func tidy(keeping files: Set<String>) {
        let now = time(nil)
        for name in (try? System.names(inFolder: path)) ?? [] {
            let file = "\(path)/\(name)"
            guard !files.contains(file), let status = System.status(of: file), now - status.st_mtim.tv_sec > Self.age
            else { continue }
            try? System.remove(file)
        }
    }
}
