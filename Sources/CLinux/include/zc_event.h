// Descriptors that wake a thread up: eventfd, signalfd and pipes, and a wait for several of them.

#ifndef ZC_EVENT_H
#define ZC_EVENT_H

#include <stddef.h>
#include <stdint.h>

/// Makes an event descriptor (CLOEXEC, non-blocking), or returns a negative errno value.
int zc_eventfd_create(void);

/// Makes the descriptor readable. Async-signal-safe.
void zc_eventfd_signal(int fd);

/// Makes the descriptor unreadable; returns how often it had been signalled.
uint64_t zc_eventfd_drain(int fd);

/// Makes a descriptor (CLOEXEC, non-blocking) that becomes readable when one of the signals is pending. They must be
/// blocked in every thread.
int zc_signalfd_create(const int *signals, uint32_t count);

/// The number of the next pending signal, and the process that sent it in `sender` (0: the kernel, or another user's);
/// 0 when there is none, or a negative errno value.
int zc_signalfd_read(int fd, int32_t *sender);

/// Makes a pipe whose ends are CLOEXEC: 0 or a negative errno value.
int zc_pipe_create(int *reading, int *writing);

/// Waits until one of up to 32 descriptors is readable or has hung up: a mask with bit i for `fds[i]`, 0 after
/// `milliseconds` (-1: no limit) or when a signal came, or a negative errno value. Descriptors of -1 are passed over.
int64_t zc_wait_readable(const int *fds, uint32_t count, int milliseconds);

#endif
