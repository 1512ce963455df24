/* Softmax over the channels of every pixel, in float32 as TFLite's int8 softmax. No mathematical library is needed. */
#include "hairline_kernels.h"

/* A positive value to the nearest integer, halves up; as C's round. */
static int32_t rounded(float value)
{
    const int32_t whole = (int32_t)value;
    return whole + (value - (float)whole >= 0.5f);
}

void hairline_softmax(const hairline_softmax_op *op, const int8_t *in, int8_t *out)
{
    for (int32_t i = 0; i < op->pixels; i++, in += op->c, out += op->c) {
        float sum = 0.0f, inverse;
        int8_t max = -128;
        for (int32_t c = 0; c < op->c; c++)
            max = in[c] > max ? in[c] : max;
        for (int32_t c = 0; c < op->c; c++)
            sum += op->exponentials[255 - max + in[c]];
        inverse = 1.0f / (sum * op->scale);
        for (int32_t c = 0; c < op->c; c++)
            out[c] = (int8_t)hairline_clamp(rounded(op->exponentials[255 - max + in[c]] * inverse) + op->zero_point, -128, 127);
    }
}
