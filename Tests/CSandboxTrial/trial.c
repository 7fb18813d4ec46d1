// After fork, a child of a process with threads may do little but system calls: this is in C so that it does no more.

#define _GNU_SOURCE

#include "trial.h"

#include "CLinux.h"
#include "CThreadFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
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

/// Found before the sandbox is entered, where asking for it fails.
static pid_t parent;

static int error_of(long result) {
    return result < 0 ? errno : 0;
}

static int memory(int protection) {
    void *page = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : 0;
}

/// The sockets of a responder: those that it shares with others, and a connection that it has accepted.
struct sockets {
    int listening;
    int datagrams;
    int connection;
    struct sockaddr_in address;  // Where the first one listens.
};

/// Where shared descriptors begin, and where those of the process's own do.
enum { first_shared = 200, first_own = 300 };

static int moved(int fd, int floor) {
    int result = fcntl(fd, F_DUPFD_CLOEXEC, floor);
    close(fd);
    return result;
}

static int prepare(struct sockets *s) {
    socklen_t length = sizeof s->address;
    s->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    s->listening = moved(socket(AF_INET, SOCK_STREAM, 0), first_shared);
    s->datagrams = moved(socket(AF_INET, SOCK_DGRAM, 0), first_shared);
    if (bind(s->listening, (struct sockaddr *)&s->address, length) < 0 || listen(s->listening, 8) < 0
        || getsockname(s->listening, (struct sockaddr *)&s->address, &length) < 0)
        return -errno;
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&s->address, length) < 0)
        return -errno;
    s->connection = moved(accept(s->listening, NULL, NULL), first_own);
    return s->connection < 0 ? -errno : 0;
}

static int set(int fd, int level, int option, int value) {
    return error_of(setsockopt(fd, level, option, &value, sizeof value));
}

static int attach(int fd) {
    // Drops everything.
    struct sock_filter drop = {.code = BPF_RET | BPF_K};
    struct sock_fprog program = {.len = 1, .filter = &drop};
    return error_of(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

static int opened(const char *path) {
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return errno;
    char octet;
    int error = error_of(read(fd, &octet, 1));
    close(fd);
    return error;
}

/// Sends an octet to where the listening socket is, from a socket that is not connected.
static int send_with(struct sockets *s, int by, int flags, int message_flags) {
    struct iovec octet = {.iov_base = "x", .iov_len = 1};
    struct mmsghdr message = {.msg_hdr = {.msg_name = &s->address, .msg_namelen = sizeof s->address, .msg_iov = &octet,
                                          .msg_iovlen = 1, .msg_flags = message_flags}};
    switch (by) {
    case TRIAL_FAST_OPEN_SENDTO:
        return error_of(sendto(s->listening, "x", 1, flags, (struct sockaddr *)&s->address, sizeof s->address));
    case TRIAL_FAST_OPEN_SENDMSG: return error_of(sendmsg(s->listening, &message.msg_hdr, flags));
    default: return error_of(sendmmsg(s->listening, &message, 1, flags));
    }
}

/// The lines of a process's status that name capabilities which it has or may get.
static int capability_sets(void) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)gettid());
    FILE *status = fopen(path, "r");
    if (status == NULL)
        return -errno;
    int count = 0;
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "Cap", 3) == 0 && strspn(line + 8, "0") != 16)
            count++;
    fclose(status);
    return count;
}

