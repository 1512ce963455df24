/* 3x3 convolution with stride 1 and a rectified output for Armv7E-M, by Winograd's F(2x2, 3x3): 16 products for four
 * outputs instead of 36 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015).
 *
 * In integers and exact: the weights are transformed by twice the matrix G, so that every sum is four times the
 * convolution's, which the generator has proved to fit. What overflows on the way there wraps, and comes back.
 * Four tiles of 2x2 outputs, side by side, are computed together.
 */
#include <string.h>

#include "hairline_dsp.h"
#include "hairline_kernels.h"

#define TILES 4
#define COLUMNS (2 * TILES + 2) /* of input that they see */
#define POSITIONS 16

#if defined(__ARM_FEATURE_DSP)

static inline uint32_t add16(uint32_t a, uint32_t b)
{
    uint32_t sum;
    __asm__("sadd16 %0, %1, %2" : "=r"(sum) : "r"(a), "r"(b));
    return sum;
}

static inline uint32_t sub16(uint32_t a, uint32_t b)
{
    uint32_t difference;
    __asm__("ssub16 %0, %1, %2" : "=r"(difference) : "r"(a), "r"(b));
    return difference;
}

/* Two channels of input, four tiles, two channels of output. r0, r1: weights, tiles; r4-r7, r8-r11: the sums. */
#define LOAD_HALF "ldrd r2, r3, [r1], #8\n"
#define STEP                                                                                                          \
    "ldrd r12, lr, [r0], #8\n" LOAD_HALF                                                                              \
    "smlad r4, r12, r2, r4\n smlad r5, r12, r3, r5\n smlad r8, lr, r2, r8\n smlad r9, lr, r3, r9\n" LOAD_HALF         \
    "smlad r6, r12, r2, r6\n smlad r7, r12, r3, r7\n smlad r10, lr, r2, r10\n smlad r11, lr, r3, r11\n"
#define FIRST                                                                                                         \
    "ldrd r12, lr, [r0], #8\n" LOAD_HALF                                                                              \
    "smuad r4, r12, r2\n smuad r5, r12, r3\n smuad r8, lr, r2\n smuad r9, lr, r3\n" LOAD_HALF                         \
    "smuad r6, r12, r2\n smuad r7, r12, r3\n smuad r10, lr, r2\n smuad r11, lr, r3\n"

/* sums[16][2 channels][4 tiles] for a pair of channels; `bytes` of tiles a position. */
__attribute__((naked, noinline)) static void multiply(const int32_t *weights __attribute__((unused)),
                                                      const uint32_t *tiles __attribute__((unused)),
                                                      int32_t *sums __attribute__((unused)),
                                                      int32_t bytes __attribute__((unused)))
{
    __asm__ volatile("push {r4-r11, lr}\n sub sp, #20\n"
                     "str r2, [sp]\n str r3, [sp, #4]\n add r2, r1, r3, lsl #4\n str r2, [sp, #12]\n"
                     "0: ldr r2, [sp, #4]\n add r2, r2, r1\n str r2, [sp, #8]\n"
                     FIRST STEP STEP STEP
                     "1: ldr r2, [sp, #8]\n cmp r1, r2\n beq 2f\n"
                     STEP STEP STEP STEP
                     "b 1b\n"
                     "2: ldr r2, [sp]\n stmia r2!, {r4-r11}\n str r2, [sp]\n"
                     "ldr r2, [sp, #12]\n cmp r1, r2\n bne 0b\n"
                     "add sp, #20\n pop {r4-r11, pc}\n");
}

#else

static uint32_t add16(uint32_t a, uint32_t b)
{
    return ((a + b) & 0xFFFFu) | ((a & 0xFFFF0000u) + (b & 0xFFFF0000u));
}

static uint32_t sub16(uint32_t a, uint32_t b)
{
    return ((a - b) & 0xFFFFu) | ((a & 0xFFFF0000u) - (b & 0xFFFF0000u));
}

static void multiply(const int32_t *weights, const uint32_t *tiles, int32_t *sums, int32_t bytes)
{
    for (int at = 0; at < POSITIONS; at++, sums += 2 * TILES) {
        memset(sums, 0, 2 * TILES * sizeof *sums);
        for (int32_t i = 0; i < bytes; i += 4 * TILES, weights += 2, tiles += TILES) {
            for (int k = 0; k < 2 * TILES; k++)
                sums[k] = hairline_mac2((uint32_t)weights[k / TILES], tiles[k % TILES], sums[k]);
        }
    }
}

#endif

/* Four rows of input to tiles[16][channels / 2][4]: pairs of channels 0 and 2, 1 and 3 of every four. `room`: 80 words. */
static void transform(const int8_t *const rows[4], int32_t channels, uint32_t *tiles, uint32_t *room)
{
    for (int32_t c = 0; c < channels; c += 4) {
        uint32_t *to = room;
        for (const int8_t *from = rows[0] + c; to < room + COLUMNS; from += channels, to++) {
            const uint32_t a = hairline_load4(from), b = hairline_load4(from + (rows[1] - rows[0]));
            const uint32_t d = hairline_load4(from + (rows[2] - rows[0])), e = hairline_load4(from + (rows[3] - rows[0]));
            const uint32_t even = hairline_even(d), odd = hairline_odd(d), near = hairline_even(b), far = hairline_odd(b);
            to[0] = sub16(hairline_even(a), even);
            to[COLUMNS] = add16(near, even);
            to[2 * COLUMNS] = sub16(even, near);
            to[3 * COLUMNS] = sub16(near, hairline_even(e));
            to[4 * COLUMNS] = sub16(hairline_odd(a), odd);
            to[5 * COLUMNS] = add16(far, odd);
            to[6 * COLUMNS] = sub16(odd, far);
            to[7 * COLUMNS] = sub16(far, hairline_odd(e));
        }
        for (int r = 0; r < 8; r++) {
            const uint32_t *from = room + r * COLUMNS;
            uint32_t *at = tiles + (r % 4 * 4 * (channels / 2) + c / 2 + r / 4) * TILES, a = from[0], b = from[1];
            for (int tile = 0; tile < TILES; tile++, at++) {
                const uint32_t d = from[2 * tile + 2], e = from[2 * tile + 3];
                at[0] = sub16(a, d);
                at[2 * channels] = add16(b, d);
                at[4 * channels] = sub16(d, b);
                at[6 * channels] = sub16(b, e);
                a = d;
                b = e;
            }
        }
    }
}

