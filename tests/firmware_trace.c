/* Compiled into the measuring program by tests only: a line for every piece of a tensor, as soon as it is made, with the
 * CRC-32 of its bytes. */
#include "board.h"
#include "network.h"

static void say(const char *text)
{
    while (*text != '\0')
        board_put((uint8_t)*text++);
}

static void say_number(uint32_t value)
{
    char digits[10] = {' ', 0};
    for (int i = 0; i < 8; i++)
        digits[1 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    say(digits);
}

void network_trace(int tensor, const int8_t *buffer, int rows, int32_t row_bytes, int first, int end)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (int y = first; y < end; y++) {
        const int8_t *row = buffer + (y % rows) * row_bytes;
        for (int32_t i = 0; i < row_bytes; i++) {
            crc ^= (uint8_t)row[i];
            for (int bit = 0; bit < 8; bit++)
                crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0u);
        }
    }
    say("tensor");
    say_number((uint32_t)tensor);
    say_number((uint32_t)first);
    say_number((uint32_t)end);
    say_number(~crc);
    say("\n");
}