static int attempt(int trial, int folder, const char *outside, int socket_before, struct sockets *s) {
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
    case TRIAL_CONNECT:
        return error_of(connect(socket_before, (struct sockaddr *)&s->address, sizeof s->address));
    case TRIAL_FAST_OPEN_SENDTO:
    case TRIAL_FAST_OPEN_SENDMSG:
    case TRIAL_FAST_OPEN_SENDMMSG: return send_with(s, trial, MSG_FASTOPEN | MSG_NOSIGNAL, 0);
    case TRIAL_FAST_OPEN_MESSAGE: return send_with(s, trial, MSG_NOSIGNAL, MSG_FASTOPEN);
    case TRIAL_SHUT_SHARED: return error_of(shutdown(s->listening, SHUT_RDWR));
    case TRIAL_SHUT_SHARED_DATAGRAMS: return error_of(shutdown(s->datagrams, SHUT_RD));
    case TRIAL_LISTEN_SHARED: return error_of(listen(s->listening, 0));
    case TRIAL_TUNE_SHARED: return set(s->listening, IPPROTO_TCP, TCP_NODELAY, 1);
    case TRIAL_FILTER_SHARED: return attach(s->datagrams);
    case TRIAL_LOCK_FILTER_SHARED: return set(s->datagrams, SOL_SOCKET, SO_LOCK_FILTER, 1);
    case TRIAL_MODE_SHARED: return error_of(fcntl(s->datagrams, F_SETFL, O_NONBLOCK));
    case TRIAL_MODE_SHARED_BY_IOCTL: {
        int on = 1;
        return error_of(ioctl(s->datagrams, FIONBIO, &on));
    }
    case TRIAL_COPY_SHARED: return error_of(dup(s->datagrams));
    case TRIAL_COPY_SHARED_BY_FCNTL: return error_of(fcntl(s->datagrams, F_DUPFD_CLOEXEC, first_own));
    case TRIAL_COPY_SHARED_OVER_OWN: return error_of(dup3(s->datagrams, first_own + 50, O_CLOEXEC));
    case TRIAL_SEND_SHARED:
        return error_of(sendto(s->datagrams, "x", 1, 0, (struct sockaddr *)&s->address, sizeof s->address));
    case TRIAL_FILTER_OWN: return attach(s->connection);
    case TRIAL_LOCK_FILTER_OWN: return set(s->connection, SOL_SOCKET, SO_LOCK_FILTER, 1);
    case TRIAL_MARK_OWN: return set(s->connection, SOL_SOCKET, SO_PRIORITY, 1);
    case TRIAL_DEVICE_OWN: return error_of(setsockopt(s->connection, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
    case TRIAL_TUNE_OWN: return set(s->connection, IPPROTO_TCP, TCP_NODELAY, 1);
    case TRIAL_BOUND_OWN: return set(s->connection, SOL_SOCKET, SO_SNDBUF, 65536);
    case TRIAL_SHUT_OWN: return error_of(shutdown(s->connection, SHUT_WR));
    case TRIAL_KERNEL_LOG: return opened("/proc/kmsg");
    case TRIAL_KERNEL_SYMBOLS: return opened("/proc/kallsyms");
    case TRIAL_KERNEL_KEYS: return opened("/proc/keys");
    case TRIAL_OTHER_PROCESS: {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/status", (int)parent);
        return opened(path);
    }
    case TRIAL_OWN_THREAD: {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/stat", (int)gettid());
        return opened(path);
    }
    case TRIAL_CAPABILITIES: return capability_sets();
    default: return -1;
    }
}

static void child(const char *path, const char *outside, int inherited) {
    // Tests that run beside this one have many descriptors open, and where this one's are decides what the filter permits.
    int report = dup2(inherited, STDERR_FILENO + 1);
    closefrom(report + 1);
    int32_t results[TRIAL_COUNT + 1];
    parent = getppid();
    const struct zc_access files[] = {{.path = path}, {.path = "/proc/self/task"}};
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    int socket_before = socket(AF_INET, SOCK_STREAM, 0);
    struct sockets sockets;
    int result = folder < 0 ? -errno : prepare(&sockets);
    if (result == 0)
        result = zc_no_new_privileges();
    if (result == 0)
        result = zc_drop_capabilities(0);
    if (result == 0) {
        int version = zc_landlock(files, 2);
        result = version < 0 ? version : zc_seccomp(&zc_responder_profile, first_own);
    }
    results[0] = result;
    for (int trial = 0; trial < TRIAL_COUNT; trial++)
        results[trial + 1] = result == 0 ? attempt(trial, folder, outside, socket_before, &sockets) : -1;
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
