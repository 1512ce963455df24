/* What a board's folder provides to the firmware. */
#ifndef HAIRLINE_BOARD_H
#define HAIRLINE_BOARD_H

#include <stdint.h>

/* Clock and serial port; the first thing that main calls. */
void board_init(void);

/* The processor's clock in Hz, as board_init really set it. */
uint32_t board_clock_hz(void);

/* The next byte of the serial port, or -1 where none has come. */
int board_get(void);

/* Sends a byte, waiting until the port takes it. */
void board_put(uint8_t byte);

/* Ends the program where something outside can see that (an emulator); otherwise waits for ever. */
void board_exit(int status);

#endif
