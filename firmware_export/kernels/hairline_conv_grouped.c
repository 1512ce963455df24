/* Convolution in groups, in plain C: an output channel sees the input channels of its own group. */
#include "hairline_taps.h"

/* `weights`: int8 [out_c][kernel_h][kernel_w][in_c / groups]; `scratch`: [kernel_h][kernel_w][in_c] bytes. */
void hairline_conv_grouped(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t pixels = w->kernel_h * w->kernel_w;
    const int32_t group_in_c = w->in_c / op->groups, group_out_c = w->out_c / op->groups;
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x++) {
            const int8_t *taps = taps_of(op, in, y, x, (int8_t *)scratch);
            const int8_t *weights = (const int8_t *)op->weights;
            for (int32_t c = 0; c < w->out_c; c++) {
                const int8_t *group = taps + c / group_out_c * group_in_c;
                uint32_t acc = (uint32_t)op->bias[c];
                for (int32_t i = 0; i < pixels; i++)
                    for (int32_t k = 0; k < group_in_c; k++)
                        acc += (uint32_t)(group[i * w->in_c + k] * *weights++);
                *to++ = hairline_requantise((int32_t)acc, &op->rescale, c);
            }
        }
    }
}
