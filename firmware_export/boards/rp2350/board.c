/* Raspberry Pi Pico 2 (Arm side, secure) at 150 MHz from its 12 MHz crystal; UART0 on GPIO0 (TX) and GPIO1 (RX).
 * Registers: RP2350 datasheet. */
#include "board.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define RESETS_RESET_CLEAR REG(0x40023000u)
#define RESETS_DONE REG(0x40020008u)
#define CLK_REF_CTRL REG(0x40010030u)
#define CLK_REF_SELECTED REG(0x40010038u)
#define CLK_SYS_CTRL REG(0x4001003cu)
#define CLK_SYS_SELECTED REG(0x40010044u)
#define CLK_PERI_CTRL REG(0x40010048u)
#define XOSC_CTRL REG(0x40048000u)
#define XOSC_STATUS REG(0x40048004u)
#define XOSC_STARTUP REG(0x4004800cu)
#define PLL_SYS_CS REG(0x40050000u)
#define PLL_SYS_PWR REG(0x40050004u)
#define PLL_SYS_FBDIV REG(0x40050008u)
#define PLL_SYS_PRIM REG(0x4005000cu)
#define GPIO0_CTRL REG(0x40028004u)
#define GPIO1_CTRL REG(0x4002800cu)
#define PADS_GPIO0 REG(0x40038004u)
#define PADS_GPIO1 REG(0x40038008u)
#include "pl011.h"
#define UART0 0x40070000u

enum {
    CLOCK_HZ = 150000000,
    IO_BANK0 = 1 << 6,
    PADS_BANK0 = 1 << 9,
    PLL_SYS = 1 << 14,
    UART0_RESET = 1 << 26,
    PAD_CONNECTED = 0x56, /* input on, 4 mA, pulled down weakly, Schmitt trigger; not isolated (datasheet 9.7) */
    PAD_PULLED_UP = 0x5a,
};

/* What the boot ROM looks for in the first 4 KB: the smallest image definition, "a secure Arm program for the RP2350"
 * (datasheet 5.9.5.1). The vector table stands at the start of the image, where the ROM expects it. */
__attribute__((section(".after_vectors"), used)) static const uint32_t image_definition[5] = {
    0xffffded3, 0x10210142, 0x000001ff, 0x00000000, 0xab123579,
};

static void release(uint32_t blocks)
{
    RESETS_RESET_CLEAR = blocks;
    while ((RESETS_DONE & blocks) != blocks) {
    }
}

static void start_clocks(void)
{
    XOSC_CTRL = 0xaa0;    /* 1 to 15 MHz */
    XOSC_STARTUP = 47;    /* 1 ms in units of 256 periods */
    XOSC_CTRL = 0xfabaa0; /* on */
    while ((XOSC_STATUS & 1u << 31) == 0) {
    }
    CLK_REF_CTRL = 2; /* the crystal */
    while ((CLK_REF_SELECTED & 1u << 2) == 0) {
    }
    CLK_SYS_CTRL = 0; /* off the PLL, should the ROM have left it on */
    while ((CLK_SYS_SELECTED & 1u << 0) == 0) {
    }
    release(PLL_SYS);
    PLL_SYS_CS = 1;
    PLL_SYS_FBDIV = 125;             /* 12 MHz * 125 = 1500 MHz */
    PLL_SYS_PWR = 1u << 3 | 1u << 2; /* oscillator and loop on, the dividers behind them still off */
    while ((PLL_SYS_CS & 1u << 31) == 0) {
    }
    PLL_SYS_PRIM = 5u << 16 | 2u << 12; /* 1500 MHz / 5 / 2 */
    PLL_SYS_PWR = 1u << 2;
    CLK_SYS_CTRL = 1; /* its auxiliary source, which is the PLL */
    while ((CLK_SYS_SELECTED & 1u << 1) == 0) {
    }
    CLK_PERI_CTRL = 1u << 11; /* clk_sys */
}

void board_init(void)
{
    start_clocks();
    release(IO_BANK0 | PADS_BANK0 | UART0_RESET);
    pl011_init(UART0, CLOCK_HZ);
    GPIO0_CTRL = 2;
    GPIO1_CTRL = 2;
    PADS_GPIO0 = PAD_CONNECTED;
    PADS_GPIO1 = PAD_PULLED_UP;
}

uint32_t board_clock_hz(void) { return CLOCK_HZ; }

int board_get(void) { return pl011_get(UART0); }

void board_put(uint8_t byte) { pl011_put(UART0, byte); }
