/* A board that is this computer: the serial port is standard input and output. For tests of the firmware's own C. */
#include <stdlib.h>
#include <unistd.h>

#include "board.h"

static uint8_t out[4096];
static size_t held;

static void flush(void)
{
    for (size_t at = 0; at < held;) {
        const ssize_t wrote = write(1, out + at, held - at);
        if (wrote <= 0) {
            exit(0);
        }
        at += (size_t)wrote;
    }
    held = 0;
}

void board_init(void) {}

uint32_t board_clock_hz(void) { return 1000000; }

int board_get(void)
{
    static uint8_t in[4096];
    static ssize_t have, at;
    if (at == have) {
        flush();
        have = read(0, in, sizeof in);
        at = 0;
        if (have <= 0) {
            exit(0); /* the line is gone */
        }
    }
    return in[at++];
}

void board_put(uint8_t byte)
{
    out[held++] = byte;
    if (held == sizeof out) {
        flush();
    }
}

void board_exit(int status) { exit(status); }
