// The few things that Swift cannot import or say: macros with arguments, structures behind _GNU_SOURCE, a prefetch, a
// comparison of eight words that ends in bits. One header and one .c file a theme. The headers include only <stddef.h>
// and <stdint.h> and define our own structures; system headers and _GNU_SOURCE stay in the .c files, as anything else
// clashes with NIO's C modules.
//
// Conventions: a function that can fail returns a negative errno value, never -1. Ports and addresses' families are
// in host order; addresses are in network order. Nothing here allocates after its `create` function.

#ifndef ZC_CLINUX_H
#define ZC_CLINUX_H

#include <stddef.h>
#include <stdint.h>

#include "zc_address.h"
#include "zc_batch.h"
#include "zc_descriptors.h"
#include "zc_event.h"
#include "zc_file.h"
#include "zc_lost_pages.h"
#include "zc_memory.h"
#include "zc_ownership.h"
#include "zc_passing.h"
#include "zc_peer.h"
#include "zc_process.h"
#include "zc_sandbox.h"
#include "zc_sha1.h"
#include "zc_socket.h"
#include "zc_spawn.h"

/// Asks the processor to fetch the cache line at `p`, which may be any address, valid or not.
static inline void zc_prefetch(const void *p) {
    __builtin_prefetch(p, 0, 3);
}

/// A bit for each of the eight 32-bit words at `words`, which need no alignment: set where it equals `word`.
static inline uint32_t zc_equal_words(const void *words, uint32_t word) {
#ifdef __SSE2__
    typedef int32_t four __attribute__((vector_size(16), aligned(1)));
    typedef float mask __attribute__((vector_size(16)));
    const four *halves = (const four *)words;
    const four wanted = {(int32_t)word, (int32_t)word, (int32_t)word, (int32_t)word};
    return (uint32_t)__builtin_ia32_movmskps((mask)(halves[0] == wanted))
           | (uint32_t)__builtin_ia32_movmskps((mask)(halves[1] == wanted)) << 4;
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t other;
        __builtin_memcpy(&other, (const char *)words + 4 * i, sizeof other);
        bits |= (uint32_t)(other == word) << i;
    }
    return bits;
#endif
}

#endif
