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

// The copies lie above the target range, so that no target overwrites a source that is still needed.
static int copy_all(int *copies, int output, const int *passed, uint32_t count) {
    for (uint32_t i = 0; i <= count; i++) {
        int source = i < count ? passed[i] : output;
        copies[i] = source < 0 ? -1 : fcntl(source, F_DUPFD_CLOEXEC, FIRST + (int)count);
        if (source >= 0 && copies[i] < 0)
            return errno;
    }
    return 0;
}

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int *copies,
                  uint32_t count) {
    int error = 0;
    for (uint32_t i = 0; i <= count && error == 0; i++)
        if (copies[i] >= 0)
            error = posix_spawn_file_actions_adddup2(actions, copies[i], i < count ? FIRST + (int)i : STDOUT_FILENO);
    // Not everyone's descriptors are CLOEXEC: NIO's sockets aren't. A child that held our connection to the bus would
    // keep it alive after our death.
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(actions, FIRST + (int)count);
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

int32_t zc_spawn(const char *program, char *const arguments[], char *const variables[], int output, const int *passed,
                 uint32_t count) {
    int *copies = malloc((count + 1) * sizeof *copies);
    if (copies == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i <= count; i++)
        copies[i] = -1;
    int error = copy_all(copies, output, passed, count);
    pid_t id = 0;
    if (error == 0) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        error = set_up(&actions, &attributes, copies, count);
        if (error == 0)
            error = posix_spawn(&id, program, &actions, &attributes, arguments, variables);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }
    for (uint32_t i = 0; i <= count; i++)
        if (copies[i] >= 0)
            close(copies[i]);
    free(copies);
    return error != 0 ? -error : id;
}
