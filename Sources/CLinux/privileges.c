// Rights beyond those that files and their owners give.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int zc_no_new_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int zc_drop_capabilities(uint64_t kept) {
    // The bounding set first: that takes a capability. Without it there is no more to be had either, with no new privileges.
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (capability > 63 || (kept >> capability & 1) == 0)
            (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    zc_lower_ambient();
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3] = {0}, wanted[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, has) < 0)
        return -errno;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        wanted[i].permitted = wanted[i].effective = has[i].permitted & (uint32_t)(kept >> 32 * i);
    // Whoever has no others need not be allowed to drop them: service managers filter the call.
    if (memcmp(has, wanted, sizeof wanted) == 0)
        return 0;
    return syscall(SYS_capset, &header, wanted) < 0 ? -errno : 0;
}

void zc_lower_ambient(void) {
    // Kernels before 4.3 know no ambient set.
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

void zc_raise_ambient(void) {
    // The kernel refuses those that are not both permitted and inheritable.
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

int zc_limit_memory(uint64_t bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) < 0)
        return -errno;
    if (bytes < limit.rlim_cur)
        limit.rlim_cur = bytes;
    limit.rlim_max = limit.rlim_cur;
    return setrlimit(RLIMIT_AS, &limit) < 0 ? -errno : 0;
}

int zc_task_count(void) {
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL)
        return -errno;
    int count = 0;
    while (readdir(tasks) != NULL)
        count++;
    closedir(tasks);
    return count - 2;  // Without "." and "..".
}
