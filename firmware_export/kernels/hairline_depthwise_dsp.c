/* Depthwise 3x3 convolution for Armv7E-M: four channels at a time, two neighbouring pixels where the stride is 1.
 *
 * A row that needs padding is first copied between its padding, so that every pixel is computed alike.
 */
#include <string.h>

#include "hairline_dsp.h"
#include "hairline_kernels.h"

#define BLOCK_WORDS 27

/* The output pixels of one row; the assembly knows the order. */
typedef struct {
    const int8_t *rows[3]; /* where the first pixel's taps begin */
    int8_t *to;
    int32_t count;
    int32_t next; /* input bytes from pixel to pixel */
} run;

/* Four channels of a run. `block`, the four channels always in the order 0, 2, 1, 3, in which SXTB16 takes them apart:
 *   0: for each tap two words of two int16 weights
 *  18: biases
 *  22: multipliers
 *  26: right shifts, a byte each */
#if defined(__ARM_FEATURE_DSP)

/* r1: channels; r4-r7, r8-r11: sums of two pixels; lr: a word of input, with r12 taken apart; r2, r3: a tap's weights. */
#define TAKE_APART "sxtb16 r12, lr\n sxtb16 lr, lr, ror #8\n"
#define WEIGHTS(tap) "ldrd r2, r3, [sp, #8*(" #tap ")]\n"
#define MAC_P "smlabb r4, r12, r2, r4\n smlatt r5, r12, r2, r5\n smlabb r6, lr, r3, r6\n smlatt r7, lr, r3, r7\n"
#define MAC_Q "smlabb r8, r12, r2, r8\n smlatt r9, r12, r2, r9\n smlabb r10, lr, r3, r10\n smlatt r11, lr, r3, r11\n"
#define ROW2(ky)                                                                                                      \
    "ldr r0, [sp, #120+4*" #ky "]\n"                                                                                  \
    "ldr lr, [r0]\n" TAKE_APART WEIGHTS(3 * ky) MAC_P                                                                 \
    "ldr lr, [r0, r1]\n" TAKE_APART MAC_Q WEIGHTS(3 * ky + 1) MAC_P                                                   \
    "ldr lr, [r0, r1, lsl #1]\n" TAKE_APART MAC_Q WEIGHTS(3 * ky + 2) MAC_P                                           \
    "add r0, r0, r1, lsl #1\n str r0, [sp, #120+4*" #ky "]\n"                                                         \
    "ldr lr, [r0, r1]\n" TAKE_APART MAC_Q
#define ROW1(ky)                                                                                                      \
    "ldr r0, [sp, #120+4*" #ky "]\n"                                                                                  \
    "ldr lr, [r0]\n" TAKE_APART WEIGHTS(3 * ky) MAC_P                                                                 \
    "ldr lr, [r0, r1]\n" TAKE_APART WEIGHTS(3 * ky + 1) MAC_P                                                         \
    "ldr lr, [r0, r1, lsl #1]\n" TAKE_APART WEIGHTS(3 * ky + 2) MAC_P                                                 \
    "ldr r2, [sp, #140]\n add r0, r0, r2\n str r0, [sp, #120+4*" #ky "]\n"
#define SCALE(i) "ldrd r2, r3, [sp, #88+8*" #i "]\n ldrb r12, [sp, #156+" #i "]\n"
/* Multiplier and what is added to the product's high word, -255 << (shift - 1), side by side. */
#define SPREAD(multiplier, i)                                                                                         \
    "lsrs r2, r8, #8*" #i "\n uxtb r2, r2\n subs r2, #1\n lsl r3, r9, r2\n strd " multiplier ", r3, [sp, #88+8*" #i "]\n"
#define STORE(sum, at)                                                                                                \
    "lsl " sum ", " sum ", #1\n smmlar " sum ", " sum ", r2, r3\n asr " sum ", " sum ", r12\n ssat " sum ", #8, " sum \
    "\n strb " sum ", [" at "]\n"

