/* Arm MPS2+ AN386 (Cortex-M4), in QEMU: the serial port is Arm's CMSDK UART at 0x40004000. */
#include "board.h"
#include "cmsdk_uart.h"

enum { CLOCK_HZ = 25000000 };
#define UART0 0x40004000u

void board_init(void) { cmsdk_uart_init(UART0, CLOCK_HZ); }

uint32_t board_clock_hz(void) { return CLOCK_HZ; }

int board_get(void) { return cmsdk_uart_get(UART0); }

void board_put(uint8_t byte) { cmsdk_uart_put(UART0, byte); }
