// What `memmgr status --json` says, and what may be in the image folder because of it.

import Foundation

/// The system as its manager sees it.
struct SystemState: Decodable {
    struct Zone: Decodable {
        let zone: String
        let state: String
        let serial: Int?
    }

    struct Consumer: Decodable {
        let name: String?
        let serving: Int?
        let holds: [Int]
        let state: String
        let problem: String?
    }

    let generation: Int
    let zones: [Zone]
    let consumers: [Consumer]
    let inRelease: [Int]
    let history: [Int]
    let building: Int?
    let queued: [String]
    let waiting: [String]
    let recovered: Bool

    /// Nothing is under way, and every consumer has let go of everything but what is current.
    var isQuiet: Bool {
        recovered && building == nil && queued.isEmpty && waiting.isEmpty && inRelease.isEmpty && !consumers.isEmpty
            && consumers.allSatisfy { $0.serving == generation && $0.holds == [generation] }
    }

    func consumer(_ name: String) -> Consumer? { consumers.first { $0.name?.hasPrefix(name) == true } }
}

extension RunningSystem {
    /// Nil while there is no manager to ask.
    var status: SystemState? {
        guard let result = try? memmgr("status", "--json"), result.status == 0 else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(SystemState.self, from: Data(result.output.utf8))
    }

    /// Waits until all is quiet; false if that takes longer than a minute.
    func awaitQuiet() -> Bool { wait { status?.isQuiet == true } }

    /// The generation files in the image folder.
    var images: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: state + "/images")
                .filter { $0.contains(".dir") || $0.contains(".img") }.sorted()
        }
    }

    /// The numbers of the generations whose directories are in the image folder.
    var directories: [Int] {
        get throws {
            try images.filter { $0.hasSuffix(".dir") }.compactMap { Int($0.dropFirst().dropLast(4)) }.sorted()
        }
    }
}
