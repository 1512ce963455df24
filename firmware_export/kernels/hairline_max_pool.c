/* Max pooling in plain C: taps outside the picture take no part. */
#include "hairline_kernels.h"

void hairline_max_pool(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end)
{
    const hairline_window *w = &op->window;
    const int32_t row_bytes = w->in_w * w->in_c;
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x++, to += w->in_c) {
            for (int32_t c = 0; c < w->in_c; c++)
                to[c] = op->low;
            for (int ky = 0; ky < w->kernel_h; ky++) {
                const int in_y = y * w->stride_h - w->pad_top + ky;
                const int8_t *row;
                if (in_y < 0 || in_y >= w->in_h)
                    continue;
                row = hairline_row(in, in_y, w->in_rows, row_bytes);
                for (int kx = 0; kx < w->kernel_w; kx++) {
                    const int in_x = x * w->stride_w - w->pad_left + kx;
                    const int8_t *pixel = row + in_x * w->in_c;
                    if (in_x < 0 || in_x >= w->in_w)
                        continue;
                    for (int32_t c = 0; c < w->in_c; c++)
                        to[c] = pixel[c] > to[c] ? pixel[c] : to[c];
                }
            }
            for (int32_t c = 0; c < w->in_c; c++)
                to[c] = to[c] < op->high ? to[c] : op->high;
        }
    }
}
