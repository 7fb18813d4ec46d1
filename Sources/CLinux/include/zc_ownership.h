// Whose a file is, never by way of a link.

#ifndef ZC_OWNERSHIP_H
#define ZC_OWNERSHIP_H

#include <stdint.h>

/// Gives a UNIX socket of ours that is bound at `path` to a group, which may write to it: 0 or a negative errno value; -ESTALE
/// when what is there is not a socket of ours.
int zc_socket_share(const char *path, uint32_t group);

#endif
