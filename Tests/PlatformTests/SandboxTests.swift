// What the sandbox permits, and that it permits nothing else: a process enters it and tries.

import CSandboxTrial
import CThreadFiles
import Foundation
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
        for trial in [
            TRIAL_READ_INSIDE, TRIAL_MEMORY, TRIAL_FLAGS, TRIAL_CLOCK, TRIAL_SIGNAL_ITSELF, TRIAL_OWN_THREAD,
            TRIAL_SEND_SHARED, TRIAL_TUNE_OWN, TRIAL_BOUND_OWN, TRIAL_SHUT_OWN,
        ] {
            #expect(results[trial] == 0, "trial \(trial)")
        }
        for trial in [
            TRIAL_WRITE_INSIDE, TRIAL_CREATE_INSIDE, TRIAL_READ_OUTSIDE, TRIAL_LIST_OUTSIDE, TRIAL_OTHER_PROCESS,
        ] {
            #expect(results[trial] == EACCES, "trial \(trial)")
        }
        // A kernel may be built without any of them.
        for trial in [TRIAL_KERNEL_LOG, TRIAL_KERNEL_SYMBOLS, TRIAL_KERNEL_KEYS] {
            #expect([EACCES, ENOENT].contains(results[trial]), "trial \(trial)")
        }
        for trial in [
            TRIAL_REMOVE_INSIDE, TRIAL_CHMOD, TRIAL_SOCKET, TRIAL_BIND, TRIAL_EXECUTE, TRIAL_FORK, TRIAL_KILL_PARENT,
            TRIAL_TRACE_PARENT, TRIAL_EXECUTABLE_MEMORY, TRIAL_RAISE_LIMIT, TRIAL_PERSONALITY, TRIAL_MOUNT, TRIAL_OWNER,
            TRIAL_AFFINITY, TRIAL_NICE, TRIAL_CONNECT, TRIAL_FAST_OPEN_SENDTO, TRIAL_FAST_OPEN_SENDMSG,
            TRIAL_FAST_OPEN_SENDMMSG,
        ] {
            #expect(results[trial] == EPERM, "trial \(trial)")
        }
        #expect(results[TRIAL_CAPABILITIES] == 0)
    }

    /// Of a single message's flags the kernel takes none that connects: nothing of them needs to be filtered, or could be.
    @Test func aMessagesOwnFlagsConnectNothing() throws {
        guard let results = try results() else { return }
        #expect(results[TRIAL_FAST_OPEN_MESSAGE] == EPIPE)
    }

    /// Whoever shares a socket would have the change too.
    @Test func sharedSocketsStayAsTheyAre() throws {
        guard let results = try results() else { return }
        for trial in [
            TRIAL_SHUT_SHARED, TRIAL_SHUT_SHARED_DATAGRAMS, TRIAL_LISTEN_SHARED, TRIAL_TUNE_SHARED, TRIAL_FILTER_SHARED,
            TRIAL_LOCK_FILTER_SHARED, TRIAL_MODE_SHARED, TRIAL_MODE_SHARED_BY_IOCTL, TRIAL_COPY_SHARED,
            TRIAL_COPY_SHARED_BY_FCNTL, TRIAL_COPY_SHARED_OVER_OWN,
        ] {
            #expect(results[trial] == EPERM, "trial \(trial)")
        }
    }

    @Test func socketOptionsThatAreNotNeededAreRefusedEverywhere() throws {
        guard let results = try results() else { return }
        for trial in [TRIAL_FILTER_OWN, TRIAL_LOCK_FILTER_OWN, TRIAL_MARK_OWN, TRIAL_DEVICE_OWN] {
            #expect(results[trial] == EPERM, "trial \(trial)")
        }
    }

    /// The page for operators has the very table that the filter is made of.
    @Test(arguments: [Sandbox.Calls.responder, .build]) func theDocumentationHasTheTable(of calls: Sandbox.Calls) throws
    {
        let checkout = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: checkout.appendingPathComponent("docs/SECURITY.md"), encoding: .utf8)
        let table = calls.documentation
        #expect(page.contains(table), "docs/SECURITY.md is to have this table:\n\(table)")
    }

    @Test(arguments: [
        ("/proc/17/stat", "/proc/self/task/17/stat"), ("/proc/17/status", "/proc/17/status"),
        ("/proc/stat", "/proc/stat"), ("/proc/self/stat", "/proc/self/stat"), ("/etc/17/stat", "/etc/17/stat"),
        ("/proc/1x/stat", "/proc/1x/stat"), ("/proc/17/stat/", "/proc/17/stat/"),
    ]) func theRuntimeFindsItsThreads(path: String, file: String) {
        var room = [CChar](repeating: 0, count: 64)
        #expect(String(cString: zc_thread_file(path, &room, room.count)) == file)
    }

    /// It would not hold for threads that are there already, and this process has some.
    @Test func aProcessWithThreadsDoesNotEnter() throws {
        #expect {
            try Sandbox.enter(readable: [], calls: .responder, firstOwn: 3)
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
