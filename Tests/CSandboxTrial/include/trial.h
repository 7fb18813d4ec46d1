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
    TRIAL_COUNT,
};

/// Forks; the child enters the sandbox with `folder`, in which there is a file `inside`, and tries everything. For each trial,
/// `results` has the number of the error that it failed with, 0 if it went well, or -1 if the child did not come so far.
/// Returns 0 or a negative errno value: what the sandbox said, if that failed.
int trial_run(const char *folder, const char *outside, int32_t results[TRIAL_COUNT]);

#endif
