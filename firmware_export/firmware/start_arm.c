/* Start-up for Cortex-M: vectors, initialised memory, and how a program ends. */
#include <stdint.h>
#include <string.h>

#include "board.h"

extern uint8_t _data_load[], _data[], _data_end[], _bss[], _bss_end[];
extern uint32_t _stack_top;
int main(void);
void Reset_Handler(void);
void SysTick_Handler(void);

/* Armv7-M Architecture Reference Manual, B3.2. */
#define VTOR (*(volatile uint32_t *)0xe000ed08u)
#define AIRCR (*(volatile uint32_t *)0xe000ed0cu)
#define CPACR (*(volatile uint32_t *)0xe000ed88u)
enum { VECTKEY_AND_SYSRESETREQ = 0x05fa0004 };

#ifdef HAIRLINE_IN_EMULATOR

/* Arm semihosting, SYS_EXIT: the emulator ends with status 0 for ADP_Stopped_ApplicationExit, 1 for another reason. */
void board_exit(int status)
{
    register uint32_t operation __asm__("r0") = 0x18;
    register uint32_t reason __asm__("r1") = status == 0 ? 0x20026 : 0x20023;
    __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(reason) : "memory");
    for (;;) {
    }
}

static void Fault_Handler(void) { board_exit(1); }

#else

void board_exit(int status)
{
    (void)status;
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* A fault restarts the board: its host asks again, and learns from the answers whether all is well. */
static void Fault_Handler(void)
{
    AIRCR = VECTKEY_AND_SYSRESETREQ;
    for (;;) {
    }
}

#endif

__attribute__((weak)) void SysTick_Handler(void) {}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &_stack_top,   Reset_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler,
    Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, SysTick_Handler,
};

void Reset_Handler(void)
{
    VTOR = (uint32_t)(uintptr_t)vectors;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= 0xfu << 20; /* the floating-point and vector registers */
    __asm__ volatile("dsb\n\tisb" : : : "memory");
#endif
    memcpy(_data, _data_load, (size_t)(_data_end - _data));
    memset(_bss, 0, (size_t)(_bss_end - _bss));
    main();
    board_exit(0);
}
