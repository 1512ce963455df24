/* Depthwise 3x3 convolution for Armv7E-M: four channels at a time, two neighbouring pixels where the stride is 1. */
#include <string.h>

#include "hairline_dsp.h"
#include "hairline_kernels.h"

/* `acc` has channels 0, 2, 1, 3, the order in which SXTB16 gives them. */
static inline void mac(int32_t *acc, uint32_t word, const uint32_t *weights)
{
    const uint32_t even = hairline_even(word), odd = hairline_odd(word);
    acc[0] = hairline_mac_low(even, weights[0], acc[0]);
    acc[1] = hairline_mac_high(even, weights[0], acc[1]);
    acc[2] = hairline_mac_low(odd, weights[1], acc[2]);
    acc[3] = hairline_mac_high(odd, weights[1], acc[3]);
}

static inline void rescale(const hairline_conv_op *op, const int32_t *acc, int32_t c, int8_t *to)
{
    static const int8_t order[4] = {0, 2, 1, 3};
    const hairline_rescale *r = &op->rescale;
    for (int i = 0; i < 4; i++) {
        const int32_t channel = c + order[i];
        if (op->quick == HAIRLINE_QUICK_RELU) {
            const int right = -r->shift[channel];
            const int32_t add = (1 << right >> 1) - (128 << right);
            const int32_t q = hairline_mul_high(acc[i] * 2, r->multiplier[channel], add) >> right;
            to[order[i]] = (int8_t)hairline_saturate8(q);
        } else {
            to[order[i]] = hairline_requantise(acc[i], r, channel);
        }
    }
}

/* `count` output pixels of one row; `rows`: where the first one's taps begin in three input rows. */
static void pixels(const hairline_conv_op *op, const int8_t *const rows[3], int count, int8_t *out)
{
    const hairline_window *w = &op->window;
    const int32_t channels = w->in_c, next = w->stride_w * channels;
    const uint32_t *weights = (const uint32_t *)op->weights;
    for (int32_t c = 0; c < channels; c += 4, weights += 18) {
        const int32_t b0 = op->bias[c], b1 = op->bias[c + 2], b2 = op->bias[c + 1], b3 = op->bias[c + 3];
        int8_t *to = out + c;
        int32_t at = c;
        int left = count;
        if (w->stride_w == 1) {
            for (; left >= 2; left -= 2, at += 2 * channels, to += 2 * channels) {
                int32_t p[4] = {b0, b1, b2, b3}, q[4] = {b0, b1, b2, b3};
                for (int ky = 0; ky < 3; ky++) {
                    const int8_t *from = rows[ky] + at;
                    const uint32_t *v = weights + 6 * ky;
                    uint32_t word;
                    mac(p, hairline_load4(from), v);
                    word = hairline_load4(from + channels);
                    mac(p, word, v + 2);
                    mac(q, word, v);
                    word = hairline_load4(from + 2 * channels);
                    mac(p, word, v + 4);
                    mac(q, word, v + 2);
                    mac(q, hairline_load4(from + 3 * channels), v + 4);
                }
                rescale(op, p, c, to);
                rescale(op, q, c, to + channels);
            }
        }
        for (; left > 0; left--, at += next, to += channels) {
            int32_t p[4] = {b0, b1, b2, b3};
            for (int ky = 0; ky < 3; ky++) {
                const int8_t *from = rows[ky] + at;
                mac(p, hairline_load4(from), weights + 6 * ky);
                mac(p, hairline_load4(from + channels), weights + 6 * ky + 2);
                mac(p, hairline_load4(from + 2 * channels), weights + 6 * ky + 4);
            }
            rescale(op, p, c, to);
        }
    }
}

/* One output pixel at a border: its taps, with the zero point for what lies outside, are gathered first. */
static void border(const hairline_conv_op *op, const int8_t *in, int y, int x, int8_t *taps, int8_t *out)
{
    const hairline_window *w = &op->window;
    const int8_t *const rows[3] = {taps, taps + 3 * w->in_c, taps + 6 * w->in_c};
    int8_t *to = taps;
    for (int ky = 0; ky < 3; ky++) {
        const int in_y = y * w->stride_h - w->pad_top + ky;
        const int8_t *row = in_y >= 0 && in_y < w->in_h ? hairline_row(in, in_y, w->in_rows, w->in_w * w->in_c) : NULL;
        for (int kx = 0; kx < 3; kx++, to += w->in_c) {
            const int in_x = x * w->stride_w - w->pad_left + kx;
            if (row != NULL && in_x >= 0 && in_x < w->in_w)
                memcpy(to, row + in_x * w->in_c, (size_t)w->in_c);
            else
                memset(to, op->in_zero_point, (size_t)w->in_c);
        }
    }
    pixels(op, rows, 1, out);
}

/* `weights`: for every four channels and each tap two words, the int16 of channels 0, 2 and 1, 3.
 * `scratch`: one row of zero points, in_w * in_c bytes, then 9 * in_c. */
void hairline_depthwise_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t channels = w->in_c, row_bytes = w->in_w * channels;
    int8_t *outside = (int8_t *)scratch, *taps = outside + row_bytes;
    /* Output pixels [inner, past) read no column outside. */
    const int inner = (w->pad_left + w->stride_w - 1) / w->stride_w;
    const int past = w->in_w + w->pad_left < 3 ? 0 : (w->in_w + w->pad_left - 3) / w->stride_w + 1;
    const int stop = past > w->out_w ? w->out_w : past;
    memset(outside, op->in_zero_point, (size_t)row_bytes);
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * channels);
        const int top = y * w->stride_h - w->pad_top;
        int x = 0;
        for (; x < inner && x < w->out_w; x++)
            border(op, in, y, x, taps, to + x * channels);
        if (x < stop) {
            const int8_t *rows[3];
            for (int ky = 0; ky < 3; ky++) {
                const int inside = top + ky >= 0 && top + ky < w->in_h;
                rows[ky] = inside ? hairline_row(in, top + ky, w->in_rows, row_bytes) : outside;
                rows[ky] += (x * w->stride_w - w->pad_left) * channels;
            }
            pixels(op, rows, stop - x, to + x * channels);
            x = stop;
        }
        for (; x < w->out_w; x++)
            border(op, in, y, x, taps, to + x * channels);
    }
}
