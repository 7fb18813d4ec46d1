// The client's side of batched UDP: connected sockets, trains of datagrams, and waits in nanoseconds. The same calls as
// a server's (recvmmsg, sendmmsg), so that the load generator costs no more than what it measures.
//
// A function that can fail returns a negative errno value. A train belongs to one thread.

#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include "zc_address.h"

/// Room for `capacity` datagrams of at most `size` octets: datagram i begins at `bytes + i * stride`.
struct traffic_train {
    uint8_t *bytes;
    uint32_t *lengths;
    uint32_t capacity;
    uint32_t size;
    uint32_t stride;
};

/// Allocates a train of 1 to 1024 datagrams, or returns null when there is no memory.
struct traffic_train *traffic_train_create(uint32_t capacity, uint32_t size);

void traffic_train_destroy(struct traffic_train *train);

/// Makes a UDP socket (CLOEXEC) that is connected to a server: its descriptor or a negative errno value.
int traffic_connect(const struct zc_address *server, uint32_t receiveBuffer);

/// Sends the first `count` datagrams: how many the kernel took. One that it refuses is skipped, and so is a server that
/// is away for a moment (ECONNREFUSED): what was not sent will not be answered either.
int traffic_send(struct traffic_train *train, int fd, uint32_t count);

/// Receives up to `capacity` datagrams without waiting: how many, 0 for none or for a server that is away.
int traffic_receive(struct traffic_train *train, int fd);

/// Waits until one of up to 64 descriptors is readable or `nanoseconds` have passed: 1, 0, or a negative errno value.
int traffic_wait(const int *fds, uint32_t count, int64_t nanoseconds);

/// Lets the calling thread's waits end when they should; the kernel is 50 microseconds late otherwise.
void traffic_precise_waits(void);

#endif
