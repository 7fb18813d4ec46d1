// Starting a program, and becoming one.

#ifndef ZC_SPAWN_H
#define ZC_SPAWN_H

#include <stddef.h>
#include <stdint.h>

/// Starts a program in a process group of its own, with an empty signal mask and default signal actions: its process
/// number or a negative errno value.
///
/// The child gets our standard descriptors (`output` and `errors`, unless negative, in place of standard output and
/// standard error), the `count` descriptors `passed` at 3 and up, and no others, CLOEXEC or not.
int32_t zc_spawn(const char *program, char *const arguments[], char *const variables[], int output, int errors,
                 const int *passed, uint32_t count);

/// Has every descriptor beyond 2 closed when this process becomes another program, except the `kept` ones: 0 or a negative
/// errno value.
int zc_descriptors_keep(const int *kept, uint32_t count);

#endif