__attribute__((naked, noinline)) static void pixels(const uint32_t *block __attribute__((unused)),
                                                    const run *r __attribute__((unused)),
                                                    int32_t channels __attribute__((unused)))
{
    __asm__ volatile("push {r2, r4-r11, lr}\n sub sp, #160\n mov r12, sp\n"
                     "ldm r0!, {r4-r11}\n stm r12!, {r4-r11}\n ldm r0!, {r4-r11}\n stm r12!, {r4-r11}\n"
                     "ldm r0!, {r4-r9}\n stm r12, {r4-r9}\n"
                     "ldm r0, {r4-r8}\n mvn r9, #254\n str r8, [sp, #156]\n"
                     SPREAD("r4", 0) SPREAD("r5", 1) SPREAD("r6", 2) SPREAD("r7", 3)
                     "add r12, sp, #120\n ldm r1, {r4-r9}\n stm r12, {r4-r9}\n ldr r1, [sp, #160]\n"
                     "cmp r9, r1\n bne 2f\n"
                     "1: ldr r0, [sp, #136]\n subs r0, #2\n blt 2f\n str r0, [sp, #136]\n"
                     "ldrd r4, r5, [sp, #72]\n ldrd r6, r7, [sp, #80]\n ldrd r8, r9, [sp, #72]\n ldrd r10, r11, [sp, #80]\n"
                     ROW2(0) ROW2(1) ROW2(2)
                     "ldr r0, [sp, #132]\n add lr, r0, r1\n"
                     SCALE(0) STORE("r4", "r0") STORE("r8", "lr")
                     SCALE(1) STORE("r5", "r0, #2") STORE("r9", "lr, #2")
                     SCALE(2) STORE("r6", "r0, #1") STORE("r10", "lr, #1")
                     SCALE(3) STORE("r7", "r0, #3") STORE("r11", "lr, #3")
                     "add r0, r0, r1, lsl #1\n str r0, [sp, #132]\n b 1b\n"
                     "2: ldr r0, [sp, #136]\n subs r0, #1\n blt 3f\n str r0, [sp, #136]\n"
                     "ldrd r4, r5, [sp, #72]\n ldrd r6, r7, [sp, #80]\n"
                     ROW1(0) ROW1(1) ROW1(2)
                     "ldr r0, [sp, #132]\n"
                     SCALE(0) STORE("r4", "r0") SCALE(1) STORE("r5", "r0, #2")
                     SCALE(2) STORE("r6", "r0, #1") SCALE(3) STORE("r7", "r0, #3")
                     "add r0, r0, r1\n str r0, [sp, #132]\n b 2b\n"
                     "3: add sp, #160\n pop {r2, r4-r11, pc}\n");
}

#else

static void pixels(const uint32_t *block, const run *r, int32_t channels)
{
    static const int8_t order[4] = {0, 2, 1, 3};
    for (int32_t x = 0; x < r->count; x++) {
        int32_t acc[4];
        memcpy(acc, block + 18, sizeof acc);
        for (int tap = 0; tap < 9; tap++) {
            const uint32_t word = hairline_load4(r->rows[tap / 3] + x * r->next + tap % 3 * channels);
            const uint32_t *weights = block + 2 * tap;
            acc[0] = hairline_mac_low(hairline_even(word), weights[0], acc[0]);
            acc[1] = hairline_mac_high(hairline_even(word), weights[0], acc[1]);
            acc[2] = hairline_mac_low(hairline_odd(word), weights[1], acc[2]);
            acc[3] = hairline_mac_high(hairline_odd(word), weights[1], acc[3]);
        }
        for (int i = 0; i < 4; i++) {
            const int32_t right = (int32_t)(block[26] >> 8 * i & 0xFFu), add = -255 * (1 << (right - 1));
            const int32_t q = hairline_mul_high(acc[i] * 2, (int32_t)block[22 + i], add) >> right;
            r->to[x * channels + order[i]] = (int8_t)hairline_saturate8(q);
        }
    }
}

#endif

/* Multiples of 4 bytes. */
static int8_t *copy(int8_t *to, const int8_t *from, int32_t count)
{
    for (const int8_t *end = from + count; from < end; from += 4, to += 4)
        memcpy(to, from, 4);
    return to;
}

static int8_t *fill(int8_t *to, int8_t value, int32_t count)
{
    memset(to, value, (size_t)count);
    return to + count;
}

/* Needs HAIRLINE_QUICK_RELU. `weights`: the blocks of every four channels. `scratch`: where there is padding, three rows
 * as wide as the output's windows reach. */
void hairline_depthwise_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t channels = w->in_c, row_bytes = w->in_w * channels;
    const int width = (w->out_w - 1) * w->stride_w + 3, right = width - w->pad_left - w->in_w;
    const int32_t columns = (right < 0 ? width - w->pad_left : w->in_w) * channels;
    const int whole = w->pad_left == 0 && right <= 0;
    int ready = first * w->stride_h - w->pad_top;
    for (int y = first; y < end; y++) {
        const uint32_t *block = (const uint32_t *)op->weights;
        const int top = y * w->stride_h - w->pad_top;
        run r;
        for (int ky = 0; ky < 3; ky++) {
            const int in_y = top + ky, outside = in_y < 0 || in_y >= w->in_h;
            const int8_t *row = outside ? in : hairline_row(in, in_y, w->in_rows, row_bytes);
            if (!whole || outside) {
                int8_t *to = (int8_t *)scratch + (in_y + 3) % 3 * width * channels;
                row = to;
                if (outside) {
                    fill(to, op->in_zero_point, width * channels);
                } else if (in_y >= ready) {
                    to = fill(to, op->in_zero_point, w->pad_left * channels);
                    to = copy(to, hairline_row(in, in_y, w->in_rows, row_bytes), columns);
                    if (right > 0)
                        fill(to, op->in_zero_point, right * channels);
                }
            }
            r.rows[ky] = row;
        }
        ready = top + 3;
        r.to = hairline_row_out(out, y, w->out_rows, w->out_w * channels);
        r.count = w->out_w;
        r.next = w->stride_w * channels;
        for (int32_t c = 0; c < channels; c += 4, block += BLOCK_WORDS) {
            pixels(block, &r, channels);
            for (int ky = 0; ky < 3; ky++)
                r.rows[ky] += 4;
            r.to += 4;
        }
    }
}
