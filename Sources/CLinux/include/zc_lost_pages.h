// Pages of mapped files that are not there when they are read: somebody has cut the file in place, or the disk can't read it. The
// kernel answers such a read with SIGBUS, whose usual end is the end of the process, again and again at each new start.

#ifndef ZC_LOST_PAGES_H
#define ZC_LOST_PAGES_H

#include <stddef.h>
#include <stdint.h>

/// From now on such a page of a watched mapping is replaced by one of zeros, and counted. 0 or a negative errno value.
int zc_lost_pages_survive(void);

/// Watches a mapping, until it is unwatched, which must be before it ends. 0, or -ENOSPC when 1,024 are watched already.
int zc_lost_pages_watch(const void *base, size_t length);
void zc_lost_pages_unwatch(const void *base);

/// How many pages were lost so far, of all mappings.
uint64_t zc_lost_pages_count(void);

/// Where the first lost page of a watched mapping begins, in octets from its start; UINT64_MAX: it has lost none.
uint64_t zc_lost_pages_first(const void *base);

#endif
