#include "internal.h"

#include "zc_sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int zc_no_new_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
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

// MARK: Landlock
//
// The kernel's interface in our own words (Documentation/userspace-api/landlock.rst): the C library of Debian 12 knows its
// first two versions only.

struct ruleset {
    uint64_t files;
    uint64_t network;  // From version 4 on.
    uint64_t scope;    // From version 6 on.
};

struct __attribute__((packed)) path_rule {
    uint64_t allowed;
    int32_t folder;
};

enum {
    create_ruleset = 444,
    add_rule = 445,
    restrict_self = 446,
    version_flag = 1,
    rule_path_beneath = 1,
    read_file = 1 << 2,
    bind_and_connect_tcp = 3,
    abstract_sockets_and_signals = 3,
};

/// All rights to files that a version knows.
static uint64_t file_rights(int version) {
    if (version >= 5)
        return (1 << 16) - 1;
    if (version >= 3)
        return (1 << 15) - 1;
    return version >= 2 ? (1 << 14) - 1 : (1 << 13) - 1;
}

int zc_landlock(const int *folders, size_t count) {
    int version = (int)syscall(create_ruleset, NULL, 0, version_flag);
    if (version < 0)
        return -errno;
    struct ruleset rules = {
        .files = file_rights(version),
        .network = version >= 4 ? bind_and_connect_tcp : 0,
        .scope = version >= 6 ? abstract_sockets_and_signals : 0,
    };
    size_t size = version >= 6 ? sizeof rules : version >= 4 ? 16 : 8;
    int ruleset = (int)syscall(create_ruleset, &rules, size, 0);
    if (ruleset < 0)
        return -errno;
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        struct path_rule rule = {.allowed = read_file, .folder = folders[i]};
        if (syscall(add_rule, ruleset, rule_path_beneath, &rule, 0) < 0)
            error = errno;
    }
    if (error == 0 && syscall(restrict_self, ruleset, 0) < 0)
        error = errno;
    close(ruleset);
    return error == 0 ? version : -error;
}

// MARK: System calls

// Whatever their arguments are.
static const int allowed[] = {
    // The sockets that are open, and what accept makes of them.
    SYS_accept4, SYS_recvfrom, SYS_recvmmsg, SYS_recvmsg, SYS_sendmmsg, SYS_sendmsg, SYS_sendto, SYS_getpeername,
    SYS_getsockname, SYS_getsockopt, SYS_listen, SYS_setsockopt, SYS_shutdown,
    // Descriptors.
    SYS_close, SYS_dup, SYS_dup3, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_fstat,
    SYS_lseek, SYS_newfstatat, SYS_ppoll, SYS_pread64, SYS_read, SYS_readv, SYS_statx, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_write, SYS_writev,
    // Memory.
    SYS_brk, SYS_madvise, SYS_mincore, SYS_mremap, SYS_munmap,
    // Threads, time, signals, and what the runtime wants to know.
    SYS_clock_getres, SYS_clock_gettime, SYS_clock_nanosleep, SYS_gettimeofday, SYS_exit, SYS_exit_group, SYS_futex, SYS_getpid, SYS_getrandom, SYS_getrusage,
    SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_membarrier, SYS_nanosleep, SYS_restart_syscall,
    SYS_rseq, SYS_rt_sigaction, SYS_rt_sigpending, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait,
    SYS_sched_getaffinity, SYS_sched_yield, SYS_set_robust_list, SYS_sigaltstack,
    SYS_sysinfo, SYS_uname,
#ifdef SYS_epoll_wait
    SYS_epoll_create, SYS_epoll_wait, SYS_poll, SYS_time,
#endif
};

/// The system call's number, or half of an argument: that of integers, or the one above.
#define NUMBER offsetof(struct seccomp_data, nr)
#define ARGUMENT(index) (offsetof(struct seccomp_data, args) + 8 * (index) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))
#define UPPER(index) (offsetof(struct seccomp_data, args) + 8 * (index) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0 : 4))
#define LOAD(place) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (place))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define PASS RETURN(SECCOMP_RET_ALLOW)
/// Skips `count` instructions unless the loaded value is that.
#define UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
/// Skips `count` instructions unless the loaded value has one of these bits.
#define UNLESS_ANY(bits, count) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (count))

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/// Calls from this number on have the same one on all architectures: they are younger than Linux 5.0.
enum { first_of_all_architectures = 424 };

