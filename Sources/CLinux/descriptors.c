#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static int is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

int zc_descriptors_open_standard(void) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (is_open(fd))
            continue;
        // The lowest free number is this one.
        if (open("/dev/null", O_RDWR) < 0)
            return -errno;
    }
    return 0;
}

int64_t zc_descriptors_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

int64_t zc_descriptors_raise_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            return -errno;
    }
    return zc_descriptors_limit();
}

uint32_t zc_descriptors_free(uint32_t enough) {
    int64_t limit = zc_descriptors_limit();
    uint32_t count = 0;
    for (int fd = 0; fd < limit && count < enough; fd++)
        count += !is_open(fd);
    return count;
}

int zc_descriptor_lift(int fd, int floor) {
    if (fd >= floor)
        return fd;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, floor);
    // EINVAL: the floor itself is beyond the limit.
    int error = lifted >= 0 ? 0 : errno == EINVAL ? EMFILE : errno;
    close(fd);
    return error == 0 ? lifted : -error;
}
