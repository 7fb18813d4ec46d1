#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14; Debian 12's kernel has it, its C library's headers may not
#endif

int zc_map_file(int fd, size_t length, const void **base) {
    void *mapped = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return -errno;
    // Best effort: on a tmpfs with huge=advise it makes look-ups cheaper, elsewhere it is refused.
    (void)madvise(mapped, length, MADV_HUGEPAGE);
    *base = mapped;
    return 0;
}

void zc_give_memory_back(void) { (void)malloc_trim(0); }

int zc_unmap(const void *base, size_t length) {
    return munmap((void *)base, length) < 0 ? -errno : 0;
}

int zc_populate(const void *base, size_t length) {
    int result;
    do {
        result = madvise((void *)base, length, MADV_POPULATE_READ);
    } while (result < 0 && (errno == EINTR || errno == EAGAIN));
    if (result == 0)
        return 0;
    if (errno == EFAULT || errno == EIO || errno == ENOMEM)
        return -errno;  // A page can't be read. Touching it would be SIGBUS.
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const volatile uint8_t *octets = base;
    for (size_t offset = 0; offset < length; offset += page)
        (void)octets[offset];
    return 0;
}

int64_t zc_resident(const void *base, size_t length) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (length + page - 1) / page;
    unsigned char *states = malloc(pages > 0 ? pages : 1);
    if (states == NULL)
        return -ENOMEM;
    if (mincore((void *)base, length, states) < 0) {
        int error = errno;
        free(states);
        return -error;
    }
    int64_t resident = 0;
    for (size_t i = 0; i < pages; i++)
        resident += states[i] & 1;
    free(states);
    return resident * (int64_t)page;
}

int zc_memfd_create(const char *name) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd < 0 ? -errno : fd;
}

int zc_memfd_seal(int fd) {
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0 ? -errno : 0;
}
