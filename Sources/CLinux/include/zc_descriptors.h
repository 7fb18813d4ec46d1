// The descriptors of a process: the standard ones, their limit, and the low numbers that are left to others.

#ifndef ZC_DESCRIPTORS_H
#define ZC_DESCRIPTORS_H

#include <stdint.h>

/// Opens those of the descriptors 0, 1 and 2 that are closed, on /dev/null: 0 or a negative errno value.
int zc_descriptors_open_standard(void);

/// Raises the soft limit on descriptors to the hard one: the limit in effect, or a negative errno value.
int64_t zc_descriptors_raise_limit(void);

/// The soft limit on descriptors.
int64_t zc_descriptors_limit(void);

/// How many descriptors can still be opened, but no more than `enough`, which is what it takes to count.
uint32_t zc_descriptors_free(uint32_t enough);

/// Gives a descriptor a number that is not below `floor` (CLOEXEC), and closes the low one: the number or a negative errno value,
/// with the descriptor closed. -EMFILE when there is no such number.
int zc_descriptor_lift(int fd, int floor);

#endif
