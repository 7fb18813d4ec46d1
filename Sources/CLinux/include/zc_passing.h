// Descriptors that go from one process to another over a UNIX socket (SCM_RIGHTS).

#ifndef ZC_PASSING_H
#define ZC_PASSING_H

#include <stddef.h>
#include <stdint.h>

/// Two connected UNIX sockets, CLOEXEC: of messages that keep their bounds (SOCK_SEQPACKET), or of a stream. 0 or a negative errno
/// value.
int zc_socket_pair(int of_messages, int ends[2]);

/// Sends one message with a descriptor, without waiting: 0 or a negative errno value.
int zc_descriptor_send(int socket, const void *message, size_t length, int descriptor);

/// Receives one message, waiting for it if it `waits`: its length, or a negative errno value. 0 at the end. `descriptor` is
/// CLOEXEC, and -1 if none came.
int64_t zc_descriptor_receive(int socket, void *message, size_t capacity, int waits, int *descriptor);

#endif
