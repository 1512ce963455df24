/* The firmware: tiles in over the serial port, int8 scores out. edge/serial_protocol.py describes the packets. */
#include <string.h>

#include "board.h"
#include "counter.h"
#include "hairline_protocol.h"
#include "link.h"
#include "model.h"

enum { HEADER = HAIRLINE_PROTOCOL_HEADER_BYTES, LARGEST_PACKET = HEADER + MODEL_INPUT_BYTES + HAIRLINE_PROTOCOL_CRC_BYTES };

/* A packet is decoded so that its tile lies where the network wants it, in the arena; its header and its CRC may hang over
 * the arena's ends. */
enum { OVERHANG = 16 };
static uint8_t memory[OVERHANG + MODEL_ARENA_BYTES + OVERHANG] __attribute__((aligned(16)));
static int8_t *const arena = (int8_t *)memory + OVERHANG;

/* An answer's body is the largest of a HELLO and a self-test. */
static uint8_t answer[HAIRLINE_PROTOCOL_HELLO_BYTES + HAIRLINE_PROTOCOL_SELF_TEST_BYTES + MODEL_OUTPUT_BYTES];

struct request {
    uint8_t kind;
    uint32_t version;
    uint32_t sequence;
    uint32_t model;
    const uint8_t *body;
    uint32_t count;
};

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Writes the low `count` bytes of a value and returns what follows them. */
static uint8_t *put_le(uint8_t *at, uint64_t value, int count)
{
    for (int i = 0; i < count; i++) {
        *at++ = (uint8_t)(value >> (8 * i));
    }
    return at;
}

static void send(uint8_t kind, uint8_t status, uint32_t sequence, uint32_t count)
{
    uint8_t head[HEADER];
    uint8_t *end = put_le(head, kind, 1);
    end = put_le(end, status, 1);
    end = put_le(end, HAIRLINE_PROTOCOL_VERSION, 2);
    end = put_le(end, sequence, 4);
    put_le(end, get_u32(model_sha256), 4);
    link_send(board_put, head, sizeof head, answer, count);
}

static void refuse(const struct request *request, enum hairline_status status)
{
    send(request->kind, (uint8_t)status, request->sequence, 0);
}

static void say_hello(const struct request *request)
{
    uint8_t *end = answer;
    memcpy(end, model_sha256, HAIRLINE_PROTOCOL_MODEL_SHA256_BYTES);
    end += HAIRLINE_PROTOCOL_MODEL_SHA256_BYTES;
    end = put_le(end, MODEL_INPUT_H, 2);
    end = put_le(end, MODEL_INPUT_W, 2);
    end = put_le(end, MODEL_INPUT_C, 2);
    end = put_le(end, MODEL_OUTPUT_BYTES, 2);
    end = put_le(end, MODEL_ARENA_BYTES, 4);
    end = put_le(end, board_clock_hz(), 4);
    end = put_le(end, (uint32_t)counter_start(), 1);
    end = put_le(end, MODEL_GOLDEN_COUNT, 1);
    end = put_le(end, 0, 2);
    memset(end, 0, HAIRLINE_PROTOCOL_BOARD_NAME_BYTES);
    memcpy(end, HAIRLINE_BOARD, sizeof HAIRLINE_BOARD - 1);
    send(HAIRLINE_KIND_HELLO, HAIRLINE_STATUS_OK, request->sequence, HAIRLINE_PROTOCOL_HELLO_BYTES);
}

static void score_tile(const struct request *request)
{
    if (request->count != MODEL_INPUT_BYTES) {
        refuse(request, HAIRLINE_STATUS_WRONG_LENGTH);
        return;
    }
    if (model_run((const int8_t *)request->body, (int8_t *)answer, arena) != HAIRLINE_OK) {
        board_exit(1);
    }
    send(HAIRLINE_KIND_TILE, HAIRLINE_STATUS_OK, request->sequence, MODEL_OUTPUT_BYTES);
}

static void test_itself(const struct request *request)
{
    if (request->count != HAIRLINE_PROTOCOL_SELF_TEST_REQUEST_BYTES || get_u32(request->body) >= MODEL_GOLDEN_COUNT) {
        refuse(request, HAIRLINE_STATUS_WRONG_LENGTH);
        return;
    }
    const uint32_t index = get_u32(request->body);
    int8_t *scores = (int8_t *)answer + HAIRLINE_PROTOCOL_SELF_TEST_BYTES;
    counter_start();
    const int ran = model_run(model_golden_tiles[index], scores, arena);
    const uint64_t count = counter_read();
    put_le(put_le(answer, index, 4), count, 8);
    const bool same = ran == HAIRLINE_OK && memcmp(scores, model_golden_outputs[index], MODEL_OUTPUT_BYTES) == 0;
    send(HAIRLINE_KIND_SELF_TEST, same ? HAIRLINE_STATUS_OK : HAIRLINE_STATUS_SELF_TEST_FAILED, request->sequence,
         HAIRLINE_PROTOCOL_SELF_TEST_BYTES + MODEL_OUTPUT_BYTES);
}

static void serve(const struct request *request)
{
    if (request->version != HAIRLINE_PROTOCOL_VERSION) {
        refuse(request, HAIRLINE_STATUS_WRONG_VERSION);
    } else if (request->kind == HAIRLINE_KIND_HELLO) {
        say_hello(request);
    } else if (request->model != get_u32(model_sha256)) {
        refuse(request, HAIRLINE_STATUS_WRONG_MODEL);
    } else if (request->kind == HAIRLINE_KIND_TILE) {
        score_tile(request);
    } else if (request->kind == HAIRLINE_KIND_SELF_TEST) {
        test_itself(request);
    } else {
        refuse(request, HAIRLINE_STATUS_UNKNOWN_KIND);
    }
}

/* Between two looks at an empty port. An emulator takes bytes in only while the processor is not at its devices. */
static void rest(void)
{
#ifdef HAIRLINE_IN_EMULATOR
    for (volatile int i = 0; i < 300; i++) {
    }
#endif
}

int main(void)
{
    struct link link;
    uint8_t *const packet = (uint8_t *)model_input(arena) - HEADER;
    board_init();
    link_init(&link, packet, LARGEST_PACKET);
    for (;;) {
        const int byte = board_get();
        if (byte < 0) {
            rest();
            continue;
        }
        switch (link_take(&link, (uint8_t)byte)) {
        case LINK_PACKET:
            serve(&(struct request){.kind = packet[0],
                                    .version = (uint32_t)packet[2] | (uint32_t)packet[3] << 8,
                                    .sequence = get_u32(packet + 4),
                                    .model = get_u32(packet + 8),
                                    .body = packet + HEADER,
                                    .count = link.length - HEADER});
            link_restart(&link); /* what came meanwhile was missed */
            break;
        case LINK_DAMAGED:
            send(HAIRLINE_KIND_DAMAGED, HAIRLINE_STATUS_OK, 0, 0);
            break;
        case LINK_NOTHING:
            break;
        }
    }
}
