// What a server has used of the processor: exact from the scheduler, split into user and system by the tick-sampled
// counters (the only split there is).

import Glibc
import Platform

/// Processor time in nanoseconds.
struct ProcessorTime: Equatable {
    var user: UInt64 = 0
    var system: UInt64 = 0

    var total: UInt64 { user + system }

    static func - (left: ProcessorTime, right: ProcessorTime) -> ProcessorTime {
        ProcessorTime(
            user: left.user - min(left.user, right.user), system: left.system - min(left.system, right.system))
    }

    static func + (left: ProcessorTime, right: ProcessorTime) -> ProcessorTime {
        ProcessorTime(user: left.user + right.user, system: left.system + right.system)
    }
}

/// A reading of a process and all those that it has started.
struct ProcessorReading {
    /// From the scheduler: every thread's time.
    var exact: UInt64 = 0
    /// From the ticks.
    var userTicks: UInt64 = 0
    var systemTicks: UInt64 = 0

    static func of(_ processes: [Int32]) throws -> ProcessorReading {
        var sum = ProcessorReading()
        for process in processes {
            guard let fields = ProcessFile.fields(process, "stat"), fields.count > 13 else {
                throw BenchError.noSuchProcess(process)
            }
            sum.userTicks += UInt64(fields[11]) ?? 0
            sum.systemTicks += UInt64(fields[12]) ?? 0
            for task in ProcessFile.list("/proc/\(process)/task") {
                let times = ProcessFile.text("/proc/\(process)/task/\(task)/schedstat") ?? ""
                sum.exact += times.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
            }
        }
        return sum
    }

    /// What was used since an earlier reading.
    func since(_ earlier: ProcessorReading) -> ProcessorTime {
        let spent = exact - min(exact, earlier.exact)
        let user = Double(userTicks - min(userTicks, earlier.userTicks))
        let system = Double(systemTicks - min(systemTicks, earlier.systemTicks))
        guard user + system > 0 else { return ProcessorTime(user: 0, system: spent) }
        let share = UInt64(Double(spent) * user / (user + system))
        return ProcessorTime(user: share, system: spent - share)
    }
}

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
    static func list(_ path: String) -> [Int32] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var numbers: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int32(name) { numbers.append(number) }
        }
        return numbers
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
