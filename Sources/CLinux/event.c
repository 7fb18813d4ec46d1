#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_event.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

int zc_eventfd_create(void) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

void zc_eventfd_signal(int fd) {
    int saved = errno;
    uint64_t one = 1;
    // The only failure is a counter at its end, and then the descriptor is readable as it should be.
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = saved;
}

uint64_t zc_eventfd_drain(int fd) {
    uint64_t value = 0;
    while (read(fd, &value, sizeof value) < 0) {
        if (errno != EINTR)
            return 0;
    }
    return value;
}

int zc_signalfd_create(const int *signals, uint32_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (uint32_t i = 0; i < count; i++)
        sigaddset(&set, signals[i]);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int zc_signalfd_read(int fd, int32_t *sender) {
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) < 0) {
        if (errno == EAGAIN)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
    *sender = (int32_t)info.ssi_pid;
    return (int)info.ssi_signo;
}

int zc_pipe_create(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

int64_t zc_wait_readable(const int *fds, uint32_t count, int milliseconds) {
    struct pollfd polled[32];
    if (count > 32)
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    if (poll(polled, count, milliseconds) < 0)
        return errno == EINTR ? 0 : -errno;
    int64_t ready = 0;
    for (uint32_t i = 0; i < count; i++)
        if (polled[i].revents != 0)
            ready |= (int64_t)1 << i;
    return ready;
}
