// The few things of Linux that Swift cannot import: macros with arguments, structures behind _GNU_SOURCE, a
// prefetch. One header and one .c file a theme. The headers include only <stddef.h> and <stdint.h> and define our
// own structures; system headers and _GNU_SOURCE stay in the .c files, as anything else clashes with NIO's C modules.
//
// Conventions: a function that can fail returns a negative errno value, never -1. Ports and addresses' families are
// in host order; addresses are in network order. Nothing here allocates after its `create` function.

#ifndef ZC_CLINUX_H
#define ZC_CLINUX_H

#include <stddef.h>
#include <stdint.h>

#include "zc_address.h"
#include "zc_batch.h"
#include "zc_event.h"
#include "zc_memory.h"
#include "zc_peer.h"
#include "zc_process.h"
#include "zc_sha1.h"
#include "zc_socket.h"
#include "zc_spawn.h"

/// Asks the processor to fetch the cache line at `p`, which may be any address, valid or not.
static inline void zc_prefetch(const void *p) {
    __builtin_prefetch(p, 0, 3);
}

#endif
