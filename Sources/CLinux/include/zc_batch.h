// Batches of datagrams: recvmmsg and sendmmsg over buffers that are allocated once.
//
//     struct zc_batch *batch = zc_batch_create(32, 1500, 4096);
//     for (;;) {
//         int count = zc_udp_receive(batch, fd, wake, 1);     // waits; 0: woken, nothing received
//         for (int i = 0; i < count; i++) {
//             struct zc_message *m = &batch->messages[i];     // read m->in, write m->out, set m->outLength
//         }
//         zc_udp_send(batch, fd);                             // to each message's source
//     }
//
// A batch belongs to one thread. The pointers `in` and `out` stay the same for the batch's life.

#ifndef ZC_BATCH_H
#define ZC_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "zc_address.h"

/// One datagram received and the answer to it.
struct zc_message {
    uint8_t *in;          // what was received; capacity zc_batch.inSize
    uint8_t *out;         // where the answer is written; capacity zc_batch.outSize
    uint32_t inLength;
    uint32_t outLength;   // 0: nothing is sent; every receive sets it to 0
    uint8_t family;       // of the source: ZC_IPV4 or ZC_IPV6
    uint8_t truncated;    // 1: the datagram was longer than inSize
    uint8_t fromOwn;      // 1: the source is one of the batch's own listening addresses
    uint16_t sourcePort;  // host order; 0 must not be answered
    uint8_t source[16];   // as in zc_address; an IPv4-mapped IPv6 source stays IPv6
};

struct zc_batch {
    struct zc_message *messages;
    uint32_t capacity;
    uint32_t count;          // of the last receive
    uint32_t inSize;
    uint32_t outSize;
    uint64_t sendFailures;   // answers that the kernel refused, since the batch was made
    int lastSendError;       // the errno of the last of those, or 0
};

/// Allocates a batch of `capacity` messages (1 to 1024), or returns null when there is no memory.
struct zc_batch *zc_batch_create(uint32_t capacity, uint32_t inSize, uint32_t outSize);

void zc_batch_destroy(struct zc_batch *batch);

/// Copies the addresses on which this server listens (at most 64; more are an -EINVAL). A datagram that comes from
/// one of them is marked `fromOwn`: two servers that answer each other's errors would never stop. A wildcard address
/// stands for the loopback addresses and for the address at which the datagram arrived.
int zc_batch_set_own_addresses(struct zc_batch *batch, const struct zc_address *addresses, uint32_t count);

/// Receives up to `capacity` datagrams: their count, 0 when `wakeFd` became readable or a signal was handled first, or a
/// negative errno value.
///
/// With `wait` 0 it never waits: -EAGAIN when there is nothing. With `wait` 1 and `wakeFd` -1 it sits in recvmmsg
/// until there is a datagram; with a `wakeFd` (an eventfd, which is not drained) it looks first and then polls both.
/// The socket's own flags are not touched and do not matter.
int zc_udp_receive(struct zc_batch *batch, int fd, int wakeFd, int wait);

/// Sends the answers of the last receive, each to its source and from the address that was asked: how many were sent.
///
/// An answer that the kernel refuses is counted in `sendFailures` and skipped. A full socket is waited for, 10 ms in
/// all, and then the rest are counted as refused.
int zc_udp_send(struct zc_batch *batch, int fd);

#endif
