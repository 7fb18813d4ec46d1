// A folder for one test, removed with it.

import Glibc
import Platform

/// A new folder that goes away, with the files directly in it, when its owner does.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/zonecast-platform-XXXXXX".utf8CString)
        let made = mkdtemp(&template) != nil
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard made else { throw PlatformError.system(SystemError(errno, .makeFolder, path)) }
    }

    deinit {
        for name in names { _ = unlink("\(path)/\(name)") }
        _ = rmdir(path)
    }

    /// The names of what is in the folder.
    var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

func contents(of path: String) throws -> String {
    let file = try System.open(path, O_RDONLY)
    return String(decoding: try System.readToEnd(file.number, of: path), as: UTF8.self)
}
