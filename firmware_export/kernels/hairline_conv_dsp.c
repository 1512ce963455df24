/* Convolution for Armv7E-M: four pixels by two output channels at a time.
 *
 * Four pixels' taps are widened to int16 and interleaved, so that one pointer walks them; SMLAD takes two taps at once.
 * Every kernel row's taps are rounded up to a multiple of 4 (the weights there are 0), and within four taps the order
 * is 0, 2, 1, 3, which is what SXTB16 gives. So up to 3 bytes beyond a kernel row's taps are read, never used.
 */
#include <string.h>

#include "hairline_dsp.h"
#include "hairline_kernels.h"

#define PIXELS 4

/* What the channels of four pixels are made of; the assembly knows the order. */
typedef struct {
    const int8_t *weights;   /* 0: for every two taps (a, b) the bytes a0 a1 b0 b1 of channels 0 and 1 */
    int32_t pair_bytes;      /* 4: weights of two channels */
    const int32_t *bias;     /* 8 */
    const uint32_t *columns; /* 12: for every two taps the pairs of pixels 0 to 3 */
    int8_t *to;              /* 16 */
    int32_t stride;          /* 20: bytes from pixel to pixel */
    const int32_t *multiplier; /* 24 */
    const int8_t *shift;     /* 28 */
    int32_t pairs;           /* 32: pairs of channels */
} quad;

#if defined(__ARM_FEATURE_DSP)

/* Two taps of four pixels and two channels. r0, r1: weights, taps; r4-r7, r8-r11: sums of channel 0, of channel 1. */
#define STEP                                                                                                          \
    "ldr lr, [r0], #4\n ldrd r2, r3, [r1], #8\n sxtb16 r12, lr\n sxtb16 lr, lr, ror #8\n"                             \
    "smlad r4, r12, r2, r4\n smlad r5, r12, r3, r5\n smlad r8, lr, r2, r8\n smlad r9, lr, r3, r9\n"                   \
    "ldrd r2, r3, [r1], #8\n"                                                                                         \
    "smlad r6, r12, r2, r6\n smlad r7, r12, r3, r7\n smlad r10, lr, r2, r10\n smlad r11, lr, r3, r11\n"

/* One value: r3 multiplier, lr what is added, r2 the right shift; r1 the step to the next pixel. */
#define RESCALE(sum)                                                                                                  \
    "lsls " sum ", " sum ", #1\n smmlar " sum ", " sum ", r3, lr\n asr " sum ", " sum ", r2\n ssat " sum ", #8, " sum "\n"
#define RESCALE4(a, b, c, d)                                                                                          \
    "ldr r2, [r12, #24]\n ldr r3, [r2], #4\n str r2, [r12, #24]\n"                                                    \
    "ldr r2, [r12, #28]\n ldrsb lr, [r2], #1\n str r2, [r12, #28]\n"                                                  \
    "rsb r2, lr, #0\n mvn lr, #254\n subs r2, #1\n lsl lr, lr, r2\n adds r2, #1\n"                                    \
    RESCALE(a) RESCALE(b) RESCALE(c) RESCALE(d)                                                                       \
    "strb " a ", [r0]\n strb " b ", [r0, r1]\n add r0, r0, r1, lsl #1\n strb " c ", [r0]\n strb " d ", [r0, r1]\n"

/* All channels of four pixels, rescaled as HAIRLINE_QUICK_RELU. */
__attribute__((naked, noinline)) static void channels(quad *q __attribute__((unused)))
{
    __asm__ volatile("push {r0-r11, lr}\n" /* [sp] q, [sp, #4] where this pair's weights end */
                     "0:\n ldr r12, [sp]\n"
                     "ldr r3, [r12, #8]\n ldrd r4, r8, [r3], #8\n str r3, [r12, #8]\n"
                     "ldrd r0, r2, [r12]\n add r2, r2, r0\n str r2, [r12]\n str r2, [sp, #4]\n"
                     "ldr r1, [r12, #12]\n"
                     "mov r5, r4\n mov r6, r4\n mov r7, r4\n mov r9, r8\n mov r10, r8\n mov r11, r8\n"
                     "subs r2, r2, r0\n tst r2, #8\n bne 2f\n"
                     "1:\n" STEP STEP "2:\n" STEP STEP
                     "ldr r2, [sp, #4]\n cmp r0, r2\n bne 1b\n"
                     "ldr r12, [sp]\n ldrd r0, r1, [r12, #16]\n"
                     RESCALE4("r4", "r5", "r6", "r7")
                     "sub r0, r0, r1, lsl #1\n adds r0, #1\n"
                     RESCALE4("r8", "r9", "r10", "r11")
                     "sub r0, r0, r1, lsl #1\n adds r0, #1\n str r0, [r12, #16]\n"
                     "ldr r2, [r12, #32]\n subs r2, #1\n str r2, [r12, #32]\n bne 0b\n"
                     "pop {r0-r11, pc}\n");
}

