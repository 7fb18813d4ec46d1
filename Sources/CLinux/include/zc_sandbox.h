// What a process gives up for good, before it reads anything from strangers.

#ifndef ZC_SANDBOX_H
#define ZC_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

/// Neither this thread nor what it starts ever gets more privileges: 0 or a negative errno value.
int zc_no_new_privileges(void);

/// Leaves this thread, and those that it starts, no access to files but to read those below the `count` folders, and no new
/// TCP port or connection, as far as the kernel's Landlock goes: its version, or a negative errno value. `folders` are
/// open descriptors. Needs `zc_no_new_privileges`.
int zc_landlock(const int *folders, size_t count);

/// Leaves this thread, and those that it starts, the system calls that answering from mapped files takes, see zc_sandbox.c; all
/// others fail with EPERM, or ENOSYS where they are younger than Linux 5.0: 0 or a negative errno value. Needs `zc_no_new_privileges`.
int zc_seccomp(void);

/// The tasks of this process, or a negative errno value.
int zc_task_count(void);

#endif
