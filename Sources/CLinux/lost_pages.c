#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_lost_pages.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

/// A watched mapping; `base` 0: none. Only the handler reads it without the lock.
struct watched {
    _Atomic uintptr_t base;
    _Atomic size_t length;
    _Atomic uint64_t first_lost;
};

enum { most_watched = 1024 };

static struct watched watched[most_watched];
static _Atomic uint64_t lost;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t page_size;

static struct watched *find(uintptr_t base) {
    for (int i = 0; i < most_watched; i++)
        if (atomic_load(&watched[i].base) == base)
            return &watched[i];
    return NULL;
}

static void note(struct watched *mapping, uintptr_t page) {
    uint64_t offset = page - atomic_load(&mapping->base), first = atomic_load(&mapping->first_lost);
    while (offset < first && !atomic_compare_exchange_weak(&mapping->first_lost, &first, offset)) {
    }
}

static void handle(int number, siginfo_t *info, void *context) {
    (void)context;
    uintptr_t address = (uintptr_t)info->si_addr, page = address & ~(page_size - 1);
    // Sent by a process, it has no address.
    for (int i = 0; info->si_code > 0 && i < most_watched; i++) {
        uintptr_t base = atomic_load(&watched[i].base);
        if (base == 0 || address < base || address - base >= atomic_load(&watched[i].length))
            continue;
        // Safe: mmap is a system call and no more; the mapping is read-only, so that nothing of it is lost but what is lost already.
        int error = errno;
        void *zeros = mmap((void *)page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = error;
        if (zeros == MAP_FAILED)
            break;
        note(&watched[i], page);
        atomic_fetch_add(&lost, 1);
        return;
    }
    // Any other is the end, as without a handler: the instruction is tried again.
    signal(number, SIG_DFL);
}

int zc_lost_pages_survive(void) {
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
}

int zc_lost_pages_watch(const void *base, size_t length) {
    pthread_mutex_lock(&lock);
    struct watched *free = find(0);
    if (free != NULL) {
        atomic_store(&free->length, length);
        atomic_store(&free->first_lost, UINT64_MAX);
        atomic_store(&free->base, (uintptr_t)base);
    }
    pthread_mutex_unlock(&lock);
    return free != NULL ? 0 : -ENOSPC;
}

void zc_lost_pages_unwatch(const void *base) {
    pthread_mutex_lock(&lock);
    struct watched *mapping = find((uintptr_t)base);
    if (mapping != NULL)
        atomic_store(&mapping->base, 0);
    pthread_mutex_unlock(&lock);
}

uint64_t zc_lost_pages_count(void) {
    return atomic_load_explicit(&lost, memory_order_relaxed);
}

uint64_t zc_lost_pages_first(const void *base) {
    struct watched *mapping = find((uintptr_t)base);
    return mapping == NULL ? UINT64_MAX : atomic_load(&mapping->first_lost);
}
