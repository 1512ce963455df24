/* The inner loops of the kernels for Helium (Armv8.1-M MVE), and the same in C for testing on another processor. */
#ifndef HAIRLINE_MVE_H
#define HAIRLINE_MVE_H

#include <string.h>

#include "hairline_kernels.h"

/* Four channels are computed side by side: their tables are filled up to a multiple of 4. */
#define HAIRLINE_LANES 4
/* Taps are multiplied sixteen at a time: a channel's are filled up with weights of 0. */
#define HAIRLINE_VECTOR 16

#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>

/* Tail-predicated: nothing beyond `count` bytes is read or written. Returns what follows in `to`. */
static inline int8_t *hairline_copy(int8_t *to, const int8_t *from, int32_t count)
{
    int8_t *end = to + count;
    __asm__ volatile("wlstp.8 lr, %2, 2f\n 1: vldrb.8 q0, [%1], #16\n vstrb.8 q0, [%0], #16\n letp lr, 1b\n 2:\n"
                     : "+l"(to), "+l"(from)
                     : "r"(count)
                     : "lr", "s0", "s1", "s2", "s3", "cc", "memory");
    return end;
}

static inline int8_t *hairline_fill(int8_t *to, int8_t value, int32_t count)
{
    int8_t *end = to + count;
    __asm__ volatile("vdup.8 q0, %1\n wlstp.8 lr, %2, 2f\n 1: vstrb.8 q0, [%0], #16\n letp lr, 1b\n 2:\n"
                     : "+l"(to)
                     : "r"(value), "r"(count)
                     : "lr", "s0", "s1", "s2", "s3", "cc", "memory");
    return end;
}

/* The larger of each two bytes, into `to`. */
static inline void hairline_largest(int8_t *to, const int8_t *from, int32_t count)
{
    __asm__ volatile("wlstp.8 lr, %2, 2f\n"
                     "1: vldrb.8 q0, [%0]\n vldrb.8 q1, [%1], #16\n vmax.s8 q0, q0, q1\n vstrb.8 q0, [%0], #16\n"
                     "letp lr, 1b\n 2:\n"
                     : "+l"(to), "+l"(from)
                     : "r"(count)
                     : "lr", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "cc", "memory");
}

/* Four channels' sums of two pixels. Every one of the even registers that VMLADAVA can add into holds a sum, so that the
 * loop cannot be one of LE's, which counts in LR. */
static inline void hairline_dot2(const int8_t *weights, const int8_t *p, const int8_t *q, int32_t vectors,
                                 const int32_t *bias, int32_t *acc)
{
    int32_t p0 = bias[0], p1 = bias[1], p2 = bias[2], p3 = bias[3], q0 = p0, q1 = p1, q2 = p2, q3 = p3;
    __asm__("1: vldrb.8 q0, [%[p]], #16\n vldrb.8 q2, [%[w]], #16\n vldrb.8 q1, [%[q]], #16\n"
            "vmladava.s8 %[p0], q0, q2\n vldrb.8 q3, [%[w]], #16\n vmladava.s8 %[q0], q1, q2\n"
            "vmladava.s8 %[p1], q0, q3\n vldrb.8 q2, [%[w]], #16\n vmladava.s8 %[q1], q1, q3\n"
            "vmladava.s8 %[p2], q0, q2\n vldrb.8 q3, [%[w]], #16\n vmladava.s8 %[q2], q1, q2\n"
            "vmladava.s8 %[p3], q0, q3\n vmladava.s8 %[q3], q1, q3\n"
            "subs %[n], #1\n bne 1b\n"
            : [p0] "+Te"(p0), [p1] "+Te"(p1), [p2] "+Te"(p2), [p3] "+Te"(p3), [q0] "+Te"(q0), [q1] "+Te"(q1),
              [q2] "+Te"(q2), [q3] "+Te"(q3), [w] "+r"(weights), [p] "+r"(p), [q] "+r"(q), [n] "+r"(vectors)
            :
            : "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "cc",
              "memory");
    acc[0] = p0, acc[1] = p1, acc[2] = p2, acc[3] = p3;
    acc[4] = q0, acc[5] = q1, acc[6] = q2, acc[7] = q3;
}

