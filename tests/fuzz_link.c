/* The firmware's frame parser on arbitrary bytes; what it accepts must go over the line again and come back the same.
 * Built with libFuzzer where clang is installed, else with the driver below, which mutates frames with a fixed seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hairline_protocol.h"
#include "link.h"

enum { CAPACITY = 700 };

static uint8_t wire[2 * CAPACITY + 16];
static size_t wire_count;

static void put(uint8_t byte)
{
    if (wire_count == sizeof wire) {
        abort();
    }
    wire[wire_count++] = byte;
}

static void check_round_trip(const uint8_t *packet, uint32_t length)
{
    uint8_t *copy = malloc(length + HAIRLINE_PROTOCOL_CRC_BYTES); /* exactly: the sanitizer sees a byte too many */
    struct link link;
    link_init(&link, copy, length + HAIRLINE_PROTOCOL_CRC_BYTES);
    wire_count = 0;
    link_send(put, packet, HAIRLINE_PROTOCOL_HEADER_BYTES, packet + HAIRLINE_PROTOCOL_HEADER_BYTES,
              length - HAIRLINE_PROTOCOL_HEADER_BYTES);
    enum link_event event = LINK_NOTHING;
    for (size_t i = 0; i < wire_count; i++) {
        if (event != LINK_NOTHING) {
            abort();
        }
        event = link_take(&link, wire[i]);
    }
    if (event != LINK_PACKET || link.length != length || memcmp(copy, packet, length) != 0) {
        abort();
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *memory = malloc(CAPACITY);
    struct link link;
    link_init(&link, memory, CAPACITY);
    for (size_t i = 0; i < size; i++) {
        if (link_take(&link, data[i]) == LINK_PACKET) {
            check_round_trip(memory, link.length);
        }
    }
    /* The same bytes as a packet of our own: always sound. */
    if (size >= HAIRLINE_PROTOCOL_HEADER_BYTES && size <= CAPACITY - HAIRLINE_PROTOCOL_CRC_BYTES) {
        check_round_trip(data, (uint32_t)size);
    }
    free(memory);
    return 0;
}

#ifdef OWN_DRIVER
static uint32_t state = 1;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13; /* Marsaglia's xorshift32 */
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

int main(int argc, char **argv)
{
    const long runs = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    for (long run = 0; run < runs; run++) {
        uint8_t packet[CAPACITY + 40];
        const size_t count = HAIRLINE_PROTOCOL_HEADER_BYTES + draw(sizeof packet - HAIRLINE_PROTOCOL_HEADER_BYTES);
        const uint32_t zeros = draw(3);
        for (size_t i = 0; i < count; i++) {
            packet[i] = zeros > 0 && draw(zeros == 1 ? 2 : 300) == 0 ? 0 : (uint8_t)draw(256);
        }
        wire_count = 0;
        link_send(put, packet, HAIRLINE_PROTOCOL_HEADER_BYTES, packet + HAIRLINE_PROTOCOL_HEADER_BYTES,
                  count - HAIRLINE_PROTOCOL_HEADER_BYTES);
        uint8_t bytes[sizeof wire];
        size_t length = wire_count;
        memcpy(bytes, wire, length);
        for (uint32_t faults = draw(4); faults > 0; faults--) {
            const size_t at = draw((uint32_t)length);
            switch (draw(3)) {
            case 0:
                bytes[at] = (uint8_t)draw(256);
                break;
            case 1:
                memmove(bytes + at, bytes + at + 1, --length - at);
                break;
            default:
                if (length < sizeof bytes) {
                    memmove(bytes + at + 1, bytes + at, length++ - at);
                    bytes[at] = (uint8_t)draw(4);
                }
            }
        }
        LLVMFuzzerTestOneInput(bytes, length);
    }
    printf("%ld runs\n", runs);
    return 0;
}
#endif
