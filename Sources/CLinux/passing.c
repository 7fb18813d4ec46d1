#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zc_passing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int zc_socket_pair(int of_messages, int ends[2]) {
    int kind = of_messages ? SOCK_SEQPACKET : SOCK_STREAM;
    return socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
}

int zc_descriptor_send(int socket, const void *message, size_t length, int descriptor) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.space = {0}};
    struct iovec part = {.iov_base = (void *)message, .iov_len = length};
    struct msghdr whole = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&whole);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return sendmsg(socket, &whole, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int64_t zc_descriptor_receive(int socket, void *message, size_t capacity, int waits, int *descriptor) {
    // Room for one descriptor: the kernel closes what does not fit.
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.space = {0}};
    struct iovec part = {.iov_base = message, .iov_len = capacity};
    struct msghdr whole = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    *descriptor = -1;
    ssize_t length = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
    if (length < 0)
        return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&whole); header != NULL; header = CMSG_NXTHDR(&whole, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && *descriptor < 0)
            memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return length;
}
