// What the loader says of files in a test's folder.

import DNSCore
import Glibc
import TestSupport
import ZoneFile

extension TemporaryFolder {
    /// Makes a pipe with a name.
    func makePipe(_ name: String) { mkfifo("\(path)/\(name)", 0o600) }

    /// The diagnostics for a file in the folder, with its path left out.
    func errors(_ name: String) throws -> [String] {
        do {
            _ = try ZoneLoader(origin: Name("example.")).load(path: path + "/" + name)
            return []
        } catch let failure as LoadFailure {
            return failure.diagnostics.map { diagnostic in
                guard let place = diagnostic.place else { return diagnostic.message }
                return "\(place.file.dropFirst(path.count + 1)):\(place.line):\(place.column): \(diagnostic.message)"
            }
        }
    }
}
