// Whether a listening socket is what it was made to be. All processes that hold it share its state, so that one of them
// can end the service of all: by shutdown(2), or by an option or a filter that lets nothing through.

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "zc_socket.h"

// What changes by itself: a pending error, processors and queues that traffic has come by, amounts of memory.
static const int changing[] = {SO_ERROR, SO_INCOMING_CPU, SO_INCOMING_NAPI_ID, SO_MEMINFO};

static const struct {
    int level;
    int first;
    int last;
} options[] = {
    {SOL_SOCKET, 1, 83},
    {IPPROTO_IP, 1, 51},
    // Between these are what ip6tables asks for.
    {IPPROTO_IPV6, 1, 63},
    {IPPROTO_IPV6, 66, 67},
    {IPPROTO_IPV6, 70, 80},
    {IPPROTO_UDP, 1, 1},
    {IPPROTO_UDP, 100, 104},
    {IPPROTO_TCP, TCP_NODELAY, TCP_WINDOW_CLAMP},
    {IPPROTO_TCP, TCP_CONGESTION, TCP_CONGESTION},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, TCP_USER_TIMEOUT},
};

/// FNV-1a.
static uint64_t mix(uint64_t hash, const void *octets, size_t count) {
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const uint8_t *)octets)[i]) * 0x100000001b3u;
    return hash;
}

static int changes(int level, int option) {
    if (level != SOL_SOCKET)
        return 0;
    for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
        if (changing[i] == option)
            return 1;
    return 0;
}

int64_t zc_socket_fingerprint(int fd) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        for (int option = options[i].first; option <= options[i].last; option++) {
            if (changes(options[i].level, option))
                continue;
            uint8_t value[64];
            socklen_t length = sizeof value;
            memset(value, 0, sizeof value);
            int32_t result = getsockopt(fd, options[i].level, option, value, &length) < 0 ? -errno : (int32_t)length;
            hash = mix(hash, &option, sizeof option);
            hash = mix(hash, &result, sizeof result);
            if (result > 0)
                hash = mix(hash, value, length < sizeof value ? length : sizeof value);
        }
    }
    int32_t flags = fcntl(fd, F_GETFL);
    return (int64_t)mix(hash, &flags, sizeof flags);
}

int zc_socket_is_sound_udp(int fd) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getpeername(fd, (struct sockaddr *)&storage, &length) == 0)
        return 0;
    struct pollfd polled = {.fd = fd, .events = POLLIN | POLLRDHUP};
    if (poll(&polled, 1, 0) < 0 || (polled.revents & (POLLHUP | POLLRDHUP | POLLNVAL)) != 0)
        return 0;
    length = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &length) < 0)
        return 0;
    // A socket on a wildcard address sends to this machine, too.
    return sendto(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&storage, length) >= 0 || errno != EPIPE;
}

int zc_socket_listen_again(int fd, int backlog) {
    return listen(fd, backlog) < 0 ? -errno : 0;
}
