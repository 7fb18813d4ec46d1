#define _GNU_SOURCE

#include "traffic.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What lies behind a traffic_train: the kernel's view of the same datagrams.
struct train {
    struct traffic_train open;  // first, so that a traffic_train pointer is a train pointer
    struct mmsghdr *headers;
    struct iovec *vectors;
};

struct traffic_train *traffic_train_create(uint32_t capacity, uint32_t size) {
    if (capacity == 0 || capacity > 1024 || size == 0 || size > 65536)
        return NULL;
    struct train *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->open.capacity = capacity;
    t->open.size = size;
    // An odd number of cache lines apart, so that the beginnings do not share one set of the cache.
    t->open.stride = (((size + 63) / 64) | 1) * 64;
    t->open.bytes = aligned_alloc(64, (size_t)capacity * t->open.stride);
    t->open.lengths = calloc(capacity, sizeof *t->open.lengths);
    t->headers = calloc(capacity, sizeof *t->headers);
    t->vectors = calloc(capacity, sizeof *t->vectors);
    if (!t->open.bytes || !t->open.lengths || !t->headers || !t->vectors) {
        traffic_train_destroy(&t->open);
        return NULL;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        t->vectors[i].iov_base = t->open.bytes + (size_t)i * t->open.stride;
        t->headers[i].msg_hdr.msg_iov = &t->vectors[i];
        t->headers[i].msg_hdr.msg_iovlen = 1;
    }
    return &t->open;
}

void traffic_train_destroy(struct traffic_train *train) {
    struct train *t = (struct train *)train;
    if (t == NULL)
        return;
    free(t->open.bytes);
    free(t->open.lengths);
    free(t->headers);
    free(t->vectors);
    free(t);
}

int traffic_connect(const struct zc_address *server, uint32_t receiveBuffer) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(server->port)};
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(server->port), .sin6_scope_id = server->scope};
    memcpy(&in.sin_addr, server->address, sizeof in.sin_addr);
    memcpy(&in6.sin6_addr, server->address, sizeof in6.sin6_addr);
    int is6 = server->family == ZC_IPV6;
    int fd = socket(is6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int size = receiveBuffer > 1 << 30 ? 1 << 30 : (int)receiveBuffer;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    const struct sockaddr *address = is6 ? (const struct sockaddr *)&in6 : (const struct sockaddr *)&in;
    if (connect(fd, address, is6 ? sizeof in6 : sizeof in) < 0) {
        int code = errno;
        close(fd);
        return -code;
    }
    return fd;
}

int traffic_send(struct traffic_train *train, int fd, uint32_t count) {
    struct train *t = (struct train *)train;
    for (uint32_t i = 0; i < count; i++)
        t->vectors[i].iov_len = t->open.lengths[i];
    uint32_t next = 0;
    int sent = 0, retried = 0;
    while (next < count) {
        int done = sendmmsg(fd, t->headers + next, count - next, 0);
        if (done > 0) {
            next += (uint32_t)done;
            sent += done;
            retried = 0;
        } else if (errno == EINTR) {
            continue;
        } else if (errno == ECONNREFUSED && !retried) {
            // The error is that of an earlier datagram, and is told once.
            retried = 1;
        } else {
            next++;
            retried = 0;
        }
    }
    return sent;
}

int traffic_receive(struct traffic_train *train, int fd) {
    struct train *t = (struct train *)train;
    for (uint32_t i = 0; i < t->open.capacity; i++)
        t->vectors[i].iov_len = t->open.size;
    for (;;) {
        int count = recvmmsg(fd, t->headers, t->open.capacity, MSG_DONTWAIT, NULL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN || errno == ECONNREFUSED ? 0 : -errno;
        for (int i = 0; i < count; i++)
            t->open.lengths[i] = t->headers[i].msg_len;
        return count;
    }
}

int traffic_wait(const int *fds, uint32_t count, int64_t nanoseconds) {
    struct pollfd polled[64];
    if (count > 64)
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    if (nanoseconds < 0)
        nanoseconds = 0;
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int ready = ppoll(polled, count, &limit, NULL);
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    return ready > 0;
}

void traffic_precise_waits(void) {
    prctl(PR_SET_TIMERSLACK, 1);
}
