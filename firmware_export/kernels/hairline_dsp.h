/* The Armv7E-M DSP instructions that the kernels use, and the same in C for testing on another processor. */
#ifndef HAIRLINE_DSP_H
#define HAIRLINE_DSP_H

#include <stdint.h>
#include <string.h>

/* Four bytes as a word, from any address. */
static inline uint32_t hairline_load4(const int8_t *from)
{
    uint32_t word;
    memcpy(&word, from, 4);
    return word;
}

#if defined(__ARM_FEATURE_DSP)

/* Bytes 0 and 2 as two int16. */
static inline uint32_t hairline_even(uint32_t bytes)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* Bytes 1 and 3 as two int16. */
static inline uint32_t hairline_odd(uint32_t bytes)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* acc + both products of two pairs of int16. */
static inline int32_t hairline_mac2(uint32_t a, uint32_t b, int32_t acc)
{
    __asm__("smlad %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
}

/* acc + the product of the low halves; of the high halves. */
static inline int32_t hairline_mac_low(uint32_t a, uint32_t b, int32_t acc)
{
    __asm__("smlabb %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
}

static inline int32_t hairline_mac_high(uint32_t a, uint32_t b, int32_t acc)
{
    __asm__("smlatt %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
}

/* add + the high word of a * b, rounded. */
static inline int32_t hairline_mul_high(int32_t a, int32_t b, int32_t add)
{
    int32_t high;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(high) : "r"(a), "r"(b), "r"(add));
    return high;
}

static inline int32_t hairline_saturate8(int32_t value)
{
    int32_t q;
    __asm__("ssat %0, #8, %1" : "=r"(q) : "r"(value));
    return q;
}

#else

static inline uint32_t hairline_pair(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | (uint32_t)high << 16;
}

static inline uint32_t hairline_even(uint32_t bytes)
{
    return hairline_pair((int8_t)(bytes & 0xFFu), (int8_t)(bytes >> 16 & 0xFFu));
}

static inline uint32_t hairline_odd(uint32_t bytes)
{
    return hairline_pair((int8_t)(bytes >> 8 & 0xFFu), (int8_t)(bytes >> 24));
}

static inline int32_t hairline_mac_low(uint32_t a, uint32_t b, int32_t acc)
{
    return (int32_t)((uint32_t)acc + (uint32_t)((int16_t)(a & 0xFFFFu) * (int16_t)(b & 0xFFFFu)));
}

static inline int32_t hairline_mac_high(uint32_t a, uint32_t b, int32_t acc)
{
    return (int32_t)((uint32_t)acc + (uint32_t)((int16_t)(a >> 16) * (int16_t)(b >> 16)));
}

static inline int32_t hairline_mac2(uint32_t a, uint32_t b, int32_t acc)
{
    return hairline_mac_high(a, b, hairline_mac_low(a, b, acc));
}

static inline int32_t hairline_mul_high(int32_t a, int32_t b, int32_t add)
{
    return (int32_t)((uint32_t)add + (uint32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32));
}

static inline int32_t hairline_saturate8(int32_t value)
{
    return value < -128 ? -128 : value > 127 ? 127 : value;
}

#endif

/* Rescaling as the generator proved it possible for a whole operator (`quick`):
 * HAIRLINE_QUICK: every |acc| < 2^30 and every shift in -22..-1;
 * HAIRLINE_QUICK_RELU: moreover the range is -128..127 and starts at the zero point, so that the rounding of negative
 * values, which all become -128, does not matter. */
#define HAIRLINE_SLOW 0
#define HAIRLINE_QUICK 1
#define HAIRLINE_QUICK_RELU 2

#endif
