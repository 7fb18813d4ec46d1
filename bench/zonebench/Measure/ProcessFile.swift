// What the kernel tells of processes in /proc.

import Glibc
import Platform

/// The files of /proc.
enum ProcessFile {
    static func text(_ path: String) -> String? {
        guard let descriptor = try? System.open(path, O_RDONLY),
            let bytes = try? System.readToEnd(descriptor.number, of: path)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The words of /proc/PID/stat behind the program's name, which may hold anything.
    static func fields(_ process: Int32, _ file: String) -> [Substring]? {
        guard let text = text("/proc/\(process)/\(file)"), let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }

    /// The entries of a folder that are numbers.
    static func list(_ path: String) -> [Int32] { names(path).compactMap { Int32($0) } }

    /// The entries of a folder.
    static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// A process and all those below it.
    static func family(of root: Int32) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for process in list("/proc") {
            if let fields = fields(process, "stat"), fields.count > 1, let parent = Int32(fields[1]) {
                children[parent, default: []].append(process)
            }
        }
        var family = [root]
        var next = 0
        while next < family.count {
            family += children[family[next]] ?? []
            next += 1
        }
        return family
    }

    /// The proportional memory of a process in KiB (PSS), and what is its own alone.
    static func memory(of process: Int32) -> (proportional: Int, anonymous: Int)? {
        guard let text = text("/proc/\(process)/smaps_rollup") else { return nil }
        func value(_ name: String) -> Int {
            for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
                return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            }
            return 0
        }
        return (value("Pss"), value("Anonymous"))
    }
}
