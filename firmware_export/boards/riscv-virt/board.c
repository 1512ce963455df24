/* RISC-V (RV32IMAC) on QEMU's virt machine: a 16550 serial port, SiFive's test device to end, and start-up. */
#include "board.h"

#include <stddef.h>
#include <string.h>

extern uint8_t _data_load[], _data[], _data_end[], _bss[], _bss_end[];
int main(void);
void Reset_Handler(void);
void start_c(void);

#define UART(offset) (*(volatile uint8_t *)(0x10000000u + (offset)))
#define FINISHER (*(volatile uint32_t *)0x00100000u)
enum { CLOCK_HZ = 10000000, PASS = 0x5555, FAIL = 0x13333, DATA_READY = 1, TRANSMITTER_EMPTY = 1 << 5 };

/* Entry, which -bios none puts at the beginning of the memory: the vectors' place. */
__attribute__((naked, section(".vectors"))) void Reset_Handler(void)
{
    __asm__ volatile(".option arch, +zicsr\n\tla sp, _stack_top\n\tla t0, fault\n\tcsrw mtvec, t0\n\tj start_c");
}

__attribute__((aligned(4), used)) void fault(void) { board_exit(1); }

__attribute__((used)) void start_c(void)
{
    memcpy(_data, _data_load, (size_t)(_data_end - _data));
    memset(_bss, 0, (size_t)(_bss_end - _bss));
    main();
    board_exit(0);
}

void board_init(void) { UART(2) = 1; /* FIFOs */ }

uint32_t board_clock_hz(void) { return CLOCK_HZ; }

int board_get(void) { return (UART(5) & DATA_READY) != 0 ? UART(0) : -1; }

void board_put(uint8_t byte)
{
    while ((UART(5) & TRANSMITTER_EMPTY) == 0) {
    }
    UART(0) = byte;
}

void board_exit(int status)
{
    FINISHER = status == 0 ? PASS : FAIL;
    for (;;) {
    }
}
