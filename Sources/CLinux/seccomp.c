// The kernel's filter of system calls, made of a profile: a table of what is permitted. First what depends on arguments, each call
// as a block of instructions that ends in a verdict, then all that passes whatever its arguments are, then the refusal.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The system call's number, or half of an argument: that of integers, or the one above.
#define NUMBER offsetof(struct seccomp_data, nr)
#define ARGUMENT(index) (offsetof(struct seccomp_data, args) + 8 * (index) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))
#define UPPER(index) (offsetof(struct seccomp_data, args) + 8 * (index) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0 : 4))
#define LOAD(place) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (place))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define PASS RETURN(SECCOMP_RET_ALLOW)
/// Skips `count` instructions unless the loaded value is that.
#define UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
/// Skips `count` instructions unless the loaded value has one of these bits.
#define UNLESS_ANY(bits, count) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (count))
/// Skips `count` instructions unless the loaded value is below that.
#define UNLESS_BELOW(value, count) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), (count), 0)

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/// Calls from this number on have the same one on all architectures: they are younger than Linux 5.0.
enum { first_of_all_architectures = 424 };

#define OPENS_FOR_WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
#define NAMES_MEMORY 0x53564d41  // PR_SET_VMA: glibc and the kernel name anonymous memory for people

const char *zc_condition_text(enum zc_condition condition) {
    switch (condition) {
    case ZC_ANY: return "";
    case ZC_FOR_READING: return "for reading only";
    case ZC_NOT_EXECUTABLE: return "without PROT_EXEC";
    case ZC_THREADS_ONLY: return "with CLONE_THREAD";
    case ZC_TO_ITSELF: return "to its own process";
    case ZC_NAMES: return "PR_SET_NAME, PR_SET_VMA";
    case ZC_FLAGS_AND_COPIES: return "F_GETFL, F_GETFD, F_SETFD; F_SETFL, F_DUPFD_CLOEXEC not of inherited sockets";
    case ZC_CALLING_THREAD: return "of the calling thread";
    case ZC_AMOUNT_AND_MODE: return "FIONREAD; FIONBIO not of inherited sockets";
    case ZC_LOOKING_ONLY: return "to look, not to set";
    case ZC_OWN_SOCKET: return "not of inherited sockets";
    case ZC_OWN_SOCKET_TUNING: return "TCP_NODELAY, SO_SNDBUF, SO_RCVBUF; not of inherited sockets";
    case ZC_NO_CONNECTING:
    case ZC_NO_CONNECTING_3: return "without MSG_FASTOPEN, which connects";
    }
    return "";
}

/// A filter that grows.
struct filter {
    struct sock_filter code[1024];
    size_t length;
};

/// Appends a block of instructions.
#define APPEND(filter, ...)                                                             \
    do {                                                                                \
        const struct sock_filter block[] = {__VA_ARGS__};                               \
        memcpy((filter)->code + (filter)->length, block, sizeof block);                 \
        (filter)->length += sizeof block / sizeof *block;                               \
    } while (0)

/// Four instructions: the verdict on a call whose first argument is a descriptor. Negative ones compare as large.
#define IF_OWN LOAD(ARGUMENT(0)), UNLESS_BELOW(first_own, 1), FAIL(EPERM), PASS