// Calls of which it depends on an argument whether they pass.
#define OPENS_FOR_WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
#define NAMES_MEMORY 0x53564d41  // PR_SET_VMA: glibc and the kernel name anonymous memory for people

int zc_seccomp(void) {
#ifndef ARCHITECTURE
    return -ENOSYS;
#else
    const struct sock_filter first[] = {
        LOAD(offsetof(struct seccomp_data, arch)), UNLESS(ARCHITECTURE, 1), BPF_STMT(BPF_JMP | BPF_JA, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(NUMBER),
        // Files, for reading.
        UNLESS(SYS_openat, 4), LOAD(ARGUMENT(2)), UNLESS_ANY(OPENS_FOR_WRITING, 1), FAIL(EACCES), PASS,
        // Memory that is never executed.
        UNLESS(SYS_mmap, 4), LOAD(ARGUMENT(2)), UNLESS_ANY(PROT_EXEC, 1), FAIL(EPERM), PASS,
        UNLESS(SYS_mprotect, 4), LOAD(ARGUMENT(2)), UNLESS_ANY(PROT_EXEC, 1), FAIL(EPERM), PASS,
        // Threads, no processes. What clone3 would do cannot be seen; without it, glibc takes clone.
        UNLESS(SYS_clone3, 1), FAIL(ENOSYS),
        UNLESS(SYS_clone, 4), LOAD(ARGUMENT(0)), UNLESS_ANY(CLONE_THREAD, 1), PASS, FAIL(EPERM),
        // Signals to itself: abort() is one.
        UNLESS(SYS_tgkill, 4), LOAD(ARGUMENT(0)), UNLESS((uint32_t)getpid(), 1), PASS, FAIL(EPERM),
        // Names.
        UNLESS(SYS_prctl, 6), LOAD(ARGUMENT(0)), UNLESS(PR_SET_NAME, 1), PASS, UNLESS(NAMES_MEMORY, 1), PASS, FAIL(EPERM),
        // Of a descriptor: its flags, and a copy. No owner, who would be sent signals.
        UNLESS(SYS_fcntl, 12), LOAD(ARGUMENT(1)), UNLESS(F_GETFL, 1), PASS, UNLESS(F_SETFL, 1), PASS, UNLESS(F_GETFD, 1), PASS,
        UNLESS(F_SETFD, 1), PASS, UNLESS(F_DUPFD_CLOEXEC, 1), PASS, FAIL(EPERM),
        // The processor of the calling thread.
        UNLESS(SYS_sched_setaffinity, 4), LOAD(ARGUMENT(0)), UNLESS(0, 1), PASS, FAIL(EPERM),
        // How much may be read, and whether it waits.
        UNLESS(SYS_ioctl, 6), LOAD(ARGUMENT(1)), UNLESS(FIONREAD, 1), PASS, UNLESS(FIONBIO, 1), PASS, FAIL(EPERM),
        // Limits may be looked at.
        UNLESS(SYS_prlimit64, 6), LOAD(ARGUMENT(2)), UNLESS(0, 3), LOAD(UPPER(2)), UNLESS(0, 1), PASS, FAIL(EPERM),
    };
    enum { head = sizeof first / sizeof *first, rest = sizeof allowed / sizeof *allowed };
    struct sock_filter filter[head + 2 * rest + 3];
    memcpy(filter, first, sizeof first);
    // The kernel finds out once which calls pass whatever their arguments are, and does not run this for them.
    for (size_t i = 0; i < rest; i++) {
        filter[head + 2 * i] = (struct sock_filter)UNLESS((uint32_t)allowed[i], 1);
        filter[head + 2 * i + 1] = (struct sock_filter)PASS;
    }
    // The C library asks for what is new in this way, and does without.
    filter[head + 2 * rest] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_of_all_architectures, 0, 1);
    filter[head + 2 * rest + 1] = (struct sock_filter)FAIL(ENOSYS);
    filter[head + 2 * rest + 2] = (struct sock_filter)FAIL(EPERM);
    struct sock_fprog program = {.len = head + 2 * rest + 3, .filter = filter};
    // Without the flag some kernels would switch off speculation around memory for the whole process, which is not for this.
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
    return result < 0 ? -errno : 0;
#endif
}
