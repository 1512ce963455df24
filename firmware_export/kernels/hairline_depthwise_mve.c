/* Depthwise 3x3 convolution for Helium: sixteen channels at a time.
 *
 * A row that needs padding, or whose pixels are no whole vectors, is first copied, so that every pixel is computed alike.
 */
#include "hairline_mve.h"

/* Sixteen channels: int32 bias[16], int8 weights[9][16], int32 multiplier[16], int8 shift[16]. The weights stand in
 * order. The rest as widening takes vectors apart: channels 0 4 8 12, 2 6 10 14, 1 5 9 13, 3 7 11 15. */
enum { MULTIPLIERS = 64 + 144, SHIFTS = MULTIPLIERS + 64, BLOCK_BYTES = SHIFTS + 16 };

#if defined(__ARM_FEATURE_MVE)

/* Products are int16. No weight is -128, so that two of them add up without overflow, and only then are widened. */
#define ONE(tap)                                                                                                      \
    "vldrb.8 q4, [%[" tap "]], #16\n vldrb.8 q5, [%[block]], #16\n vmullb.s8 q6, q4, q5\n vmullt.s8 q7, q4, q5\n"
#define SECOND(tap)                                                                                                   \
    "vldrb.8 q4, [%[" tap "]]\n vldrb.8 q5, [%[block]], #16\n vmullb.s8 q4, q4, q5\n vadd.i16 q6, q6, q4\n"           \
    "vldrb.8 q4, [%[" tap "]], #16\n vmullt.s8 q4, q4, q5\n vadd.i16 q7, q7, q4\n"
#define WIDEN                                                                                                         \
    "vmovlb.s16 q4, q6\n vmovlt.s16 q5, q6\n vadd.i32 q0, q0, q4\n vadd.i32 q1, q1, q5\n"                             \
    "vmovlb.s16 q4, q7\n vmovlt.s16 q5, q7\n vadd.i32 q2, q2, q4\n vadd.i32 q3, q3, q5\n"

/* One output pixel from the first taps of three rows. */
static void pixel(const int8_t *block, const int8_t *const rows[3], int32_t step, int32_t channels,
                  const hairline_rescale *to, int8_t *out)
{
    const int8_t *a = rows[0], *b = a + step, *c = b + step, *d = rows[1], *e = d + step, *f = e + step;
    const int8_t *g = rows[2], *h = g + step, *i = h + step;
    for (; channels > 0; channels -= HAIRLINE_VECTOR, block += BLOCK_BYTES, out += HAIRLINE_VECTOR) {
        const int8_t *from = block;
        register int32x4_t even0 __asm__("q0"), even1 __asm__("q1"), odd0 __asm__("q2"), odd1 __asm__("q3");
        int32x4_t sums[4];
        int16x8_t even, odd;
        int8x16_t q = vdupq_n_s8(0);
        __asm__("vldrw.32 q0, [%[block]], #16\n vldrw.32 q1, [%[block]], #16\n"
                "vldrw.32 q2, [%[block]], #16\n vldrw.32 q3, [%[block]], #16\n"
                ONE("a") SECOND("b") WIDEN ONE("c") SECOND("d") WIDEN ONE("e") SECOND("f") WIDEN
                ONE("g") SECOND("h") WIDEN ONE("i") WIDEN
                : "=w"(even0), "=w"(even1), "=w"(odd0), "=w"(odd1), [block] "+r"(from), [a] "+r"(a), [b] "+r"(b),
                  [c] "+r"(c), [d] "+r"(d), [e] "+r"(e), [f] "+r"(f), [g] "+r"(g), [h] "+r"(h), [i] "+r"(i)
                :
                : "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30",
                  "s31", "memory");
        sums[0] = even0, sums[1] = even1, sums[2] = odd0, sums[3] = odd1;
        for (int k = 0; k < 4; k++)
            sums[k] = hairline_rescaled(sums[k], block + MULTIPLIERS + 16 * k, block + SHIFTS + 4 * k, to);
        even = vqmovntq_s32(vqmovnbq_s32(vdupq_n_s16(0), sums[0]), sums[1]);
        odd = vqmovntq_s32(vqmovnbq_s32(vdupq_n_s16(0), sums[2]), sums[3]);
        q = vqmovntq_s16(vqmovnbq_s16(q, even), odd);
        q = vmaxq_s8(vminq_s8(q, vdupq_n_s8(to->high)), vdupq_n_s8(to->low));
        vstrbq_p_s8(out, q, vctp8q((uint32_t)channels));
    }
}

#else

static int32_t word_of(const int8_t *bytes)
{
    int32_t word;
    memcpy(&word, bytes, 4);
    return word;
}

static void pixel(const int8_t *block, const int8_t *const rows[3], int32_t step, int32_t channels,
                  const hairline_rescale *to, int8_t *out)
{
    static const int8_t place[4] = {0, 8, 4, 12};
    for (int32_t c = 0; c < channels; c++) {
        const int8_t *from = block + c / HAIRLINE_VECTOR * BLOCK_BYTES;
        const int lane = c % HAIRLINE_VECTOR, at = place[lane % 4] + lane / 4;
        const int32_t multiplier = word_of(from + MULTIPLIERS + 4 * at);
        const hairline_rescale one = {&multiplier, from + SHIFTS + at, to->zero_point, to->low, to->high};
        uint32_t acc = (uint32_t)word_of(from + 4 * at);
        for (int tap = 0; tap < 9; tap++)
            acc += (uint32_t)(rows[tap / 3][tap % 3 * step + c] * from[64 + tap * HAIRLINE_VECTOR + lane]);
        out[c] = hairline_requantise((int32_t)acc, &one, 0);
    }
}

#endif

/* As many channels out as in; no weight is -128. `scratch`: three rows as wide as the output's windows reach, and 16
 * bytes. */
void hairline_depthwise_mve(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t channels = w->in_c, row_bytes = w->in_w * channels;
    const int width = (w->out_w - 1) * w->stride_w + 2 * w->dilation_w + 1;
    const int inside = hairline_min(w->in_w, width - w->pad_left), right = width - w->pad_left - inside;
    const int whole = w->pad_left == 0 && right == 0 && channels % HAIRLINE_VECTOR == 0;
    const hairline_rescale rescale = op->rescale;
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * channels);
        const int8_t *rows[3];
        for (int ky = 0; ky < 3; ky++) {
            const int in_y = y * w->stride_h - w->pad_top + ky * w->dilation_h;
            int8_t *copy = (int8_t *)scratch + ky * width * channels;
            rows[ky] = copy;
            if (in_y < 0 || in_y >= w->in_h) {
                hairline_fill(copy, op->in_zero_point, width * channels);
            } else if (whole) {
                rows[ky] = hairline_row(in, in_y, w->in_rows, row_bytes);
            } else {
                copy = hairline_fill(copy, op->in_zero_point, w->pad_left * channels);
                copy = hairline_copy(copy, hairline_row(in, in_y, w->in_rows, row_bytes), inside * channels);
                hairline_fill(copy, op->in_zero_point, right * channels);
            }
        }
        for (int x = 0; x < w->out_w; x++, to += channels) {
            pixel((const int8_t *)op->weights, rows, w->dilation_w * channels, channels, &rescale, to);
            for (int ky = 0; ky < 3; ky++)
                rows[ky] += w->stride_w * channels;
        }
    }
}
