#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "zc_batch.h"

enum { MAX_OWN = 64 };

// Room for one pktinfo of either family; only wildcard sockets get any (zc_socket_listen).
union control {
    char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr aligned;
};

// What lies behind a zc_batch: the kernel's view of the same messages.
struct batch {
    struct zc_batch open;  // first, so that a zc_batch pointer is a batch pointer
    struct mmsghdr *receiving;
    struct mmsghdr *sending;
    struct iovec *inVectors;
    struct iovec *outVectors;
    struct sockaddr_storage *sources;
    union control *controls;
    uint8_t *buffers;
    struct zc_address own[MAX_OWN];
    uint32_t ownCount;
};

// How far apart buffers lie: whole cache lines, an odd number of them. At 4096 octets the beginnings of all buffers,
// often all that is used of them, would share one set of the first-level cache.
static size_t stride(uint32_t size) {
    return ((((size_t)size + 63) / 64) | 1) * 64;
}

struct zc_batch *zc_batch_create(uint32_t capacity, uint32_t inSize, uint32_t outSize) {
    if (capacity == 0 || capacity > 1024 || inSize == 0 || outSize == 0 || inSize > 65536 || outSize > 65536)
        return NULL;
    struct batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    size_t inStride = stride(inSize), outStride = stride(outSize);
    b->open.messages = calloc(capacity, sizeof *b->open.messages);
    b->receiving = calloc(capacity, sizeof *b->receiving);
    b->sending = calloc(capacity, sizeof *b->sending);
    b->inVectors = calloc(capacity, sizeof *b->inVectors);
    b->outVectors = calloc(capacity, sizeof *b->outVectors);
    b->sources = calloc(capacity, sizeof *b->sources);
    b->controls = calloc(capacity, sizeof *b->controls);
    b->buffers = aligned_alloc(64, capacity * (inStride + outStride));
    if (!b->open.messages || !b->receiving || !b->sending || !b->inVectors || !b->outVectors || !b->sources
        || !b->controls || !b->buffers) {
        zc_batch_destroy(&b->open);
        return NULL;
    }
    b->open.capacity = capacity;
    b->open.inSize = inSize;
    b->open.outSize = outSize;
    for (uint32_t i = 0; i < capacity; i++) {
        struct zc_message *m = &b->open.messages[i];
        m->in = b->buffers + i * inStride;
        m->out = b->buffers + capacity * inStride + i * outStride;
        b->inVectors[i] = (struct iovec){.iov_base = m->in, .iov_len = inSize};
        b->receiving[i].msg_hdr = (struct msghdr){
            .msg_name = &b->sources[i],
            .msg_iov = &b->inVectors[i],
            .msg_iovlen = 1,
            .msg_control = &b->controls[i],
        };
        // The kernel writes these two lengths, and writes no more than it finds: reset where they were used.
        b->receiving[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_storage);
        b->receiving[i].msg_hdr.msg_controllen = sizeof(union control);
    }
    return &b->open;
}

void zc_batch_destroy(struct zc_batch *batch) {
    struct batch *b = (struct batch *)batch;
    if (b == NULL)
        return;
    free(b->open.messages);
    free(b->receiving);
    free(b->sending);
    free(b->inVectors);
    free(b->outVectors);
    free(b->sources);
    free(b->controls);
    free(b->buffers);
    free(b);
}

int zc_batch_set_own_addresses(struct zc_batch *batch, const struct zc_address *addresses, uint32_t count) {
    struct batch *b = (struct batch *)batch;
    if (count > MAX_OWN)
        return -EINVAL;
    if (count > 0)
        memcpy(b->own, addresses, count * sizeof *addresses);
    b->ownCount = count;
    return 0;
}

static const uint8_t zeros[16];

static int is_loopback(uint8_t family, const uint8_t *address) {
    static const uint8_t one[16] = {[15] = 1};
    return family == ZC_IPV4 ? address[0] == 127 : memcmp(address, one, 16) == 0;
}

