/* Hairline's kernels: int8 operators, bit for bit those of TensorFlow Lite's reference kernels.
 *
 * Tensors are rows of pixels of channels (h, w, c). A buffer of `rows` rows holds row y at y % rows: the whole tensor,
 * or a ring of its newest rows. Every kernel makes the output rows [first, end) and reads what their windows need.
 * No allocation, no global state; libc only for memcpy and memset. `>>` of a negative value must be arithmetic,
 * as in every compiler for these processors.
 */
#ifndef HAIRLINE_KERNELS_H
#define HAIRLINE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define HAIRLINE_FIRMWARE_VERSION 2

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HAIRLINE_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HAIRLINE_MUST_CHECK
#endif

/* What NAME_run returns. */
#define HAIRLINE_OK 0
#define HAIRLINE_BAD_ARENA (-1) /* the arena is NULL or not aligned to 16 bytes */

/* A kernel that slides over a picture. */
typedef struct {
    int16_t in_h, in_w, in_rows;
    int16_t out_h, out_w, out_rows;
    int32_t in_c, out_c;
    int16_t kernel_h, kernel_w;
    int16_t stride_h, stride_w;
    int16_t dilation_h, dilation_w;
    int16_t pad_top, pad_left;
} hairline_window;

/* int32 to int8: acc * multiplier * 2 ** (shift - 31) + zero_point, limited to [low, high]; one entry a channel. */
typedef struct {
    const int32_t *multiplier;
    const int8_t *shift;
    int8_t zero_point, low, high;
} hairline_rescale;

/* Convolutions. `bias` has the input's zero point folded in; padding is filled with that zero point. */
typedef struct {
    hairline_window window;
    hairline_rescale rescale;
    const void *weights; /* packed for the kernel */
    const int32_t *bias;
    int8_t in_zero_point;
    int8_t quick; /* how the results may be rescaled, see hairline_dsp.h; 0: as hairline_requantise does */
    int16_t groups; /* of channels, each convolved on its own: hairline_conv_grouped */
} hairline_conv_op;

typedef struct {
    hairline_window window;
    int8_t low, high;
} hairline_pool_op;

/* The input as (outer, count, inner, last), summed over count and last. */
typedef struct {
    hairline_rescale rescale;
    int32_t outer, count, inner, last, bias;
} hairline_mean_op;

/* The sum of two tensors (h, w, c); strides are 0 where one is broadcast. */
typedef struct {
    hairline_rescale rescale;
    int32_t h, w, c;
    int32_t strides[2][3];
    int32_t multipliers[2];
    int8_t shifts[2], zero_points[2];
} hairline_add_op;

/* The product of two tensors, as the sum. */
typedef struct {
    hairline_rescale rescale;
    int32_t h, w, c;
    int32_t strides[2][3];
    int8_t zero_points[2];
} hairline_mul_op;

typedef struct {
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t top, left, front;
    int8_t value;
} hairline_pad_op;

/* Nearest: input rows and columns. Bilinear: positions in 1/1024 pixel. */
typedef struct {
    int32_t in_h, in_w, out_h, out_w, c;
    const int32_t *y, *x;
} hairline_resize_op;

typedef struct {
    const float *exponentials; /* [256]: entry 255 - d is exp(-d steps) */
    float scale;
    int32_t pixels, c;
    int8_t zero_point;
} hairline_softmax_op;

