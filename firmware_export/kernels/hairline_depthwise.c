/* Depthwise convolution in plain C. */
#include "hairline_kernels.h"

/* `weights`: int8 [kernel_h][kernel_w][out_c]; output channel c reads input channel c / (out_c / in_c). */
void hairline_depthwise(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t row_bytes = w->in_w * w->in_c, multiplier = w->out_c / w->in_c;
    (void)scratch;
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x++) {
            for (int32_t c = 0; c < w->out_c; c++) {
                const int8_t *weights = (const int8_t *)op->weights + c;
                const int32_t in_c = multiplier == 1 ? c : c / multiplier;
                uint32_t acc = (uint32_t)op->bias[c];
                for (int ky = 0; ky < w->kernel_h; ky++) {
                    const int in_y = y * w->stride_h - w->pad_top + ky * w->dilation_h;
                    const int inside = in_y >= 0 && in_y < w->in_h;
                    const int8_t *row = inside ? hairline_row(in, in_y, w->in_rows, row_bytes) : in;
                    for (int kx = 0; kx < w->kernel_w; kx++) {
                        const int in_x = x * w->stride_w - w->pad_left + kx * w->dilation_w;
                        const int tap = inside && in_x >= 0 && in_x < w->in_w ? row[in_x * w->in_c + in_c]
                                                                               : op->in_zero_point;
                        acc += (uint32_t)(tap * *weights);
                        weights += w->out_c;
                    }
                }
                *to++ = hairline_requantise((int32_t)acc, &op->rescale, c);
            }
        }
    }
}
