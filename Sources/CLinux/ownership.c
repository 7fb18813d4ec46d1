#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int zc_socket_share(const char *path, uint32_t group) {
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat entry;
    char name[32];
    int error = 0;
    // The mode of a descriptor of this kind can only be changed by its name in /proc, which is not a link that others can lay.
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (fstat(fd, &entry) < 0)
        error = -errno;
    else if (!S_ISSOCK(entry.st_mode) || entry.st_uid != geteuid())
        error = -ESTALE;
    else if (entry.st_gid != group && fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) < 0)
        error = -errno;
    else if ((entry.st_mode & 0777) != 0660 && chmod(name, 0660) < 0)
        error = -errno;
    close(fd);
    return error;
}