/// Appends the verdict on a call whose number has been found.
///
/// The flags of sendmmsg's single messages are not an argument, and need not be seen: of them the kernel takes MSG_EOR only.
static void judge(struct filter *to, enum zc_condition condition, uint32_t first_own) {
    switch (condition) {
    case ZC_ANY: APPEND(to, PASS); break;
    case ZC_FOR_READING:
        APPEND(to, LOAD(ARGUMENT(2)), UNLESS_ANY(OPENS_FOR_WRITING, 1), FAIL(EACCES), PASS);
        break;
    case ZC_NOT_EXECUTABLE:
        APPEND(to, LOAD(ARGUMENT(2)), UNLESS_ANY(PROT_EXEC, 1), FAIL(EPERM), PASS);
        break;
    case ZC_THREADS_ONLY:
        APPEND(to, LOAD(ARGUMENT(0)), UNLESS_ANY(CLONE_THREAD, 1), PASS, FAIL(EPERM));
        break;
    case ZC_TO_ITSELF:
        APPEND(to, LOAD(ARGUMENT(0)), UNLESS((uint32_t)getpid(), 1), PASS, FAIL(EPERM));
        break;
    case ZC_NAMES:
        APPEND(to, LOAD(ARGUMENT(0)), UNLESS(PR_SET_NAME, 1), PASS, UNLESS(NAMES_MEMORY, 1), PASS, FAIL(EPERM));
        break;
    case ZC_FLAGS_AND_COPIES:
        // No owner, who would be sent signals; and no copy of a shared socket, whose number would not show what it is.
        APPEND(to, LOAD(ARGUMENT(1)), UNLESS(F_GETFL, 1), PASS, UNLESS(F_GETFD, 1), PASS, UNLESS(F_SETFD, 1), PASS,
               UNLESS(F_SETFL, 4), IF_OWN, UNLESS(F_DUPFD_CLOEXEC, 4), IF_OWN, FAIL(EPERM));
        break;
    case ZC_CALLING_THREAD:
        APPEND(to, LOAD(ARGUMENT(0)), UNLESS(0, 1), PASS, FAIL(EPERM));
        break;
    case ZC_AMOUNT_AND_MODE:
        APPEND(to, LOAD(ARGUMENT(1)), UNLESS(FIONREAD, 1), PASS, UNLESS(FIONBIO, 4), IF_OWN, FAIL(EPERM));
        break;
    case ZC_LOOKING_ONLY:
        APPEND(to, LOAD(ARGUMENT(2)), UNLESS(0, 3), LOAD(UPPER(2)), UNLESS(0, 1), PASS, FAIL(EPERM));
        break;
    case ZC_OWN_SOCKET: APPEND(to, IF_OWN); break;
    case ZC_OWN_SOCKET_TUNING:
        // Other options can do harm that lasts: a filter that is locked, a mark, a device.
        APPEND(to, LOAD(ARGUMENT(1)), UNLESS(IPPROTO_TCP, 7), LOAD(ARGUMENT(2)), UNLESS(TCP_NODELAY, 4), IF_OWN, FAIL(EPERM),
               UNLESS(SOL_SOCKET, 11), LOAD(ARGUMENT(2)), UNLESS(SO_SNDBUF, 4), IF_OWN, UNLESS(SO_RCVBUF, 4), IF_OWN,
               FAIL(EPERM));
        break;
    case ZC_NO_CONNECTING:
        APPEND(to, LOAD(ARGUMENT(3)), UNLESS_ANY(MSG_FASTOPEN, 1), FAIL(EPERM), PASS);
        break;
    case ZC_NO_CONNECTING_3:
        APPEND(to, LOAD(ARGUMENT(2)), UNLESS_ANY(MSG_FASTOPEN, 1), FAIL(EPERM), PASS);
        break;
    }
}

int zc_seccomp(const struct zc_profile *profile, int first_own) {
#ifndef ARCHITECTURE
    (void)profile, (void)first_own;
    return -ENOSYS;
#else
    // A call takes at most 23 instructions, and the rest 8.
    enum { most_instructions = 23, others = 8 };
    struct filter filter = {.length = 0};
    APPEND(&filter, LOAD(offsetof(struct seccomp_data, arch)), UNLESS(ARCHITECTURE, 1), BPF_STMT(BPF_JMP | BPF_JA, 1),
           RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(NUMBER));
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < profile->count; i++) {
            const struct zc_call *call = &profile->calls[i];
            // The kernel finds out once which calls pass whatever their arguments are, and does not run this for them.
            if (call->number < 0 || (call->condition == ZC_ANY) != (round == 1))
                continue;
            if (filter.length + most_instructions + others > sizeof filter.code / sizeof *filter.code)
                return -E2BIG;
            size_t head = filter.length++;
            judge(&filter, call->condition, (uint32_t)first_own);
            filter.code[head] = (struct sock_filter)UNLESS((uint32_t)call->number, (uint8_t)(filter.length - head - 1));
        }
    }
    // The C library asks for what is new in this way, and does without; so too for threads: what clone3 would do cannot be seen.
    APPEND(&filter, BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_of_all_architectures, 0, 1), FAIL(ENOSYS), FAIL(EPERM));
    struct sock_fprog program = {.len = (unsigned short)filter.length, .filter = filter.code};
    // Without the flag some kernels would switch off speculation around memory for the whole process, which is not for this.
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
    return result < 0 ? -errno : 0;
#endif
}
