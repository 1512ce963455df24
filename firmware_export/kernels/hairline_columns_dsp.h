/* For the convolutions of Armv7E-M: the taps of four pixels, widened to int16 and interleaved.
 *
 * Every kernel row's taps are rounded up to a multiple of 4 (the weights there are 0), and within four taps the order
 * is 0, 2, 1, 3, which is what SXTB16 gives. So up to 3 bytes beyond a kernel row's taps are read, never used.
 */
#ifndef HAIRLINE_COLUMNS_DSP_H
#define HAIRLINE_COLUMNS_DSP_H

#include <string.h>

#include "hairline_dsp.h"
#include "hairline_kernels.h"

#define PIXELS 4

#if defined(__ARM_FEATURE_DSP)

/* Two taps of four pixels and two channels. r0, r1: weights, taps; r4-r7, r8-r11: sums of channel 0, of channel 1. */
#define STEP                                                                                                          \
    "ldr lr, [r0], #4\n ldrd r2, r3, [r1], #8\n sxtb16 r12, lr\n sxtb16 lr, lr, ror #8\n"                             \
    "smlad r4, r12, r2, r4\n smlad r5, r12, r3, r5\n smlad r8, lr, r2, r8\n smlad r9, lr, r3, r9\n"                   \
    "ldrd r2, r3, [r1], #8\n"                                                                                         \
    "smlad r6, r12, r2, r6\n smlad r7, r12, r3, r7\n smlad r10, lr, r2, r10\n smlad r11, lr, r3, r11\n"

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

/* Taps of a pixel as the columns have them. */
static inline int32_t columns_taps(const hairline_window *w)
{
    return w->kernel_h * ((w->kernel_w * w->in_c + 3) / 4 * 4);
}

#endif
