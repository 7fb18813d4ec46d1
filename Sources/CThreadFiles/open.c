#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "CThreadFiles.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *zc_thread_file(const char *path, char *room, size_t size) {
    static const char folder[] = "/proc/", file[] = "/stat";
    if (strncmp(path, folder, sizeof folder - 1) != 0)
        return path;
    const char *number = path + sizeof folder - 1;
    size_t digits = strspn(number, "0123456789");
    if (digits == 0 || strcmp(number + digits, file) != 0)
        return path;
    int length = snprintf(room, size, "/proc/self/task/%s", number);
    return length > 0 && (size_t)length < size ? room : path;
}

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    char room[64];
    return openat(AT_FDCWD, zc_thread_file(path, room, sizeof room), flags, mode);
}
