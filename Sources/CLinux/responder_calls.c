// The system calls of authd once it is in its sandbox, each with the reason for which it is permitted. The filter is made of this
// table (seccomp.c), and so is the one in docs/SECURITY.md, which a test compares with it.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_sandbox.h"

#include <sys/syscall.h>

// Calls that younger architectures do not have.
#ifndef SYS_epoll_create
#define SYS_epoll_create -1
#endif
#ifndef SYS_epoll_wait
#define SYS_epoll_wait -1
#endif
#ifndef SYS_poll
#define SYS_poll -1
#endif
#ifndef SYS_time
#define SYS_time -1
#endif

#define CALL(name, condition, reason) {#name, SYS_##name, condition, reason}

static const struct zc_call calls[] = {
    // The sockets that are open, and what accept makes of them. What is called once a batch comes first.
    CALL(sendmmsg, ZC_NO_CONNECTING, "sends a batch of answers"),
    CALL(recvmmsg, ZC_ANY, "receives a batch of queries"),
    CALL(accept4, ZC_ANY, "takes a TCP connection"),
    CALL(read, ZC_ANY, "reads from a connection, the bus, and files"),
    CALL(readv, ZC_ANY, "reads from a connection"),
    CALL(recvfrom, ZC_ANY, "reads from a connection"),
    CALL(recvmsg, ZC_ANY, "reads from a connection"),
    CALL(write, ZC_ANY, "writes to a connection, the bus, and the log"),
    CALL(writev, ZC_ANY, "writes to a connection"),
    CALL(sendto, ZC_NO_CONNECTING, "writes to a connection"),
    CALL(sendmsg, ZC_NO_CONNECTING_3, "writes to a connection"),
    CALL(shutdown, ZC_OWN_SOCKET, "ends a TCP connection in order"),
    CALL(setsockopt, ZC_OWN_SOCKET_TUNING, "sends answers at once, and bounds what the kernel keeps for a connection"),
    CALL(getsockopt, ZC_ANY, "looks for the error of a connection"),
    CALL(getpeername, ZC_ANY, "whose connection it is"),
    CALL(getsockname, ZC_ANY, "which kind of socket it is"),
    // Descriptors.
    CALL(close, ZC_ANY, "closes connections and files"),
    CALL(fcntl, ZC_FLAGS_AND_COPIES, "has connections not wait, and moves files out of the low numbers"),
    CALL(ioctl, ZC_AMOUNT_AND_MODE, "how much there is to read"),
    CALL(epoll_create, ZC_ANY, "waits for connections"),
    CALL(epoll_create1, ZC_ANY, "waits for connections"),
    CALL(epoll_ctl, ZC_ANY, "waits for connections"),
    CALL(epoll_wait, ZC_ANY, "waits for connections"),
    CALL(epoll_pwait, ZC_ANY, "waits for connections"),
    CALL(eventfd2, ZC_ANY, "wakes an event loop"),
    CALL(timerfd_create, ZC_ANY, "the timers of an event loop"),
    CALL(timerfd_settime, ZC_ANY, "the timers of an event loop"),
    CALL(poll, ZC_ANY, "waits for one descriptor"),
    CALL(ppoll, ZC_ANY, "waits for one descriptor"),
    // Files, as far as Landlock leaves them open.
    CALL(openat, ZC_FOR_READING, "opens images, and keys of cookies when they are read again"),
    CALL(fstat, ZC_ANY, "how long an image is"),
    CALL(newfstatat, ZC_ANY, "how long an image is"),
    CALL(statx, ZC_ANY, "how long an image is"),
    CALL(lseek, ZC_ANY, "reads files"),
    CALL(pread64, ZC_ANY, "reads files"),
    // Memory.
    CALL(mmap, ZC_NOT_EXECUTABLE, "maps images; memory of the allocator"),
    CALL(mprotect, ZC_NOT_EXECUTABLE, "stacks of threads; memory of the allocator"),
    CALL(munmap, ZC_ANY, "lets go of images; memory of the allocator"),
    CALL(madvise, ZC_ANY, "makes images resident; gives memory back"),
    CALL(mincore, ZC_ANY, "how much of an image is resident"),
    CALL(mremap, ZC_ANY, "memory of the allocator"),
    CALL(brk, ZC_ANY, "memory of the allocator"),
    // Threads.
    CALL(clone, ZC_THREADS_ONLY, "starts a thread"),
    CALL(futex, ZC_ANY, "locks"),
    CALL(set_robust_list, ZC_ANY, "a thread that starts"),
    CALL(rseq, ZC_ANY, "a thread that starts"),
    CALL(gettid, ZC_ANY, "which thread this is"),
    CALL(sched_getaffinity, ZC_ANY, "how many processors there are"),
    CALL(sched_setaffinity, ZC_CALLING_THREAD, "--pin"),
    CALL(sched_yield, ZC_ANY, "locks"),
    CALL(membarrier, ZC_ANY, "the runtime's barriers between threads"),
    CALL(prctl, ZC_NAMES, "names threads and memory, for people"),
    CALL(exit, ZC_ANY, "a thread that ends"),
    CALL(exit_group, ZC_ANY, "the end of the process"),
    CALL(restart_syscall, ZC_ANY, "a wait that a stop has interrupted"),
    // Signals.
    CALL(rt_sigaction, ZC_ANY, "threads that wait are woken by a signal"),
    CALL(rt_sigprocmask, ZC_ANY, "threads that wait are woken by a signal"),
    CALL(rt_sigreturn, ZC_ANY, "the end of a handler"),
    CALL(rt_sigtimedwait, ZC_ANY, "the main thread waits for signals"),
    CALL(rt_sigpending, ZC_ANY, "whether a signal waits"),
    CALL(sigaltstack, ZC_ANY, "the runtime's report of a crash"),
    CALL(tgkill, ZC_TO_ITSELF, "wakes a thread; abort"),
    // Time, random numbers, and what the process is.
    CALL(clock_gettime, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(clock_getres, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(gettimeofday, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(time, ZC_ANY, "time, where the kernel's page does not do"),
    CALL(clock_nanosleep, ZC_ANY, "short waits"),
    CALL(nanosleep, ZC_ANY, "short waits"),
    CALL(getrandom, ZC_ANY, "keys of cookies; seeds of tables"),
    CALL(getpid, ZC_ANY, "its own number"),
    CALL(getuid, ZC_ANY, "its own user"),
    CALL(geteuid, ZC_ANY, "its own user"),
    CALL(getgid, ZC_ANY, "its own group"),
    CALL(getegid, ZC_ANY, "its own group"),
    CALL(getrusage, ZC_ANY, "what it has used"),
    CALL(prlimit64, ZC_LOOKING_ONLY, "how many descriptors there may be; how large stacks are"),
    CALL(sysinfo, ZC_ANY, "how much memory the machine has"),
    CALL(uname, ZC_ANY, "which kernel this is"),
};

const struct zc_profile zc_responder_profile = {calls, sizeof calls / sizeof *calls};
