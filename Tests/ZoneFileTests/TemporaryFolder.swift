// A folder of its own for a test that needs files; removed with the object.

import DNSCore
import Glibc
import ZoneFile

final class TemporaryFolder {
    let path: String
    /// Files and folders in the order of their making.
    private var entries: [String] = []

    struct Failure: Error {
        let call: String
        let number: Int32
    }

    init() throws {
        var template = Array("/tmp/zonefile-tests-XXXXXX".utf8CString)
        guard let made = unsafe mkdtemp(&template) else { throw Failure(call: "mkdtemp", number: errno) }
        path = unsafe String(cString: made)
    }

    deinit {
        for entry in entries.reversed() { remove(entry) }
        remove(path)
    }

    /// Writes a file, and the folder that it is in.
    func write(_ name: String, _ text: String) throws {
        let file = path + "/" + name
        if let slash = file.lastIndex(of: "/"), mkdir(String(file[..<slash]), 0o755) == 0 {
            entries.append(String(file[..<slash]))
        }
        entries.append(file)
        guard let stream = unsafe fopen(file, "w") else { throw Failure(call: "fopen", number: errno) }
        unsafe fputs(text, stream)
        unsafe fclose(stream)
    }

    /// Makes a pipe with a name.
    func makePipe(_ name: String) {
        mkfifo(path + "/" + name, 0o600)
        entries.append(path + "/" + name)
    }

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
