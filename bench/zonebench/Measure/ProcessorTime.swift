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