void hairline_add(const hairline_add_op *op, const int8_t *a, const int8_t *b, int8_t *out);
void hairline_mul(const hairline_mul_op *op, const int8_t *a, const int8_t *b, int8_t *out);
void hairline_pad(const hairline_pad_op *op, const int8_t *in, int8_t *out);
void hairline_resize_nearest(const hairline_resize_op *op, const int8_t *in, int8_t *out);
void hairline_resize_bilinear(const hairline_resize_op *op, const int8_t *in, int8_t *out);
void hairline_softmax(const hairline_softmax_op *op, const int8_t *in, int8_t *out);
/* One input of a concatenation: `outer` chunks of `chunk` bytes, `stride` bytes apart in the output. */
void hairline_concat(const int8_t *in, int8_t *out, int32_t outer, int32_t chunk, int32_t stride);
void hairline_conv(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_conv_grouped(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_depthwise(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_conv_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_conv_relu_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_winograd_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_dense_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_depthwise_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_max_pool_dsp(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end);
void hairline_conv_mve(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_depthwise_mve(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_max_pool_mve(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end);
void hairline_conv_v6m(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_depthwise_v6m(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch);
void hairline_max_pool(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end);
void hairline_average_pool(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end);
void hairline_mean(const hairline_mean_op *op, const int8_t *in, int8_t *out);
void hairline_lookup(const int8_t *table, const int8_t *in, int8_t *out, int32_t count);

/* Row y of a buffer that holds `rows` rows. */
static inline const int8_t *hairline_row(const int8_t *buffer, int y, int rows, int32_t row_bytes)
{
    return buffer + (y < rows ? y : y % rows) * row_bytes;
}

static inline int8_t *hairline_row_out(int8_t *buffer, int y, int rows, int32_t row_bytes)
{
    return buffer + (y < rows ? y : y % rows) * row_bytes;
}

static inline int hairline_min(int a, int b)
{
    return a < b ? a : b;
}

static inline int32_t hairline_clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* A real number as int8, halves away from zero, as TFLite's AffineQuantize. What is no number becomes the lowest. */
static inline int8_t hairline_quantise(float real, float scale, int zero_point)
{
    const float quotient = real / scale;
    const float q = quotient > -1000.0f ? quotient < 1000.0f ? quotient : 1000.0f : -1000.0f;
    const int32_t whole = (int32_t)q;
    const float rest = q - (float)whole;
    return (int8_t)hairline_clamp(whole + (rest >= 0.5f) - (rest <= -0.5f) + zero_point, -128, 127);
}

/* value * multiplier / 2^31, rounded; halves up. `multiplier` is not negative. */
static inline int32_t hairline_high(int32_t value, int32_t multiplier)
{
#if defined(__ARM_ARCH_6M__) || defined(HAIRLINE_SHORT_MULTIPLY)
    /* Without an instruction for it a 64-bit product is a call: sixteen bits at a time instead. Of the product's lower
     * word only the two highest bits matter. */
    const int32_t value_high = value >> 16, multiplier_high = multiplier >> 16;
    const uint32_t value_low = (uint32_t)value & 0xFFFFu, multiplier_low = (uint32_t)multiplier & 0xFFFFu;
    const int32_t one = value_high * (int32_t)multiplier_low + (int32_t)(value_low * multiplier_low >> 16);
    const uint32_t other = value_low * (uint32_t)multiplier_high + ((uint32_t)one & 0xFFFFu);
    const int32_t high = value_high * multiplier_high + (one >> 16) + (int32_t)(other >> 16);
    return (int32_t)((uint32_t)high * 2 + (((other >> 14 & 3) + 1) >> 1));
#else
    return (int32_t)(((int64_t)value * multiplier + (1 << 30)) >> 31);
#endif
}

/* TFLite's MultiplyByQuantizedMultiplier, double rounding; int32 arithmetic wraps as there. */
static inline int32_t hairline_multiply(int32_t value, int32_t multiplier, int shift)
{
    int left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
    int32_t high = hairline_high((int32_t)((uint32_t)value << left), multiplier);
    int32_t mask = (int32_t)(((int64_t)1 << right) - 1);
    return (high >> right) + ((high & mask) > (mask >> 1) + (high < 0));
}

static inline int8_t hairline_requantise(int32_t acc, const hairline_rescale *to, int32_t channel)
{
    int32_t q = hairline_multiply(acc, to->multiplier[channel], to->shift[channel]);
    q = (int32_t)((uint32_t)q + (uint32_t)(int32_t)to->zero_point);
    return (int8_t)hairline_clamp(q, to->low, to->high);
}

#ifdef __cplusplus
}
#endif
#endif
