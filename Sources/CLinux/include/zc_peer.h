// Who is at the other end of a UNIX stream socket.

#ifndef ZC_PEER_H
#define ZC_PEER_H

#include <stddef.h>
#include <stdint.h>

/// The process that called connect (or listen), as it was at that moment.
struct zc_peer {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/// SO_PEERCRED: 0 or a negative errno value.
int zc_peer_credentials(int fd, struct zc_peer *peer);

/// SO_PEERGROUPS: the count of supplementary groups, of which the first `capacity` are stored; -ERANGE when there are
/// more, or another negative errno value.
int zc_peer_groups(int fd, uint32_t *groups, uint32_t capacity);

#endif
