#ifndef TRIAL_H
#define TRIAL_H

#include <stdint.h>

/// What a process in the sandbox tries, by number.
enum {
    TRIAL_READ_INSIDE,
    TRIAL_WRITE_INSIDE,
    TRIAL_CREATE_INSIDE,
    TRIAL_REMOVE_INSIDE,
    TRIAL_READ_OUTSIDE,
    TRIAL_LIST_OUTSIDE,
    TRIAL_CHMOD,
    TRIAL_SOCKET,
    TRIAL_BIND,
    TRIAL_EXECUTE,
    TRIAL_FORK,
    TRIAL_KILL_PARENT,
    TRIAL_TRACE_PARENT,
    TRIAL_EXECUTABLE_MEMORY,
    TRIAL_RAISE_LIMIT,
    TRIAL_PERSONALITY,
    TRIAL_MOUNT,
    TRIAL_OWNER,
    TRIAL_AFFINITY,
    TRIAL_NICE,
    TRIAL_MEMORY,
    TRIAL_FLAGS,
    TRIAL_CLOCK,
    TRIAL_SIGNAL_ITSELF,
    // Connecting, by the calls that send: with the flag as an argument, and as one of a single message's.
    TRIAL_CONNECT,
    TRIAL_FAST_OPEN_SENDTO,
    TRIAL_FAST_OPEN_SENDMSG,
    TRIAL_FAST_OPEN_SENDMMSG,
    TRIAL_FAST_OPEN_MESSAGE,
    // What would end the service for all who share a socket.
    TRIAL_SHUT_SHARED,
    TRIAL_SHUT_SHARED_DATAGRAMS,
    TRIAL_LISTEN_SHARED,
    TRIAL_TUNE_SHARED,
    TRIAL_FILTER_SHARED,
    TRIAL_LOCK_FILTER_SHARED,
    TRIAL_MODE_SHARED,
    TRIAL_MODE_SHARED_BY_IOCTL,
    TRIAL_COPY_SHARED,
    TRIAL_COPY_SHARED_BY_FCNTL,
    TRIAL_COPY_SHARED_OVER_OWN,
    TRIAL_SEND_SHARED,
    // What may be done to a connection of its own.
    TRIAL_FILTER_OWN,
    TRIAL_LOCK_FILTER_OWN,
    TRIAL_MARK_OWN,
    TRIAL_DEVICE_OWN,
    TRIAL_TUNE_OWN,
    TRIAL_BOUND_OWN,
    TRIAL_SHUT_OWN,
    // What the kernel says of itself, of other processes, and of this one's threads.
    TRIAL_KERNEL_LOG,
    TRIAL_KERNEL_SYMBOLS,
    TRIAL_KERNEL_KEYS,
    TRIAL_OTHER_PROCESS,
    TRIAL_OWN_THREAD,
    /// Not an error number: how many sets of capabilities are not empty.
    TRIAL_CAPABILITIES,
    TRIAL_COUNT,
};

/// Forks; the child enters the sandbox with `folder`, in which there is a file `inside`, and tries everything. For each trial,
/// `results` has the number of the error that it failed with, 0 if it went well, or -1 if the child did not come so far.
/// Returns 0 or a negative errno value: what the sandbox said, if that failed.
int trial_run(const char *folder, const char *outside, int32_t results[TRIAL_COUNT]);

#endif