/* Four sums of a row of positions to the two columns of outputs. Inlined at -Os, too. */
__attribute__((always_inline)) static inline void across(const int32_t *sums, uint32_t *left, uint32_t *right)
{
    const uint32_t b = (uint32_t)sums[2 * TILES], c = (uint32_t)sums[4 * TILES];
    *left = (uint32_t)sums[0] + b + c;
    *right = b - c - (uint32_t)sums[6 * TILES];
}

/* Four times an output without its bias, to int8; `bias` is twice the channel's, as the multiplication takes it. */
__attribute__((always_inline)) static inline int8_t rescale(uint32_t sum, int32_t bias, int32_t multiplier, int32_t add,
                                                            int32_t right)
{
    const int32_t twice = ((int32_t)sum >> 1) + bias;
    return (int8_t)hairline_saturate8(hairline_mul_high(twice, multiplier, add) >> right);
}

/* One channel of the tiles: two rows of `columns` outputs. `below`: bytes to the second row; 0 where there is none. */
__attribute__((noinline)) static void finish(const hairline_conv_op *op, const int32_t *sums, int32_t channel, int8_t *to,
                                             int32_t below, int columns)
{
    const int32_t bias = op->bias[channel] * 2, multiplier = op->rescale.multiplier[channel], step = op->window.out_c;
    const int32_t right = -op->rescale.shift[channel], add = -255 * (1 << (right - 1));
    for (; columns > 0; columns -= 2, sums++, to += 2 * step) {
        uint32_t left[4], far[4];
        across(sums, &left[0], &far[0]);
        across(sums + 8 * TILES, &left[1], &far[1]);
        across(sums + 16 * TILES, &left[2], &far[2]);
        across(sums + 24 * TILES, &left[3], &far[3]);
        to[0] = rescale(left[0] + left[1] + left[2], bias, multiplier, add, right);
        if (columns > 1)
            to[step] = rescale(far[0] + far[1] + far[2], bias, multiplier, add, right);
        if (below == 0)
            continue;
        to[below] = rescale(left[1] - left[2] - left[3], bias, multiplier, add, right);
        if (columns > 1)
            to[below + step] = rescale(far[1] - far[2] - far[3], bias, multiplier, add, right);
    }
}

/* Where the input rows from `y` on begin for the tiles from column `x` on: in place, or copied beside the zero point. */
static void patch(const hairline_conv_op *op, const int8_t *in, int y, int x, int8_t *copy, const int8_t *rows[4])
{
    const hairline_window *w = &op->window;
    const int32_t channels = w->in_c, row_bytes = w->in_w * channels;
    const int before = x < 0 ? -x : 0, inside = hairline_min(w->in_w - x, COLUMNS) - before;
    for (int r = 0; r < 4; r++, y++, copy += COLUMNS * channels) {
        const int8_t *row = y >= 0 && y < w->in_h ? hairline_row(in, y, w->in_rows, row_bytes) : NULL;
        rows[r] = copy;
        if (row != NULL && inside == COLUMNS) {
            rows[r] = row + x * channels;
            continue;
        }
        memset(copy, op->in_zero_point, (size_t)(COLUMNS * channels));
        if (row != NULL)
            memcpy(copy + before * channels, row + (x + before) * channels, (size_t)(inside * channels));
    }
}

/* Needs HAIRLINE_QUICK_RELU, input channels in eights and output channels in twos. `weights`: int16
 * [out_c / 2][16][in_c / 2][2 channels of output][2 of input]. `scratch`: 168 bytes a channel of input, and 512. */
void hairline_winograd_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t channels = w->in_c, pair_words = POSITIONS * channels;
    int32_t *sums = (int32_t *)scratch;
    uint32_t *tiles = (uint32_t *)scratch + 2 * TILES * POSITIONS;
    int8_t *copy = (int8_t *)(tiles + 2 * POSITIONS * channels);
    for (int y = first; y < end; y += 2) {
        int8_t *const line = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        int8_t *const next = y + 1 < end ? hairline_row_out(out, y + 1, w->out_rows, w->out_w * w->out_c) : line;
        const int32_t below = (int32_t)(next - line);
        for (int x = 0; x < w->out_w; x += 2 * TILES) {
            const int32_t *weights = (const int32_t *)op->weights;
            const int columns = hairline_min(2 * TILES, w->out_w - x);
            const int8_t *from[4];
            patch(op, in, y - w->pad_top, x - w->pad_left, copy, from);
            transform(from, channels, tiles, (uint32_t *)sums);
            for (int32_t c = 0; c < w->out_c; c += 2, weights += pair_words) {
                multiply(weights, tiles, sums, 2 * TILES * channels);
                finish(op, sums, c, line + x * w->out_c + c, below, columns);
                finish(op, sums + TILES, c + 1, line + x * w->out_c + c + 1, below, columns);
            }
        }
    }
}
