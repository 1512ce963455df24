/* For the convolutions without vectors: one output pixel's taps in a row. */
#ifndef HAIRLINE_TAPS_H
#define HAIRLINE_TAPS_H

#include <string.h>

#include "hairline_kernels.h"

/* The taps of output pixel (y, x), int8 [kernel_h][kernel_w][in_c]; what lies outside is the zero point. */
static inline const int8_t *taps_of(const hairline_conv_op *op, const int8_t *in, int y, int x, int8_t *taps)
{
    const hairline_window *w = &op->window;
    const int32_t row_bytes = w->in_w * w->in_c;
    const int top = y * w->stride_h - w->pad_top, left = x * w->stride_w - w->pad_left;
    int8_t *to = taps;
    if (w->kernel_h == 1 && w->kernel_w == 1 && w->pad_top == 0 && w->pad_left == 0)
        return hairline_row(in, top, w->in_rows, row_bytes) + left * w->in_c;
    for (int ky = 0; ky < w->kernel_h; ky++) {
        const int in_y = top + ky * w->dilation_h;
        const int8_t *row = in_y >= 0 && in_y < w->in_h ? hairline_row(in, in_y, w->in_rows, row_bytes) : NULL;
        for (int kx = 0; kx < w->kernel_w; kx++) {
            const int in_x = left + kx * w->dilation_w;
            if (row != NULL && in_x >= 0 && in_x < w->in_w)
                memcpy(to, row + in_x * w->in_c, (size_t)w->in_c);
            else
                memset(to, op->in_zero_point, (size_t)w->in_c);
            to += w->in_c;
        }
    }
    return taps;
}

#endif
