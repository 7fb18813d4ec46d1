// After fork, a child of a process with threads may do little but system calls: this is in C so that it does no more.

#define _GNU_SOURCE

#include "trial.h"

#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int error_of(long result) {
    return result < 0 ? errno : 0;
}

static int memory(int protection) {
    void *page = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : 0;
}

static int attempt(int trial, int folder, const char *outside, int socket_before) {
    char *const arguments[] = {"true", NULL};
    switch (trial) {
    case TRIAL_READ_INSIDE: return error_of(openat(folder, "inside", O_RDONLY));
    case TRIAL_WRITE_INSIDE: return error_of(openat(folder, "inside", O_RDWR));
    case TRIAL_CREATE_INSIDE: return error_of(openat(folder, "new", O_WRONLY | O_CREAT, 0600));
    case TRIAL_REMOVE_INSIDE: return error_of(unlinkat(folder, "inside", 0));
    case TRIAL_READ_OUTSIDE: return error_of(open(outside, O_RDONLY));
    case TRIAL_LIST_OUTSIDE: return error_of(open("/", O_RDONLY | O_DIRECTORY));
    case TRIAL_CHMOD: return error_of(fchmodat(folder, "inside", 0777, 0));
    case TRIAL_SOCKET: return error_of(socket(AF_INET, SOCK_STREAM, 0));
    case TRIAL_BIND: {
        struct sockaddr_in any = {.sin_family = AF_INET};
        return error_of(bind(socket_before, (struct sockaddr *)&any, sizeof any));
    }
    case TRIAL_EXECUTE: return error_of(execve("/bin/true", arguments, NULL));
    case TRIAL_FORK: return error_of(fork());
    case TRIAL_KILL_PARENT: return error_of(kill(getppid(), 0));
    case TRIAL_TRACE_PARENT: return error_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
    case TRIAL_EXECUTABLE_MEMORY: return memory(PROT_READ | PROT_EXEC);
    case TRIAL_RAISE_LIMIT: {
        struct rlimit limit = {1, 1};
        return error_of(setrlimit(RLIMIT_CORE, &limit));
    }
    case TRIAL_PERSONALITY: return error_of(personality(0xffffffff));
    case TRIAL_MOUNT: return error_of(mount("none", "/mnt", "tmpfs", 0, NULL));
    case TRIAL_OWNER: return error_of(fcntl(socket_before, F_SETOWN, getppid()));
    case TRIAL_AFFINITY: {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(0, &one);
        return error_of(sched_setaffinity(getppid(), sizeof one, &one));
    }
    case TRIAL_NICE: return error_of(setpriority(PRIO_PROCESS, getppid(), 19));
    case TRIAL_MEMORY: return memory(PROT_READ | PROT_WRITE);
    case TRIAL_FLAGS: return error_of(fcntl(socket_before, F_GETFL));
    case TRIAL_CLOCK: {
        struct timespec now;
        return error_of(clock_gettime(CLOCK_REALTIME, &now));
    }
    case TRIAL_SIGNAL_ITSELF: return error_of(syscall(SYS_tgkill, getpid(), gettid(), 0));
    default: return -1;
    }
}

static void child(const char *path, const char *outside, int report) {
    int32_t results[TRIAL_COUNT + 1];
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    int socket_before = socket(AF_INET, SOCK_STREAM, 0);
    int result = folder < 0 ? -errno : zc_no_new_privileges();
    if (result == 0) {
        int version = zc_landlock(&folder, 1);
        result = version < 0 ? version : zc_seccomp();
    }
    results[0] = result;
    for (int trial = 0; trial < TRIAL_COUNT; trial++)
        results[trial + 1] = result == 0 ? attempt(trial, folder, outside, socket_before) : -1;
    ssize_t written = write(report, results, sizeof results);
    _exit(written == sizeof results ? 0 : 1);
}

int trial_run(const char *folder, const char *outside, int32_t results[TRIAL_COUNT]) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    pid_t process = fork();
    if (process < 0)
        return -errno;
    if (process == 0)
        child(folder, outside, ends[1]);
    close(ends[1]);
    int32_t told[TRIAL_COUNT + 1];
    memset(told, 0xff, sizeof told);
    ssize_t count = read(ends[0], told, sizeof told);
    close(ends[0]);
    waitpid(process, NULL, 0);
    if (count != sizeof told)
        return -EIO;
    memcpy(results, told + 1, sizeof(int32_t) * TRIAL_COUNT);
    return told[0];
}
