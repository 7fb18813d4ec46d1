// What a process gives up for good, before it reads anything from strangers.

#ifndef ZC_SANDBOX_H
#define ZC_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

/// Neither this thread nor what it starts ever gets more privileges: 0 or a negative errno value.
int zc_no_new_privileges(void);

/// Drops all capabilities of this thread and of those that it starts but the `kept` ones, a bit for each number; also those of
/// root, which keeps the rights of the files that it owns: 0 or a negative errno value.
int zc_drop_capabilities(uint64_t kept);

/// Keeps this thread's capabilities from the programs that it starts, unless it is root.
void zc_lower_ambient(void);

/// Leaves them to the program that this process becomes, as far as who has started it meant them to be inherited.
void zc_raise_ambient(void);

/// Files that may be read: all below a folder, or one. Below a writable folder, files may also be made, written, renamed within their
/// folder and removed.
struct zc_access {
    const char *path;
    int writable;
};

/// Leaves this thread, and those that it starts, no access to files but those of the list, and no new TCP port or connection, as far as
/// the kernel's Landlock goes: its version, or a negative errno value. Needs `zc_no_new_privileges`.
int zc_landlock(const struct zc_access *files, size_t count);

/// Bounds the address space of the process: 0 or a negative errno value. A lower bound that is there stays.
int zc_limit_memory(uint64_t bytes);

/// The tasks of this process, or a negative errno value.
int zc_task_count(void);

// MARK: System calls

/// What must hold for a permitted call's arguments. `zc_condition_text` describes each.
enum zc_condition {
    ZC_ANY,               // Whatever they are.
    ZC_FOR_READING,       // openat
    ZC_NOT_EXECUTABLE,    // mmap, mprotect
    ZC_THREADS_ONLY,      // clone
    ZC_TO_ITSELF,         // tgkill
    ZC_NAMES,             // prctl
    ZC_FLAGS_AND_COPIES,  // fcntl
    ZC_CALLING_THREAD,    // sched_setaffinity
    ZC_AMOUNT_AND_MODE,   // ioctl
    ZC_LOOKING_ONLY,      // prlimit64
    ZC_OWN_SOCKET,        // shutdown
    ZC_OWN_SOCKET_TUNING, // setsockopt
    ZC_NO_CONNECTING,     // sendmmsg, sendto: the flags are the fourth argument
    ZC_NO_CONNECTING_3,   // sendmsg: they are the third
};

/// A permitted system call.
struct zc_call {
    const char *name;
    int number;  // -1: this architecture has no such call
    enum zc_condition condition;
    const char *reason;
};

/// The system calls that one kind of process needs. Filter and documentation are both made of it.
struct zc_profile {
    const struct zc_call *calls;
    size_t count;
};

/// What answering from mapped files takes.
extern const struct zc_profile zc_responder_profile;

/// What building images from master files takes.
extern const struct zc_profile zc_build_profile;

/// What a condition demands, as a text for people; empty for ZC_ANY.
const char *zc_condition_text(enum zc_condition condition);

/// Leaves this thread, and those that it starts, the system calls of a profile; all others fail with EPERM, or ENOSYS where they
/// are younger than Linux 5.0: 0 or a negative errno value. Needs `zc_no_new_privileges`.
///
/// Descriptors below `first_own` are shared with other processes: what a call would change is theirs too.
int zc_seccomp(const struct zc_profile *profile, int first_own);

#endif