/* acc[2][4] for one pair of channels, acc[0] and acc[4] the biases; `end` is where the weights end. */
__attribute__((naked, noinline)) static void dot(const int8_t *weights __attribute__((unused)),
                                                 const uint32_t *columns __attribute__((unused)),
                                                 const int8_t *end __attribute__((unused)),
                                                 int32_t *acc __attribute__((unused)))
{
    __asm__ volatile("push {r2-r11, lr}\n"
                     "ldr r4, [r3]\n ldr r8, [r3, #16]\n"
                     "mov r5, r4\n mov r6, r4\n mov r7, r4\n mov r9, r8\n mov r10, r8\n mov r11, r8\n"
                     "subs r2, r2, r0\n tst r2, #8\n bne 2f\n"
                     "1:\n" STEP STEP "2:\n" STEP STEP
                     "ldr r2, [sp]\n cmp r0, r2\n bne 1b\n"
                     "ldr r3, [sp, #4]\n stmia r3, {r4-r11}\n"
                     "pop {r2-r11, pc}\n");
}

/* `count` bytes (a multiple of 4) of four pixels `step` bytes apart, widened and interleaved; returns what follows. */
__attribute__((naked, noinline)) static uint32_t *widen4(const int8_t *from __attribute__((unused)),
                                                         int32_t step __attribute__((unused)),
                                                         int32_t count __attribute__((unused)),
                                                         uint32_t *to __attribute__((unused)))
{
    __asm__ volatile("push {r4-r11, lr}\n"
                     "add r12, r1, r1, lsl #1\n"
                     "1: ldr r5, [r0, r1]\n ldr r6, [r0, r1, lsl #1]\n ldr r7, [r0, r12]\n ldr r4, [r0], #4\n"
                     "sxtb16 r8, r4, ror #8\n sxtb16 r9, r5, ror #8\n sxtb16 r10, r6, ror #8\n sxtb16 r11, r7, ror #8\n"
                     "sxtb16 r4, r4\n sxtb16 r5, r5\n sxtb16 r6, r6\n sxtb16 r7, r7\n"
                     "subs r2, #4\n stmia r3!, {r4-r11}\n bgt 1b\n"
                     "mov r0, r3\n pop {r4-r11, pc}\n");
}

#else

static void dot(const int8_t *weights, const uint32_t *columns, const int8_t *end, int32_t *acc)
{
    for (int p = 1; p < PIXELS; p++) {
        acc[p] = acc[0];
        acc[PIXELS + p] = acc[PIXELS];
    }
    for (; weights < end; weights += 4, columns += PIXELS) {
        const uint32_t word = hairline_load4(weights);
        for (int p = 0; p < PIXELS; p++) {
            acc[p] = hairline_mac2(hairline_even(word), columns[p], acc[p]);
            acc[PIXELS + p] = hairline_mac2(hairline_odd(word), columns[p], acc[PIXELS + p]);
        }
    }
}

static void channels(quad *q)
{
    for (int32_t c = 0; c < 2 * q->pairs; c += 2) {
        int32_t acc[2 * PIXELS];
        acc[0] = q->bias[c];
        acc[PIXELS] = q->bias[c + 1];
        dot(q->weights, q->columns, q->weights + q->pair_bytes, acc);
        q->weights += q->pair_bytes;
        for (int i = 0; i < 2 * PIXELS; i++) {
            const int32_t k = c + i / PIXELS, right = -q->shift[k];
            const int32_t high = hairline_mul_high(acc[i] * 2, q->multiplier[k], -255 * (1 << (right - 1)));
            q->to[i % PIXELS * q->stride + k] = (int8_t)hairline_saturate8(high >> right);
        }
    }
}

static uint32_t *widen4(const int8_t *from, int32_t step, int32_t count, uint32_t *to)
{
    for (const int8_t *end = from + count; from < end; from += 4, to += 2 * PIXELS) {
        for (int p = 0; p < PIXELS; p++) {
            const uint32_t word = hairline_load4(from + p * step);
            to[p] = hairline_even(word);
            to[PIXELS + p] = hairline_odd(word);
        }
    }
    return to;
}

#endif

/* One pixel's `count` bytes into every fourth word of `to`; returns the word after. */
static uint32_t *widen(const int8_t *from, int32_t count, uint32_t *to)
{
    for (; count > 0; count -= 4, from += 4, to += 2 * PIXELS) {
        const uint32_t word = hairline_load4(from);
        to[0] = hairline_even(word);
        to[PIXELS] = hairline_odd(word);
    }
    return to;
}

/* One kernel row's taps of a pixel at a border; what lies outside is the zero point. */
static void padded(const hairline_conv_op *op, const int8_t *row, int left, int8_t *to)
{
    const hairline_window *w = &op->window;
    for (int kx = 0, x = left; kx < w->kernel_w; kx++, x += w->dilation_w, to += w->in_c) {
        if (row != NULL && x >= 0 && x < w->in_w)
            memcpy(to, row + x * w->in_c, (size_t)w->in_c);
        else
            memset(to, op->in_zero_point, (size_t)w->in_c);
    }
}

