#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_process.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

void zc_thread_set_name(const char *name) {
    char cut[16];
    strncpy(cut, name, 15);
    cut[15] = 0;
    pthread_setname_np(pthread_self(), cut);
}

static void do_nothing(int signal) {
    (void)signal;
}

int zc_thread_allow_interrupts(void) {
    // Without SA_RESTART, or the call would go on.
    struct sigaction action = {.sa_handler = do_nothing};
    if (sigaction(SIGURG, &action, NULL) < 0)
        return -errno;
    // A thread has the mask of the one that started it, and those of a pool have nearly everything blocked.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGURG);
    return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int zc_thread_interrupt(uint64_t thread) {
    return -pthread_kill((pthread_t)thread, SIGURG);
}

int zc_thread_bind(uint32_t index) {
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
        return -errno;
    uint32_t wanted = index % (uint32_t)CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || wanted-- != 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(0, sizeof one, &one) < 0 ? -errno : 0;
    }
    return -EINVAL;
}

uint32_t zc_processor_count(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
        return 1;
    return (uint32_t)CPU_COUNT(&allowed);
}

int zc_stand_back(int nice) {
    return setpriority(PRIO_PROCESS, 0, nice) < 0 ? -errno : 0;
}

int zc_file_lock(int fd, int exclusive) {
    int result;
    do {
        result = flock(fd, exclusive ? LOCK_EX | LOCK_NB : LOCK_UN);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

// The account's entry, whose strings lie in `*room`, which the caller frees whatever the result.
static int find(const char *name, struct passwd *entry, char **room) {
    enum { SIZE = 65536 };
    struct passwd *found = NULL;
    *room = malloc(SIZE);
    if (*room == NULL)
        return -ENOMEM;
    int error = getpwnam_r(name, entry, *room, SIZE, &found);
    if (found == NULL && name[0] >= '0' && name[0] <= '9') {
        char *end;
        unsigned long number = strtoul(name, &end, 10);
        if (*end == 0 && number < UINT32_MAX)
            error = getpwuid_r((uid_t)number, entry, *room, SIZE, &found);
    }
    return found != NULL ? 0 : -(error != 0 ? error : ENOENT);
}

int zc_account_find(const char *name, uint32_t *uid, uint32_t *gid) {
    struct passwd entry;
    char *room;
    int error = find(name, &entry, &room);
    if (error == 0) {
        *uid = entry.pw_uid;
        *gid = entry.pw_gid;
    }
    free(room);
    return error;
}

int zc_account_become(const char *name) {
    struct passwd entry;
    char *room;
    int error = find(name, &entry, &room);
    // Groups first: without root's rights they can't be changed any more.
    if (error == 0 && (initgroups(entry.pw_name, entry.pw_gid) < 0 || setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) < 0
                       || setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) < 0))
        error = -errno;
    free(room);
    return error;
}
