// SHA-1 (FIPS 180-4, section 6.1): a portable form, and one by the SHA instructions of x86 that is chosen at run time.

#include <string.h>

#include "zc_sha1.h"

typedef void block_function(uint32_t state[5], const uint8_t *blocks, size_t count);

static uint32_t rotate(uint32_t value, int bits) {
    return value << bits | value >> (32 - bits);
}

static uint32_t load_big_endian(const uint8_t *octets) {
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

static void store_big_endian(uint8_t *octets, uint32_t value) {
    octets[0] = (uint8_t)(value >> 24);
    octets[1] = (uint8_t)(value >> 16);
    octets[2] = (uint8_t)(value >> 8);
    octets[3] = (uint8_t)value;
}

static void portable_blocks(uint32_t state[5], const uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 64) {
        uint32_t words[80];
        for (int i = 0; i < 16; i++) words[i] = load_big_endian(blocks + 4 * i);
        for (int i = 16; i < 80; i++) {
            words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        }
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        for (int i = 0; i < 80; i++) {
            uint32_t mixed;
            if (i < 20) mixed = ((b & c) | (~b & d)) + 0x5A827999;
            else if (i < 40) mixed = (b ^ c ^ d) + 0x6ED9EBA1;
            else if (i < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
            else mixed = (b ^ c ^ d) + 0xCA62C1D6;
            uint32_t next = rotate(a, 5) + mixed + e + words[i];
            e = d;
            d = c;
            c = rotate(b, 30);
            b = a;
            a = next;
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// Four rounds an instruction. In each step the schedule's words for later rounds are made beside the rounds at hand.
#define ROUNDS(step, function)                                                            \
    do {                                                                                  \
        __m128i e = (step) == 0 ? _mm_add_epi32(first_e, words[0])                        \
                                : _mm_sha1nexte_epu32(before, words[(step) & 3]);         \
        before = abcd;                                                                    \
        abcd = _mm_sha1rnds4_epu32(abcd, e, function);                                    \
        if ((step) < 16) {                                                                \
            __m128i next = _mm_sha1msg1_epu32(words[(step) & 3], words[((step) + 1) & 3]); \
            next = _mm_xor_si128(next, words[((step) + 2) & 3]);                          \
            words[(step) & 3] = _mm_sha1msg2_epu32(next, words[((step) + 3) & 3]);        \
        }                                                                                 \
    } while (0)

__attribute__((target("sha,sse4.1,ssse3"))) static void sha_blocks(uint32_t state[5], const uint8_t *blocks,
                                                                   size_t count) {
    const __m128i reversed = _mm_set_epi64x(0x0001020304050607LL, 0x08090A0B0C0D0E0FLL);
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0x1B);
    __m128i first_e = _mm_set_epi32((int)state[4], 0, 0, 0);
    for (; count > 0; count--, blocks += 64) {
        __m128i words[4];
        for (int i = 0; i < 4; i++) {
            words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 16 * i)), reversed);
        }
        const __m128i abcd_at_start = abcd, e_at_start = first_e;
        __m128i before = abcd;
        ROUNDS(0, 0);
        ROUNDS(1, 0);
        ROUNDS(2, 0);
        ROUNDS(3, 0);
        ROUNDS(4, 0);
        ROUNDS(5, 1);
        ROUNDS(6, 1);
        ROUNDS(7, 1);
        ROUNDS(8, 1);
        ROUNDS(9, 1);
        ROUNDS(10, 2);
        ROUNDS(11, 2);
        ROUNDS(12, 2);
        ROUNDS(13, 2);
        ROUNDS(14, 2);
        ROUNDS(15, 3);
        ROUNDS(16, 3);
        ROUNDS(17, 3);
        ROUNDS(18, 3);
        ROUNDS(19, 3);
        first_e = _mm_sha1nexte_epu32(before, e_at_start);
        abcd = _mm_add_epi32(abcd, abcd_at_start);
    }
    _mm_storeu_si128((__m128i *)state, _mm_shuffle_epi32(abcd, 0x1B));
    state[4] = (uint32_t)_mm_extract_epi32(first_e, 3);
}

static int has_sha_instructions(void) {
    // 0: not asked yet. Threads that ask at the same time find the same.
    static int answer;
    int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
    if (known == 0) {
        unsigned a, b, c, d;
        int has_sse41 = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) && (c & bit_SSSE3);
        int has_sha = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
        known = has_sse41 && has_sha ? 1 : -1;
        __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
    }
    return known == 1;
}

static block_function *best_blocks(void) {
    return has_sha_instructions() ? sha_blocks : portable_blocks;
}

#else

static block_function *best_blocks(void) {
    return portable_blocks;
}

#endif

static void digest_of(block_function *blocks, const uint8_t *data, size_t length, uint8_t *digest) {
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    size_t whole = length / 64;
    if (whole > 0) blocks(state, data, whole);
    // The rest, a one bit, zeros, and the length in bits: one block or two.
    uint8_t tail[128] = {0};
    size_t rest = length - whole * 64;
    if (rest > 0) memcpy(tail, data + whole * 64, rest);
    tail[rest] = 0x80;
    size_t end = rest < 56 ? 64 : 128;
    store_big_endian(tail + end - 8, (uint32_t)((uint64_t)length >> 29));
    store_big_endian(tail + end - 4, (uint32_t)(length << 3));
    blocks(state, tail, end / 64);
    for (int i = 0; i < 5; i++) store_big_endian(digest + 4 * i, state[i]);
}

void zc_sha1(const void *data, size_t length, uint8_t *digest) {
    digest_of(best_blocks(), data, length, digest);
}

void zc_sha1_portable(const void *data, size_t length, uint8_t *digest) {
    digest_of(portable_blocks, data, length, digest);
}

void zc_nsec3_hash(const uint8_t *name, size_t name_length, const uint8_t *salt, size_t salt_length, uint16_t iterations,
                   uint8_t *digest) {
    uint8_t input[255 + 255];
    if (name_length > 255) name_length = 255;
    if (salt_length > 255) salt_length = 255;
    block_function *blocks = best_blocks();
    memcpy(input, name, name_length);
    if (salt_length > 0) memcpy(input + name_length, salt, salt_length);
    digest_of(blocks, input, name_length + salt_length, digest);
    if (iterations == 0) return;
    if (salt_length > 0) memcpy(input + 20, salt, salt_length);
    for (; iterations > 0; iterations--) {
        memcpy(input, digest, 20);
        digest_of(blocks, input, 20 + salt_length, digest);
    }
}