// The address at which a datagram arrived, or null if its socket is bound to one.
static const uint8_t *asked_address(struct msghdr *header) {
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    if (c == NULL)
        return NULL;
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
        return (const uint8_t *)&((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr;
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
        return (const uint8_t *)&((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr;
    return NULL;
}

static int comes_from_own(const struct batch *b, const struct zc_message *m, struct msghdr *header) {
    for (uint32_t i = 0; i < b->ownCount; i++) {
        const struct zc_address *own = &b->own[i];
        // The port differs nearly always, and then this loop is all that a query pays.
        if (own->port != m->sourcePort || own->family != m->family)
            continue;
        size_t size = m->family == ZC_IPV4 ? 4 : 16;
        if (memcmp(own->address, m->source, size) == 0)
            return 1;
        if (memcmp(own->address, zeros, size) == 0) {
            const uint8_t *asked = asked_address(header);
            if (is_loopback(m->family, m->source) || (asked != NULL && memcmp(asked, m->source, size) == 0))
                return 1;
        }
    }
    return 0;
}

static void describe(struct batch *b, uint32_t i) {
    struct zc_message *m = &b->open.messages[i];
    struct msghdr *header = &b->receiving[i].msg_hdr;
    m->inLength = b->receiving[i].msg_len;
    m->outLength = 0;
    m->truncated = (header->msg_flags & MSG_TRUNC) != 0;
    if (b->sources[i].ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&b->sources[i];
        m->family = ZC_IPV4;
        m->sourcePort = ntohs(in->sin_port);
        memcpy(m->source, &in->sin_addr, 4);
        memset(m->source + 4, 0, 12);
    } else {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&b->sources[i];
        m->family = ZC_IPV6;
        m->sourcePort = ntohs(in6->sin6_port);
        memcpy(m->source, &in6->sin6_addr, 16);
    }
    m->fromOwn = comes_from_own(b, m, header);
}

int zc_udp_receive(struct zc_batch *batch, int fd, int wakeFd, int wait) {
    struct batch *b = (struct batch *)batch;
    for (uint32_t i = 0; i < b->open.count; i++) {
        b->receiving[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_storage);
        b->receiving[i].msg_hdr.msg_controllen = sizeof(union control);
    }
    b->open.count = 0;
    int flags = wait && wakeFd < 0 ? MSG_WAITFORONE : MSG_DONTWAIT;
    for (;;) {
        int count = recvmmsg(fd, b->receiving, b->open.capacity, flags, NULL);
        if (count > 0) {
            for (int i = 0; i < count; i++)
                describe(b, (uint32_t)i);
            b->open.count = (uint32_t)count;
            return count;
        }
        if (count < 0 && errno == EINTR)
            return wait ? 0 : -EAGAIN;
        if (count < 0 && errno != EAGAIN)
            return -errno;
        if (!wait)
            return -EAGAIN;
        // Also where an inherited socket is non-blocking: its flags are shared with its owner, so they stay.
        struct pollfd polled[2] = {{.fd = fd, .events = POLLIN}, {.fd = wakeFd, .events = POLLIN}};
        if (poll(polled, 2, -1) < 0)
            return errno == EINTR ? 0 : -errno;
        if (wakeFd >= 0 && polled[1].revents != 0)
            return 0;
    }
}

// Turns the received control data into that of the answer: the same address, on whatever interface the route says.
// (A link-local destination has its interface in the socket address.)
static void set_source(struct msghdr *answer, struct msghdr *query) {
    struct cmsghdr *c = CMSG_FIRSTHDR(query);
    answer->msg_control = NULL;
    answer->msg_controllen = 0;
    if (c == NULL)
        return;
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(c);
        // For a broadcast the local address is not the one in the packet, and only the former can be a source.
        info->ipi_addr = info->ipi_spec_dst;
        info->ipi_ifindex = 0;
        answer->msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
        if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
            info->ipi6_ifindex = 0;
        answer->msg_controllen = CMSG_SPACE(sizeof(struct in6_pktinfo));
    } else {
        return;
    }
    answer->msg_control = query->msg_control;
}

int zc_udp_send(struct zc_batch *batch, int fd) {
    struct batch *b = (struct batch *)batch;
    uint32_t total = 0;
    for (uint32_t i = 0; i < b->open.count; i++) {
        const struct zc_message *m = &b->open.messages[i];
        if (m->outLength == 0)
            continue;
        b->outVectors[total] = (struct iovec){.iov_base = m->out, .iov_len = m->outLength};
        struct msghdr *answer = &b->sending[total].msg_hdr;
        answer->msg_name = &b->sources[i];
        answer->msg_namelen = b->receiving[i].msg_hdr.msg_namelen;
        answer->msg_iov = &b->outVectors[total];
        answer->msg_iovlen = 1;
        set_source(answer, &b->receiving[i].msg_hdr);
        total++;
    }
    uint32_t next = 0, sent = 0;
    int patience = 10;
    while (next < total) {
        int count = sendmmsg(fd, b->sending + next, total - next, 0);
        if (count > 0) {
            next += (uint32_t)count;
            sent += (uint32_t)count;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN && patience > 0) {
            struct pollfd polled = {.fd = fd, .events = POLLOUT};
            poll(&polled, 1, 1);
            patience--;
            continue;
        }
        // The error is that of the message at `next`: no route, a firewall, no buffers. The others may fare better,
        // except behind a full socket, which has had its time.
        uint32_t refused = errno == EAGAIN ? total - next : 1;
        b->open.lastSendError = errno;
        b->open.sendFailures += refused;
        next += refused;
    }
    return (int)sent;
}
