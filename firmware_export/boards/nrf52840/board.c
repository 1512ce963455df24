/* Arduino Nano 33 BLE (nRF52840, always 64 MHz); UART0 on D1/P1.03 (TX) and D0/P1.10 (RX). Registers: nRF52840 product
 * specification 1.7. */
#include "board.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define HFCLKSTART REG(0x40000000u)
#define HFCLKSTARTED REG(0x40000100u)
#define ICACHECNF REG(0x4001e540u)
#define P1_OUTSET REG(0x50000808u)
#define P1_DIRSET REG(0x50000818u)
#define P1_PIN_CNF_10 REG(0x50000a28u)
#define UART_STARTRX REG(0x40002000u)
#define UART_STARTTX REG(0x40002008u)
#define UART_RXDRDY REG(0x40002108u)
#define UART_TXDRDY REG(0x4000211cu)
#define UART_ENABLE REG(0x40002500u)
#define UART_PSELTXD REG(0x4000250cu)
#define UART_PSELRXD REG(0x40002514u)
#define UART_RXD REG(0x40002518u)
#define UART_TXD REG(0x4000251cu)
#define UART_BAUDRATE REG(0x40002524u)

enum { CLOCK_HZ = 64000000, TX_PIN = 3, RX_PIN = 10, PORT_1 = 1 << 5, PULLED_UP_INPUT = 3 << 2, BAUD_921600 = 0x0ebed000 };

#if HAIRLINE_BAUD != 921600
#error "the nRF52840's serial port is set to 921600 baud"
#endif

void board_init(void)
{
    HFCLKSTART = 1; /* the crystal: the oscillator alone is too far off for a serial port */
    while (HFCLKSTARTED == 0) {
    }
    ICACHECNF = 1;
    P1_OUTSET = 1u << TX_PIN;
    P1_DIRSET = 1u << TX_PIN;
    P1_PIN_CNF_10 = PULLED_UP_INPUT;
    UART_ENABLE = 0; /* whatever the boot loader left on */
    UART_PSELTXD = PORT_1 | TX_PIN;
    UART_PSELRXD = PORT_1 | RX_PIN;
    UART_BAUDRATE = BAUD_921600;
    UART_ENABLE = 4;
    UART_STARTRX = 1;
    UART_STARTTX = 1;
}

uint32_t board_clock_hz(void) { return CLOCK_HZ; }

int board_get(void)
{
    if (UART_RXDRDY == 0) {
        return -1;
    }
    UART_RXDRDY = 0; /* before the byte is taken: the next may follow at once */
    return (int)(UART_RXD & 0xffu);
}

void board_put(uint8_t byte)
{
    UART_TXDRDY = 0;
    UART_TXD = byte;
    while (UART_TXDRDY == 0) {
    }
}
