// A folder for one test, removed with it.

import Glibc
import Platform

/// A new folder that goes away, with the files directly in it, when its owner does.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/zonecast-image-XXXXXX".utf8CString)
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

    func read(_ name: String) throws -> [UInt8] {
        let file = try System.open("\(path)/\(name)", O_RDONLY)
        return try System.readToEnd(file.number, of: name)
    }

    /// Replaces a file's content, without care for durability.
    func write(_ bytes: [UInt8], to name: String) throws {
        guard let file = fopen("\(path)/\(name)", "w") else {
            throw PlatformError.system(SystemError(errno, .open, name))
        }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}
