/* Convolution in plain C: a pixel's taps are gathered in a row, then every output channel is one dot product. */
#include "hairline_taps.h"

/* `weights`: int8 [out_c][kernel_h][kernel_w][in_c]; `scratch`: as many bytes as there are taps. */
void hairline_conv(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t count = w->kernel_h * w->kernel_w * w->in_c;
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x++) {
            const int8_t *taps = taps_of(op, in, y, x, (int8_t *)scratch);
            const int8_t *weights = (const int8_t *)op->weights;
            for (int32_t c = 0; c < w->out_c; c++) {
                uint32_t acc = (uint32_t)op->bias[c];
                for (int32_t i = 0; i < count; i++)
                    acc += (uint32_t)(taps[i] * weights[i]);
                weights += count;
                *to++ = hairline_requantise((int32_t)acc, &op->rescale, c);
            }
        }
    }
}
