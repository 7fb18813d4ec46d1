#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "zc_socket.h"

static int set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int is_wildcard(const struct zc_address *address) {
    static const uint8_t zeros[16];
    return memcmp(address->address, zeros, address->family == ZC_IPV4 ? 4 : 16) == 0;
}

// RFC 9715: neither believe nor ask for a path's MTU, which anyone can forge. OMIT sends without DF and splits at the
// interface's MTU only; DONT is the next best thing where OMIT is unknown.
static int disable_path_mtu(int fd, uint8_t family) {
    if (family == ZC_IPV4)
        return set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT) == 0
                   ? 0
                   : set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    return set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT) == 0
               ? 0
               : set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

static int prepare_udp(int fd, const struct zc_address *address) {
    int error = disable_path_mtu(fd, address->family);
    // A socket bound to one address answers from it anyhow, and control data costs time with each datagram.
    if (error == 0 && is_wildcard(address))
        error = address->family == ZC_IPV4 ? set(fd, IPPROTO_IP, IP_PKTINFO, 1)
                                           : set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    return error;
}

int zc_socket_prepare_udp(int fd) {
    struct zc_socket_info info;
    int error = zc_socket_describe(fd, &info);
    if (error != 0)
        return error;
    return info.kind == ZC_SOCKET_UDP ? prepare_udp(fd, &info.address) : -EINVAL;
}

int zc_socket_listen(int kind, const struct zc_address *address, uint32_t flags, int backlog) {
    struct sockaddr_storage storage;
    socklen_t length = zc_to_sockaddr(address, &storage);
    if (length == 0 || (kind != ZC_SOCKET_UDP && kind != ZC_SOCKET_TCP))
        return -EINVAL;
    int fd = socket(storage.ss_family, (kind == ZC_SOCKET_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int error = 0;
    if (address->family == ZC_IPV6)
        error = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (error == 0 && kind == ZC_SOCKET_TCP)
        error = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (error == 0 && (flags & ZC_REUSE_PORT) != 0)
        error = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (error == 0 && kind == ZC_SOCKET_UDP)
        error = prepare_udp(fd, address);
    if (error == 0 && bind(fd, (struct sockaddr *)&storage, length) < 0)
        error = -errno;
    if (error == 0 && kind == ZC_SOCKET_TCP && listen(fd, backlog) < 0)
        error = -errno;
    if (error != 0) {
        close(fd);
        return error;
    }
    return fd;
}

int64_t zc_socket_set_receive_buffer(int fd, uint32_t size) {
    int wanted = size > INT32_MAX / 2 ? INT32_MAX / 2 : (int)size;
    int error = set(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted);
    if (error != 0)
        error = set(fd, SOL_SOCKET, SO_RCVBUF, wanted);
    if (error != 0)
        return error;
    int effective = 0;
    socklen_t length = sizeof effective;
    return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &effective, &length) < 0 ? -errno : effective;
}

static int option(int fd, int name, int *value) {
    socklen_t length = sizeof *value;
    return getsockopt(fd, SOL_SOCKET, name, value, &length) < 0 ? -errno : 0;
}

int zc_socket_describe(int fd, struct zc_socket_info *info) {
    int type = 0, domain = 0, listening = 0, error;
    memset(info, 0, sizeof *info);
    if ((error = option(fd, SO_TYPE, &type)) != 0 || (error = option(fd, SO_DOMAIN, &domain)) != 0
        || (error = option(fd, SO_ACCEPTCONN, &listening)) != 0)
        return error;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return -errno;
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    memset(&storage, 0, sizeof storage);
    if (getsockname(fd, (struct sockaddr *)&storage, &length) < 0)
        return -errno;
    int internet = domain == AF_INET || domain == AF_INET6;
    info->kind = !internet ? ZC_SOCKET_OTHER
                 : type == SOCK_DGRAM ? ZC_SOCKET_UDP
                 : type == SOCK_STREAM ? ZC_SOCKET_TCP
                                       : ZC_SOCKET_OTHER;
    info->listening = listening != 0;
    info->blocking = (flags & O_NONBLOCK) == 0;
    zc_from_sockaddr(&storage, &info->address);
    return 0;
}

int zc_socket_accept(int fd, struct zc_address *client) {
    for (;;) {
        struct sockaddr_storage storage;
        socklen_t length = sizeof storage;
        memset(&storage, 0, sizeof storage);
        int accepted = accept4(fd, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0) {
            zc_from_sockaddr(&storage, client);
            return accepted;
        }
        if (errno != EAGAIN)
            return -errno;
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        if (poll(&polled, 1, -1) < 0)
            return -errno;
    }
}
