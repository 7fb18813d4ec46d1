// Listening sockets as a DNS server wants them.

#ifndef ZC_SOCKET_H
#define ZC_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "zc_address.h"

enum { ZC_SOCKET_UDP = 1, ZC_SOCKET_TCP = 2, ZC_SOCKET_OTHER = 3 };

enum {
    /// Several sockets share the address and the kernel spreads the traffic. Without it, binding an address that any
    /// other socket uses is -EADDRINUSE.
    ZC_REUSE_PORT = 1,
};

/// Makes a bound UDP socket, or a bound and listening TCP socket; CLOEXEC, blocking. Returns the descriptor or a
/// negative errno value.
///
/// IPv6 sockets take IPv6 only. UDP: path-MTU discovery is off (RFC 9715), and on a wildcard address the asked address
/// comes with each datagram. TCP: SO_REUSEADDR, so that a restart need not wait for old connections.
int zc_socket_listen(int kind, const struct zc_address *address, uint32_t flags, int backlog);

/// Sets a UDP socket's receive buffer, past the system's limit if allowed. Returns the size in effect as the kernel
/// counts it (payload and bookkeeping), or a negative errno value.
int64_t zc_socket_set_receive_buffer(int fd, uint32_t size);

/// The options that a UDP socket needs whoever has bound it; zc_socket_listen has set them already. 0 or a negative
/// errno value.
int zc_socket_prepare_udp(int fd);

struct zc_socket_info {
    uint8_t kind;       // ZC_SOCKET_…
    uint8_t listening;  // SO_ACCEPTCONN
    uint8_t blocking;
    struct zc_address address;  // family 0 when it is not of the internet
};

/// What an inherited descriptor is: 0, -ENOTSOCK, or another negative errno value.
int zc_socket_describe(int fd, struct zc_socket_info *info);

/// What the options, the filter and the flags of a socket are, as one number: another one after somebody has changed any of them.
/// Numbers of different `ZC_FINGERPRINT_VERSION`s have nothing to do with each other.
int64_t zc_socket_fingerprint(int fd);

enum { ZC_FINGERPRINT_VERSION = 1 };

/// Whether a bound UDP socket can receive from everyone and send: not shut down in any direction, nor connected. Sends an
/// empty datagram to the socket's own address.
int zc_socket_is_sound_udp(int fd);

/// Has a bound TCP socket listen, again if it was shut down, with this backlog: 0 or a negative errno value.
int zc_socket_listen_again(int fd, int backlog);

/// Waits for a connection at a listening socket, blocking or not, whose flags are not touched: a descriptor (CLOEXEC,
/// non-blocking) and the client's address, or a negative errno value; -EINTR when a signal was handled first.
int zc_socket_accept(int fd, struct zc_address *client);

#endif
