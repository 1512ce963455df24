/* Convolution for Helium: two pixels by four output channels at a time, sixteen taps an instruction. */
#include "hairline_mve.h"

/* The taps of output pixel (y, x), int8 [kernel_h][kernel_w][in_c]; what lies outside is the zero point. A pixel that is
 * its own taps, and whole vectors of them, is read where it lies. */
static const int8_t *taps_of(const hairline_conv_op *op, const int8_t *in, int y, int x, int8_t *taps)
{
    const hairline_window *w = &op->window;
    const int32_t row_bytes = w->in_w * w->in_c;
    const int top = y * w->stride_h - w->pad_top, left = x * w->stride_w - w->pad_left;
    const int whole = w->dilation_w == 1 && left >= 0 && left + w->kernel_w <= w->in_w;
    int8_t *to = taps;
    if (w->kernel_h == 1 && whole && top >= 0 && top < w->in_h && w->kernel_w * w->in_c % HAIRLINE_VECTOR == 0)
        return hairline_row(in, top, w->in_rows, row_bytes) + left * w->in_c;
    for (int ky = 0; ky < w->kernel_h; ky++) {
        const int in_y = top + ky * w->dilation_h;
        const int8_t *row = in_y >= 0 && in_y < w->in_h ? hairline_row(in, in_y, w->in_rows, row_bytes) : NULL;
        if (whole && row != NULL) {
            to = hairline_copy(to, row + left * w->in_c, w->kernel_w * w->in_c);
            continue;
        }
        for (int kx = 0; kx < w->kernel_w; kx++) {
            const int in_x = left + kx * w->dilation_w;
            if (row != NULL && in_x >= 0 && in_x < w->in_w)
                to = hairline_copy(to, row + in_x * w->in_c, w->in_c);
            else
                to = hairline_fill(to, op->in_zero_point, w->in_c);
        }
    }
    return taps;
}

/* `weights`: int8 [out_c / 4][taps / 16][4][16], filled up with 0; the other tables are filled up to a multiple of 4
 * channels. `scratch`: the taps of two pixels, each filled up to a multiple of 16. */
void hairline_conv_mve(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t vectors = (w->kernel_h * w->kernel_w * w->in_c + HAIRLINE_VECTOR - 1) / HAIRLINE_VECTOR;
    const int32_t taps = vectors * HAIRLINE_VECTOR, group = HAIRLINE_LANES * taps;
    const hairline_rescale rescale = op->rescale;
    int8_t *const room = (int8_t *)scratch;
    /* What fills the taps up meets weights of 0, but has to be initialised memory. */
    hairline_fill(room, 0, 2 * taps);
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x += 2, to += 2 * w->out_c) {
            const int pixels = x + 1 < w->out_w ? 2 : 1;
            const int8_t *p = taps_of(op, in, y, x, room), *q = pixels == 2 ? taps_of(op, in, y, x + 1, room + taps) : p;
            const int8_t *weights = (const int8_t *)op->weights;
            for (int32_t c = 0; c < w->out_c; c += HAIRLINE_LANES, weights += group) {
                int32_t acc[2 * HAIRLINE_LANES];
                if (pixels == 2)
                    hairline_dot2(weights, p, q, vectors, op->bias + c, acc);
                else
                    hairline_dot1(weights, p, vectors, op->bias + c, acc);
                hairline_finish(acc, &rescale, c, to + c, w->out_c - c, pixels, w->out_c);
            }
        }
    }
}
