/* The second stage of the RP2040's boot. Its ROM copies the first 256 bytes of the flash to the end of the SRAM, runs
 * them if bytes 252 to 255 are their CRC-32 (RP2040 datasheet 2.8.1.3; `firmware_export.uf2` puts it there), and leaves
 * the rest to them: this sets the flash interface to the plain serial read, 03h, which every flash chip knows, and
 * starts the program behind. Registers: datasheet 4.10.13. Runs at whatever address it was copied to. */
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .boot2, "ax"
    .global boot2
    .thumb_func
boot2:
    ldr r3, xip_ssi
    movs r1, #0
    str r1, [r3, #0x08]     /* SSIENR: off while it is set up */
    movs r1, #4
    str r1, [r3, #0x14]     /* BAUDR: a quarter of the system clock, 31 MHz of the 50 that 03h allows */
    ldr r1, ctrlr0
    str r1, [r3, #0x00]
    movs r1, #0
    str r1, [r3, #0x04]     /* CTRLR1: one frame a transfer */
    ldr r1, spi_ctrlr0
    adds r3, #0xf4
    str r1, [r3, #0x00]
    subs r3, #0xf4
    movs r1, #1
    str r1, [r3, #0x08]
    ldr r0, program
    ldr r1, vtor
    str r0, [r1]
    ldm r0!, {r1, r2}
    msr msp, r1
    bx r2
    .balign 4
xip_ssi:    .word 0x18000000
ctrlr0:     .word 31 << 16 | 3 << 8             /* 32 clocks a data frame; EEPROM read */
spi_ctrlr0: .word 0x03 << 24 | 2 << 8 | 6 << 2  /* command 03h: 8 bits of it, 24 of address */
program:    .word 0x10000100
vtor:       .word 0xe000ed08
    .org 252, 0
