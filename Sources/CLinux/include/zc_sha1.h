// SHA-1 as NSEC3 needs it (RFC 5155, section 5): iterated, salted, on the stack. Not for anything that must resist
// collisions.

#ifndef ZC_SHA1_H
#define ZC_SHA1_H

#include <stddef.h>
#include <stdint.h>

/// The SHA-1 digest, 20 octets, of `length` octets. Uses the processor's SHA instructions where it has them.
void zc_sha1(const void *data, size_t length, uint8_t *digest);

/// The same without those instructions.
void zc_sha1_portable(const void *data, size_t length, uint8_t *digest);

/// The NSEC3 hash, 20 octets, of a name in lower-case wire form: SHA-1 of name and salt, and `iterations` times more of
/// digest and salt. `name_length` and `salt_length` are at most 255.
void zc_nsec3_hash(const uint8_t *name, size_t name_length, const uint8_t *salt, size_t salt_length, uint16_t iterations,
                   uint8_t *digest);

#endif
