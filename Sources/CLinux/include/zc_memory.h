// Read-only mappings of files, and files that live in memory only.

#ifndef ZC_MEMORY_H
#define ZC_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/// Maps the first `length` octets of a file, shared and read-only, in huge pages where they are to be had: 0 or a negative
/// errno value.
int zc_map_file(int fd, size_t length, const void **base);

/// Ends a mapping: 0 or a negative errno value.
int zc_unmap(const void *base, size_t length);

/// Makes a whole mapping resident, so that no reader waits for a page: MADV_POPULATE_READ, or else one read a page.
/// Returns 0, or a negative errno value when the file could not be read.
int zc_populate(const void *base, size_t length);

/// How many octets of a mapping are resident, in whole pages, or a negative errno value.
int64_t zc_resident(const void *base, size_t length);

/// Gives memory that is allocated no more back to the kernel, which the C library keeps otherwise. Looks at all that is free: takes
/// milliseconds after large work, so it is for the moment after that and for nothing that is done often.
void zc_give_memory_back(void);

/// Makes an anonymous file (CLOEXEC), or returns a negative errno value.
int zc_memfd_create(const char *name);

/// Forbids every later change of such a file's content and size: 0 or a negative errno value.
int zc_memfd_seal(int fd);

#endif
