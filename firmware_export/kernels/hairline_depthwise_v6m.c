/* Depthwise 3x3 convolution for Armv6-M: one row of the output after another, all nine taps without a loop.
 *
 * A row that needs padding is first copied between its padding, so that every pixel is computed alike.
 */
#include <string.h>

#include "hairline_kernels.h"

/* Three taps of one channel, `step` bytes apart in the input, `next` in the weights. */
static inline uint32_t row_of_taps(const int8_t *in, int32_t step, const int8_t *weights, int32_t next)
{
    uint32_t sum = (uint32_t)(*in * *weights);
    in += step;
    weights += next;
    sum += (uint32_t)(*in * *weights);
    in += step;
    weights += next;
    return sum + (uint32_t)(*in * *weights);
}

static void pixel(const hairline_conv_op *op, const int8_t *const rows[3], int32_t step, int8_t *to)
{
    const int32_t channels = op->window.in_c;
    const int8_t *weights = (const int8_t *)op->weights, *a = rows[0], *b = rows[1], *c = rows[2];
    for (int32_t k = 0; k < channels; k++, weights++) {
        uint32_t acc = (uint32_t)op->bias[k];
        acc += row_of_taps(a++, step, weights, channels);
        acc += row_of_taps(b++, step, weights + 3 * channels, channels);
        acc += row_of_taps(c++, step, weights + 6 * channels, channels);
        to[k] = hairline_requantise((int32_t)acc, &op->rescale, k);
    }
}

/* As many channels out as in; `weights` as in hairline_depthwise.c. `scratch`: where there is padding, three rows as wide
 * as the output's windows reach. */
void hairline_depthwise_v6m(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t channels = w->in_c, row_bytes = w->in_w * channels;
    const int width = (w->out_w - 1) * w->stride_w + 2 * w->dilation_w + 1;
    const int inside = hairline_min(w->in_w, width - w->pad_left), right = width - w->pad_left - inside;
    const int whole = w->pad_left == 0 && right == 0;
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * channels);
        const int8_t *rows[3];
        for (int ky = 0; ky < 3; ky++) {
            const int in_y = y * w->stride_h - w->pad_top + ky * w->dilation_h;
            const int outside = in_y < 0 || in_y >= w->in_h;
            int8_t *copy = (int8_t *)scratch + ky * width * channels;
            rows[ky] = copy;
            if (outside) {
                memset(copy, op->in_zero_point, (size_t)(width * channels));
            } else if (whole) {
                rows[ky] = hairline_row(in, in_y, w->in_rows, row_bytes);
            } else {
                memset(copy, op->in_zero_point, (size_t)(w->pad_left * channels));
                copy += w->pad_left * channels;
                memcpy(copy, hairline_row(in, in_y, w->in_rows, row_bytes), (size_t)(inside * channels));
                memset(copy + inside * channels, op->in_zero_point, (size_t)(right * channels));
            }
        }
        for (int x = 0; x < w->out_w; x++, to += channels) {
            pixel(op, rows, w->dilation_w * channels, to);
            for (int ky = 0; ky < 3; ky++)
                rows[ky] += w->stride_w * channels;
        }
    }
}