static const int8_t *row_of(const hairline_window *w, const int8_t *in, int y)
{
    return y >= 0 && y < w->in_h ? hairline_row(in, y, w->in_rows, w->in_w * w->in_c) : NULL;
}

/* The taps of `count` output pixels from (y, x) on. `bytes`: room for one kernel row's taps. */
static void gather(const hairline_conv_op *op, const int8_t *in, int y, int x, int count, uint32_t *columns, int8_t *bytes)
{
    const hairline_window *w = &op->window;
    const int32_t segment = (w->kernel_w * w->in_c + 3) / 4 * 4, step = w->stride_w * w->in_c;
    const int top = y * w->stride_h - w->pad_top, left = x * w->stride_w - w->pad_left;
    const int last = left + (PIXELS - 1) * w->stride_w + w->kernel_w;
    if (count == PIXELS && x + PIXELS <= w->out_w && w->dilation_w == 1 && left >= 0 && last <= w->in_w) {
        for (int ky = 0, in_y = top; ky < w->kernel_h; ky++, in_y += w->dilation_h) {
            const int8_t *row = row_of(w, in, in_y);
            if (row == NULL)
                padded(op, row, left, bytes);
            columns = widen4(row == NULL ? bytes : row + left * w->in_c, row == NULL ? 0 : step, segment, columns);
        }
        return;
    }
    for (int p = 0; p < count; p++) {
        const int at = x * w->stride_w - w->pad_left;
        const int inside = w->dilation_w == 1 && at >= 0 && at + w->kernel_w <= w->in_w;
        uint32_t *to = columns + p;
        for (int ky = 0, in_y = y * w->stride_h - w->pad_top; ky < w->kernel_h; ky++, in_y += w->dilation_h) {
            const int8_t *row = row_of(w, in, in_y);
            if (!inside || row == NULL)
                padded(op, row, at, bytes);
            to = widen(inside && row != NULL ? row + at * w->in_c : bytes, segment, to);
        }
        if (++x == w->out_w) {
            x = 0;
            y++;
        }
    }
}

/* One channel's sums of `count` pixels to int8. */
static void rescale(const hairline_conv_op *op, const int32_t *acc, int32_t channel, int count, int8_t *to)
{
    const hairline_rescale *r = &op->rescale;
    const int32_t multiplier = r->multiplier[channel], stride = op->window.out_c;
    const int right = -r->shift[channel];
    for (int p = 0; p < count; p++, to += stride) {
        if (op->quick) {
            const int32_t high = hairline_mul_high(acc[p] * 2, multiplier, 0);
            const int32_t q = ((high + (high >> 31) + (1 << right >> 1)) >> right) + r->zero_point;
            *to = (int8_t)hairline_clamp(q, r->low, r->high);
        } else {
            *to = hairline_requantise(acc[p], r, channel);
        }
    }
}

/* `scratch`: 8 bytes a tap for the four pixels, then a byte for each of a kernel row (taps rounded up as above).
 * The rows [first, end) of `out` must follow one another in memory. */
void hairline_conv_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t taps = w->kernel_h * ((w->kernel_w * w->in_c + 3) / 4 * 4);
    uint32_t *columns = (uint32_t *)scratch;
    int8_t *bytes = (int8_t *)(columns + 2 * taps);
    int8_t *to = hairline_row_out(out, first, w->out_rows, w->out_w * w->out_c);
    int y = first, x = 0;
    for (int32_t left = (end - first) * w->out_w; left > 0; left -= PIXELS, to += PIXELS * w->out_c) {
        const int count = left < PIXELS ? (int)left : PIXELS;
        const int8_t *weights = (const int8_t *)op->weights;
        gather(op, in, y, x, count, columns, bytes);
        for (x += count; x >= w->out_w; x -= w->out_w)
            y++;
        if (count == PIXELS && op->quick == HAIRLINE_QUICK_RELU && w->out_c % 2 == 0) {
            quad q = {weights, 2 * taps, op->bias, columns, to, w->out_c, op->rescale.multiplier, op->rescale.shift, w->out_c / 2};
            channels(&q);
            continue;
        }
        for (int32_t c = 0; c < w->out_c; c += 2, weights += 2 * taps) {
            int32_t acc[2 * PIXELS];
            const int both = c + 1 < w->out_c;
            acc[0] = op->bias[c];
            acc[PIXELS] = both ? op->bias[c + 1] : 0;
            dot(weights, columns, weights + 2 * taps, acc);
            rescale(op, acc, c, count, to + c);
            if (both)
                rescale(op, acc + PIXELS, c + 1, count, to + c + 1);
        }
    }
}
