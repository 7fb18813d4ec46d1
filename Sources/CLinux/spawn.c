#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST = 3 };

// A descriptor of ours and its number in the child.
struct move {
    int source;
    int copy;
    int target;
};

// The copies lie above the target range, so that no target overwrites a source that is still needed.
static int copy_all(struct move *moves, uint32_t count, int above) {
    for (uint32_t i = 0; i < count; i++) {
        moves[i].copy = fcntl(moves[i].source, F_DUPFD_CLOEXEC, above);
        if (moves[i].copy < 0)
            return errno;
    }
    return 0;
}

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const struct move *moves,
                  uint32_t count, int above) {
    int error = 0;
    for (uint32_t i = 0; i < count && error == 0; i++)
        error = posix_spawn_file_actions_adddup2(actions, moves[i].copy, moves[i].target);
    // Not everyone's descriptors are CLOEXEC: NIO's sockets aren't. A child that held our connection to the bus would
    // keep it alive after our death.
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(actions, above);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (error == 0)
        error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setpgroup(attributes, 0);
    if (error == 0)
        error = posix_spawnattr_setflags(attributes,
                                         POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    return error;
}

int32_t zc_spawn(const char *program, char *const arguments[], char *const variables[], int output, int errors,
                 const int *passed, uint32_t count) {
    struct move *moves = calloc(count + 2, sizeof *moves);
    if (moves == NULL)
        return -ENOMEM;
    uint32_t total = 0;
    for (; total < count; total++)
        moves[total] = (struct move){.source = passed[total], .copy = -1, .target = FIRST + (int)total};
    if (output >= 0)
        moves[total++] = (struct move){.source = output, .copy = -1, .target = STDOUT_FILENO};
    if (errors >= 0)
        moves[total++] = (struct move){.source = errors, .copy = -1, .target = STDERR_FILENO};
    int above = FIRST + (int)count;
    int error = copy_all(moves, total, above);
    pid_t id = 0;
    if (error == 0) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        error = set_up(&actions, &attributes, moves, total, above);
        if (error == 0)
            error = posix_spawn(&id, program, &actions, &attributes, arguments, variables);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }
    for (uint32_t i = 0; i < total; i++)
        if (moves[i].copy >= 0)
            close(moves[i].copy);
    free(moves);
    return error != 0 ? -error : id;
}

int zc_descriptors_keep(const int *kept, uint32_t count) {
    if (close_range(FIRST, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        return -errno;
    for (uint32_t i = 0; i < count; i++)
        if (fcntl(kept[i], F_SETFD, 0) < 0 && errno != EBADF)
            return -errno;
    return 0;
}
