// The system calls of a build once it is in its sandbox, each with the reason for which it is permitted: as responder_calls.c, for
// the process that parses master files. Which files it opens, reads and writes is up to Landlock.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_sandbox.h"

#include <sys/syscall.h>

// Calls that younger architectures do not have, or older headers.
#ifndef SYS_epoll_wait
#define SYS_epoll_wait -1
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 -1
#endif
#ifndef SYS_poll
#define SYS_poll -1
#endif
#ifndef SYS_readlink
#define SYS_readlink -1
#endif
#ifndef SYS_rename
#define SYS_rename -1
#endif
#ifndef SYS_renameat
#define SYS_renameat -1
#endif
#ifndef SYS_time
#define SYS_time -1
#endif
#ifndef SYS_unlink
#define SYS_unlink -1
#endif

#define CALL(name, condition, reason) {#name, SYS_##name, condition, reason}

static const struct zc_call calls[] = {
    // Files, as far as Landlock leaves them open.
    CALL(openat, ZC_ANY, "opens master files, images, and the image that is written"),
    CALL(openat2, ZC_ANY, "opens included files, and no others by way of a link"),
    CALL(read, ZC_ANY, "reads master files and the order"),
    CALL(pread64, ZC_ANY, "reads files"),
    CALL(lseek, ZC_ANY, "reads files"),
    CALL(write, ZC_ANY, "writes the image and the report"),
    CALL(writev, ZC_ANY, "writes the report of a crash"),
    CALL(fsync, ZC_ANY, "makes the image durable"),
    CALL(rename, ZC_ANY, "gives the image its name"),
    CALL(renameat, ZC_ANY, "gives the image its name"),
    CALL(renameat2, ZC_ANY, "gives the image its name"),
    CALL(unlink, ZC_ANY, "removes an image that failed"),
    CALL(unlinkat, ZC_ANY, "removes an image that failed"),
    CALL(close, ZC_ANY, "closes files"),
    CALL(fcntl, ZC_FLAGS_AND_COPIES, "has descriptors closed when a program starts"),
    CALL(fstat, ZC_ANY, "whether a file is regular and has changed"),
    CALL(newfstatat, ZC_ANY, "whether a file is regular and has changed"),
    CALL(statx, ZC_ANY, "whether a file is regular and has changed"),
    CALL(readlink, ZC_ANY, "the name of a folder without links"),
    CALL(readlinkat, ZC_ANY, "the name of a folder without links"),
    CALL(faccessat, ZC_ANY, "whether a folder can be searched"),
    CALL(faccessat2, ZC_ANY, "whether a folder can be searched"),
    CALL(getcwd, ZC_ANY, "where a relative path begins"),
    CALL(poll, ZC_ANY, "waits for the order"),
    CALL(ppoll, ZC_ANY, "waits for the order"),
    // Memory.
    CALL(mmap, ZC_NOT_EXECUTABLE, "maps images; memory of the allocator"),
    CALL(mprotect, ZC_NOT_EXECUTABLE, "stacks of threads; memory of the allocator"),
    CALL(munmap, ZC_ANY, "lets go of images; memory of the allocator"),
    CALL(madvise, ZC_ANY, "large pages; gives memory back"),
    CALL(mremap, ZC_ANY, "memory of the allocator"),
    CALL(brk, ZC_ANY, "memory of the allocator"),
    // Threads.
    CALL(clone, ZC_THREADS_ONLY, "starts a thread: small zones are compiled at once"),
    CALL(epoll_create1, ZC_ANY, "the runtime's queue, by which small zones are compiled at once"),
    CALL(epoll_ctl, ZC_ANY, "the runtime's queue"),
    CALL(epoll_wait, ZC_ANY, "the runtime's queue"),
    CALL(epoll_pwait, ZC_ANY, "the runtime's queue"),
    CALL(eventfd2, ZC_ANY, "the runtime's queue"),
    CALL(timerfd_create, ZC_ANY, "the runtime's queue"),
    CALL(timerfd_settime, ZC_ANY, "the runtime's queue"),
    CALL(futex, ZC_ANY, "locks"),
    CALL(set_robust_list, ZC_ANY, "a thread that starts"),
    CALL(rseq, ZC_ANY, "a thread that starts"),
    CALL(gettid, ZC_ANY, "which thread this is"),
    CALL(sched_getaffinity, ZC_ANY, "how many processors there are"),
    CALL(sched_yield, ZC_ANY, "locks"),
    CALL(membarrier, ZC_ANY, "the runtime's barriers between threads"),
    CALL(prctl, ZC_NAMES, "names threads and memory, for people"),
    CALL(exit, ZC_ANY, "a thread that ends"),
    CALL(exit_group, ZC_ANY, "the end of the process"),
    CALL(restart_syscall, ZC_ANY, "a wait that a stop has interrupted"),
    // Signals.
    CALL(rt_sigaction, ZC_ANY, "the runtime's report of a crash"),
    CALL(rt_sigprocmask, ZC_ANY, "a thread that starts"),
    CALL(rt_sigreturn, ZC_ANY, "the end of a handler"),
    CALL(sigaltstack, ZC_ANY, "the runtime's report of a crash"),
    CALL(tgkill, ZC_TO_ITSELF, "abort"),
    // Time, random numbers, and what the process is.
    CALL(clock_gettime, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(clock_getres, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(gettimeofday, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(time, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(clock_nanosleep, ZC_ANY, "short waits"),
    CALL(nanosleep, ZC_ANY, "short waits"),
    CALL(getrandom, ZC_ANY, "seeds of tables"),
    CALL(getpid, ZC_ANY, "the name of a file in the making"),
    CALL(getuid, ZC_ANY, "its own user"),
    CALL(geteuid, ZC_ANY, "its own user"),
    CALL(getgid, ZC_ANY, "its own group"),
    CALL(getegid, ZC_ANY, "its own group"),
    CALL(getrusage, ZC_ANY, "what it has used"),
    CALL(prlimit64, ZC_LOOKING_ONLY, "how large stacks are"),
    CALL(sysinfo, ZC_ANY, "how much memory the machine has"),
    CALL(uname, ZC_ANY, "which kernel this is"),
};

const struct zc_profile zc_build_profile = {calls, sizeof calls / sizeof *calls};
