/* Start-up of a Cortex-M4F in qemu, before newlib's own: floating point on, constants copied, the free memory filled with
 * a pattern that shows later how far the stack reached. */
#include <stdint.h>

extern uint32_t stack_top, heap_begin, data_begin, data_end, data_source;
void _start(void); /* newlib (rdimon): clears .bss, asks the host for the arguments, calls main, ends the emulator */

static void fault(void) {
    /* Semihosting SYS_EXIT with an application error: the emulator ends, and its status is not 0. */
    __asm volatile("mov r0, #0x18\n ldr r1, =0x20023\n bkpt 0xAB");
    for (;;) {
    }
}

__attribute__((naked)) static void reset(void) {
    /* In assembly up to the pattern, which overwrites what a compiler would keep on the stack. */
    __asm volatile("ldr r0, =0xE000ED88\n" /* CPACR */
                   "ldr r1, [r0]\n"
                   "orr r1, r1, #(0xF << 20)\n"
                   "str r1, [r0]\n"
                   "dsb\n isb\n"
                   "ldr r0, =heap_begin\n"
                   "ldr r1, =stack_top\n"
                   "ldr r2, =0xA5A5A5A5\n"
                   "1: cmp r0, r1\n"
                   "it lo\n strlo r2, [r0], #4\n"
                   "blo 1b\n"
                   "ldr r0, =data_source\n"
                   "ldr r1, =data_begin\n"
                   "ldr r2, =data_end\n"
                   "2: cmp r1, r2\n"
                   "itt lo\n ldrlo r3, [r0], #4\n strlo r3, [r1], #4\n"
                   "blo 2b\n"
                   "b _start\n");
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault,
};
