/* tilenet_m: an int8 network, 14,565,280 multiply-accumulates an inference.
 *
 * Made by: hairline firmware export
 * Hairline 0.1.0, from a .tflite with SHA-256
 * 4783fef6bbd7019a4be913b5d58c4fed733e8ca878b014e842463834c1187fcc
 * Packed for: armv7em. Do not edit: export again.
 */
#ifndef HAIRLINE_NETWORK_TILENET_M_H
#define HAIRLINE_NETWORK_TILENET_M_H

#include "hairline_kernels.h"

#if HAIRLINE_FIRMWARE_VERSION != 2
#error "tilenet_m needs version 2 of hairline_kernels.h: copy the kernels that were exported with it"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Input: int8 [96][96][3], real = scale * (q - zero_point). */
#define TILENET_M_INPUT_H 96
#define TILENET_M_INPUT_W 96
#define TILENET_M_INPUT_C 3
#define TILENET_M_INPUT_SIZE 27648
#define TILENET_M_INPUT_SCALE 1.0f
#define TILENET_M_INPUT_ZERO_POINT (-128)

/* Output: int8 [1][1][1], real = scale * (q - zero_point). */
#define TILENET_M_OUTPUT_H 1
#define TILENET_M_OUTPUT_W 1
#define TILENET_M_OUTPUT_C 1
#define TILENET_M_OUTPUT_SIZE 1
#define TILENET_M_OUTPUT_SCALE 0.100000001f
#define TILENET_M_OUTPUT_ZERO_POINT (0)

/* Working memory, the input's place included. */
#define TILENET_M_ARENA_BYTES 35088

/* Where the input lies in the arena: written there, it need not be copied. */
static inline int8_t *tilenet_m_input(int8_t *arena)
{
    return arena + 0;
}

/* One inference. `arena`: TILENET_M_ARENA_BYTES bytes aligned to 16; its content is lost. `input`: TILENET_M_INPUT_SIZE
 * bytes, tilenet_m_input(arena) or anywhere outside the arena. `output`: TILENET_M_OUTPUT_SIZE bytes outside the arena.
 * Returns HAIRLINE_OK, or HAIRLINE_BAD_ARENA and nothing is done. */
int tilenet_m_run(const int8_t *input, int8_t *output, int8_t *arena) HAIRLINE_MUST_CHECK;

/* With HAIRLINE_TRACE defined, the program defines this; it is called with rows [first, end) of every tensor as soon
 * as they are made. Row y lies at buffer + (y % rows) * row_bytes. */
#ifdef HAIRLINE_TRACE
void tilenet_m_trace(int tensor, const int8_t *buffer, int rows, int32_t row_bytes, int first, int end);
#endif

#ifdef __cplusplus
}
#endif
#endif
