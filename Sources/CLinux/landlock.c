// The kernel's Landlock: which files can be read and written. Its interface is here in our own words
// (Documentation/userspace-api/landlock.rst): the C library of Debian 12 knows the first two versions only.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ruleset {
    uint64_t files;
    uint64_t network;  // From version 4 on.
    uint64_t scope;    // From version 6 on.
};

struct __attribute__((packed)) path_rule {
    uint64_t allowed;
    int32_t file;
};

enum {
    create_ruleset = 444,
    add_rule = 445,
    restrict_self = 446,
    version_flag = 1,
    rule_path_beneath = 1,
    write_file = 1 << 1,
    read_file = 1 << 2,
    read_folder = 1 << 3,  // Also to open a folder, for fsync.
    remove_file = 1 << 5,
    make_file = 1 << 8,
    truncate_file = 1 << 14,  // From version 3 on.
    bind_and_connect_tcp = 3,
    abstract_sockets_and_signals = 3,
};

/// All rights to files that a version knows.
static uint64_t file_rights(int version) {
    if (version >= 5)
        return (1 << 16) - 1;
    if (version >= 3)
        return (1 << 15) - 1;
    return version >= 2 ? (1 << 14) - 1 : (1 << 13) - 1;
}

static int permit(int ruleset, const struct zc_access *access, uint64_t known) {
    uint64_t allowed = read_file;
    if (access->writable)
        allowed |= write_file | read_folder | remove_file | make_file | truncate_file;
    struct path_rule rule = {.allowed = allowed & known, .file = open(access->path, O_PATH | O_CLOEXEC)};
    if (rule.file < 0)
        return errno;
    int error = syscall(add_rule, ruleset, rule_path_beneath, &rule, 0) < 0 ? errno : 0;
    close(rule.file);
    return error;
}

int zc_landlock(const struct zc_access *files, size_t count) {
    int version = (int)syscall(create_ruleset, NULL, 0, version_flag);
    if (version < 0)
        return -errno;
    struct ruleset rules = {
        .files = file_rights(version),
        .network = version >= 4 ? bind_and_connect_tcp : 0,
        .scope = version >= 6 ? abstract_sockets_and_signals : 0,
    };
    size_t size = version >= 6 ? sizeof rules : version >= 4 ? 16 : 8;
    int ruleset = (int)syscall(create_ruleset, &rules, size, 0);
    if (ruleset < 0)
        return -errno;
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++)
        error = permit(ruleset, &files[i], rules.files);
    if (error == 0 && syscall(restrict_self, ruleset, 0) < 0)
        error = errno;
    close(ruleset);
    return error == 0 ? version : -error;
}
