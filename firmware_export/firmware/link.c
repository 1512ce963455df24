#include "link.h"

#include "hairline_protocol.h"

enum { LONGEST_BLOCK = 254, FULL_BLOCK_CODE = 255 };

void link_init(struct link *link, uint8_t *packet, uint32_t capacity)
{
    link->packet = packet;
    link->capacity = capacity;
    link_restart(link);
}

void link_restart(struct link *link)
{
    link->length = 0;
    link->block = 0;
    link->left = 0;
    link->lost = false;
    link->in_step = false;
}

static void store(struct link *link, uint8_t byte)
{
    if (link->length < link->capacity) {
        link->packet[link->length++] = byte;
    } else {
        link->lost = true;
    }
}

/* A zero came: judges the frame that it ends. */
static enum link_event end_frame(struct link *link)
{
    const bool begun = link->block != 0;
    const bool cut = link->left != 0 || link->lost ||
                     link->length < HAIRLINE_PROTOCOL_HEADER_BYTES + HAIRLINE_PROTOCOL_CRC_BYTES;
    const bool in_step = link->in_step;
    const uint32_t length = link->length;
    link_restart(link);
    link->in_step = true;
    if (!in_step || !begun) {
        return LINK_NOTHING;
    }
    if (cut) {
        return LINK_DAMAGED;
    }
    link->length = length - HAIRLINE_PROTOCOL_CRC_BYTES;
    const uint8_t *crc = link->packet + link->length;
    const uint32_t stated = (uint32_t)crc[0] | (uint32_t)crc[1] << 8 | (uint32_t)crc[2] << 16 | (uint32_t)crc[3] << 24;
    return link_crc32(0, link->packet, link->length) == stated ? LINK_PACKET : LINK_DAMAGED;
}

enum link_event link_take(struct link *link, uint8_t byte)
{
    if (byte == 0) {
        return end_frame(link);
    }
    if (link->left != 0) {
        link->left--;
        store(link, byte);
        return LINK_NOTHING;
    }
    if (link->block == 0) {
        link->length = 0; /* the packet before has been used */
    } else if (link->block != FULL_BLOCK_CODE) {
        store(link, 0);
    }
    link->block = byte;
    link->left = (uint8_t)(byte - 1);
    return LINK_NOTHING;
}

uint32_t link_crc32(uint32_t crc, const uint8_t *bytes, size_t count)
{
    /* The polynomial 0xedb88320, four bits at a time: 64 bytes of table instead of a kilobyte. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc = ~crc;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* The packet to send: its parts one after the other. */
struct parts {
    const uint8_t *bytes[3];
    size_t count[3];
};

static uint8_t at(const struct parts *parts, size_t index)
{
    size_t part = 0;
    while (index >= parts->count[part]) {
        index -= parts->count[part++];
    }
    return parts->bytes[part][index];
}

void link_send(void (*put)(uint8_t), const uint8_t *head, size_t head_count, const uint8_t *body, size_t body_count)
{
    const uint32_t crc = link_crc32(link_crc32(0, head, head_count), body, body_count);
    const uint8_t crc_bytes[HAIRLINE_PROTOCOL_CRC_BYTES] = {
        (uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16), (uint8_t)(crc >> 24)};
    const struct parts parts = {{head, body, crc_bytes}, {head_count, body_count, sizeof crc_bytes}};
    const size_t total = head_count + body_count + sizeof crc_bytes;
    put(0);
    size_t begin = 0;
    for (;;) {
        size_t end = begin;
        while (end < total && end - begin < LONGEST_BLOCK && at(&parts, end) != 0) {
            end++;
        }
        const bool full = end - begin == LONGEST_BLOCK;
        put((uint8_t)(end - begin + 1));
        for (; begin < end; begin++) {
            put(at(&parts, begin));
        }
        if (end == total) {
            break;
        }
        begin = full ? end : end + 1; /* a shorter block stands for the zero after it, too */
    }
    put(0);
}
