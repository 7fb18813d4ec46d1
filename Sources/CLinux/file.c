#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

int zc_open_beneath(const char *folder, const char *path, int flags) {
    int start = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (start < 0)
        return -errno;
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int descriptor = (int)syscall(SYS_openat2, start, path, &how, sizeof how);
    int error = errno;
    close(start);
    return descriptor < 0 ? -error : descriptor;
}
