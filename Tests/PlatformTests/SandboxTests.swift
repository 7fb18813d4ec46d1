// What the sandbox permits, and that it permits nothing else: a process enters it and tries.

import CSandboxTrial
import Glibc
import Platform
import TestSupport
import Testing

struct SandboxTests {
    private struct Results {
        let numbers: [Int32]
        subscript(trial: Int) -> Int32 { numbers[trial] }
    }

    /// Nil where the kernel has no Landlock or no filter: there is nothing to test then.
    private func results() throws -> Results? {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "inside")
        let outside = try TemporaryFolder()
        try outside.write("x", to: "outside")
        var numbers = [Int32](repeating: -1, count: TRIAL_COUNT)
        let status = trial_run(folder.path, "\(outside.path)/outside", &numbers)
        if status == -ENOSYS || status == -EOPNOTSUPP { return nil }
        #expect(status == 0)
        #expect(try folder.names() == ["inside"])
        return Results(numbers: numbers)
    }

    @Test func onlyReadingInTheFolderIsLeft() throws {
        guard let results = try results() else { return }
        for trial in [TRIAL_READ_INSIDE, TRIAL_MEMORY, TRIAL_FLAGS, TRIAL_CLOCK, TRIAL_SIGNAL_ITSELF] {
            #expect(results[trial] == 0, "trial \(trial)")
        }
        for trial in [TRIAL_WRITE_INSIDE, TRIAL_CREATE_INSIDE, TRIAL_READ_OUTSIDE, TRIAL_LIST_OUTSIDE] {
            #expect(results[trial] == EACCES, "trial \(trial)")
        }
        for trial in [
            TRIAL_REMOVE_INSIDE, TRIAL_CHMOD, TRIAL_SOCKET, TRIAL_BIND, TRIAL_EXECUTE, TRIAL_FORK, TRIAL_KILL_PARENT,
            TRIAL_TRACE_PARENT, TRIAL_EXECUTABLE_MEMORY, TRIAL_RAISE_LIMIT, TRIAL_PERSONALITY, TRIAL_MOUNT, TRIAL_OWNER,
            TRIAL_AFFINITY, TRIAL_NICE,
        ] {
            #expect(results[trial] == EPERM, "trial \(trial)")
        }
    }

    /// It would not hold for threads that are there already, and this process has some.
    @Test func aProcessWithThreadsDoesNotEnter() throws {
        #expect {
            try Sandbox.enter(readable: [])
        } throws: { error in
            if case PlatformError.threadsBeforeSandbox(let tasks)? = error as? PlatformError {
                tasks > 1
            } else {
                false
            }
        }
        let file = try System.open("/proc/self/status", O_RDONLY)
        let status = String(decoding: try System.readToEnd(file.number, of: "status"), as: UTF8.self)
        #expect(status.contains("NoNewPrivs:\t0"))
    }
}