/* Four channels' sums of one pixel. */
static inline void hairline_dot1(const int8_t *weights, const int8_t *p, int32_t vectors, const int32_t *bias, int32_t *acc)
{
    int32_t p0 = bias[0], p1 = bias[1], p2 = bias[2], p3 = bias[3];
    __asm__("dls lr, %[n]\n"
            "1: vldrb.8 q0, [%[p]], #16\n vldrb.8 q2, [%[w]], #16\n vmladava.s8 %[p0], q0, q2\n"
            "vldrb.8 q3, [%[w]], #16\n vmladava.s8 %[p1], q0, q3\n vldrb.8 q2, [%[w]], #16\n vmladava.s8 %[p2], q0, q2\n"
            "vldrb.8 q3, [%[w]], #16\n vmladava.s8 %[p3], q0, q3\n le lr, 1b\n"
            : [p0] "+Te"(p0), [p1] "+Te"(p1), [p2] "+Te"(p2), [p3] "+Te"(p3), [w] "+r"(weights), [p] "+r"(p)
            : [n] "r"(vectors)
            : "lr", "s0", "s1", "s2", "s3", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "cc", "memory");
    acc[0] = p0, acc[1] = p1, acc[2] = p2, acc[3] = p3;
}

/* Four channels' sums by their multipliers (int32) and shifts (int8), the zero point added, not yet limited. VRSHL rounds
 * halves up, TFLite away from zero: below zero one is taken off first, where there is anything to round. */
__attribute__((always_inline)) static inline int32x4_t hairline_rescaled(int32x4_t acc, const void *multiplier,
                                                                         const int8_t *shift, const hairline_rescale *to)
{
    const int32x4_t by = vldrbq_s32(shift), zero = vdupq_n_s32(0), right = vminq_s32(by, zero);
    int32x4_t q = vqrdmulhq_s32(vshlq_s32(acc, vmaxq_s32(by, zero)), vldrwq_s32((const int32_t *)multiplier));
    q = vrshlq_s32(vqaddq_s32(q, vshrq_n_s32(vandq_s32(q, right), 31)), right);
    return vaddq_n_s32(q, to->zero_point);
}

/* Four channels' sums of `pixels` (1 or 2), `step` bytes apart in the output, as int8; `count` channels are stored. */
static inline void hairline_finish(const int32_t *acc, const hairline_rescale *to, int32_t channel, int8_t *out,
                                   int32_t count, int pixels, int32_t step)
{
    const int32x4_t low = vdupq_n_s32(to->low), high = vdupq_n_s32(to->high);
    const mve_pred16_t stored = vctp32q((uint32_t)count);
    int32x4_t p = hairline_rescaled(vldrwq_s32(acc), to->multiplier + channel, to->shift + channel, to), q = p;
    if (pixels == 2)
        q = hairline_rescaled(vldrwq_s32(acc + HAIRLINE_LANES), to->multiplier + channel, to->shift + channel, to);
    vstrbq_p_s32(out, vmaxq_s32(vminq_s32(p, high), low), stored);
    if (pixels == 2)
        vstrbq_p_s32(out + step, vmaxq_s32(vminq_s32(q, high), low), stored);
}

#else

static inline int8_t *hairline_copy(int8_t *to, const int8_t *from, int32_t count)
{
    memcpy(to, from, (size_t)count);
    return to + count;
}

static inline int8_t *hairline_fill(int8_t *to, int8_t value, int32_t count)
{
    memset(to, value, (size_t)count);
    return to + count;
}

static inline void hairline_largest(int8_t *to, const int8_t *from, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        to[i] = from[i] > to[i] ? from[i] : to[i];
}

static inline void hairline_dot1(const int8_t *weights, const int8_t *p, int32_t vectors, const int32_t *bias, int32_t *acc)
{
    for (int lane = 0; lane < HAIRLINE_LANES; lane++) {
        uint32_t sum = (uint32_t)bias[lane];
        for (int32_t i = 0; i < vectors * HAIRLINE_VECTOR; i++) {
            const int32_t at = (i / HAIRLINE_VECTOR * HAIRLINE_LANES + lane) * HAIRLINE_VECTOR + i % HAIRLINE_VECTOR;
            sum += (uint32_t)(p[i] * weights[at]);
        }
        acc[lane] = (int32_t)sum;
    }
}

static inline void hairline_dot2(const int8_t *weights, const int8_t *p, const int8_t *q, int32_t vectors,
                                 const int32_t *bias, int32_t *acc)
{
    hairline_dot1(weights, p, vectors, bias, acc);
    hairline_dot1(weights, q, vectors, bias, acc + HAIRLINE_LANES);
}

static inline void hairline_finish(const int32_t *acc, const hairline_rescale *to, int32_t channel, int8_t *out,
                                   int32_t count, int pixels, int32_t step)
{
    for (int p = 0; p < pixels; p++, acc += HAIRLINE_LANES, out += step) {
        for (int lane = 0; lane < HAIRLINE_LANES && lane < count; lane++)
            out[lane] = hairline_requantise(acc[lane], to, channel + lane);
    }
}

#endif
#endif
