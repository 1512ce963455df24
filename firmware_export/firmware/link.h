/* Frames of the serial line: COBS and CRC-32, a byte at a time, in memory that the caller gives. */
#ifndef HAIRLINE_LINK_H
#define HAIRLINE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_event {
    LINK_NOTHING, /* no frame ends here */
    LINK_PACKET,  /* link.length bytes of a sound packet stand in link.packet, its CRC taken off */
    LINK_DAMAGED  /* a frame ended that is too long, cut short, or of another CRC */
};

struct link {
    uint8_t *packet;     /* capacity bytes: the packet and its CRC */
    uint32_t capacity;
    uint32_t length;     /* decoded so far */
    uint8_t block;       /* code of the block that is being read, 0 before a frame's first */
    uint8_t left;        /* bytes that it still has to bring */
    bool lost;           /* this frame cannot be sound any more */
    bool in_step;        /* a zero was seen: what comes next is the beginning of a frame */
};

void link_init(struct link *link, uint8_t *packet, uint32_t capacity);

/* Takes one byte off the line. After LINK_PACKET the packet stands until the next call. */
enum link_event link_take(struct link *link, uint8_t byte);

/* Forgets a frame that has begun: until the next zero nothing is reported, damage neither. For after a pause in which
 * bytes were missed. */
void link_restart(struct link *link);

/* The CRC-32 of IEEE 802.3 (zlib's) over a packet in several parts: begin with crc 0. */
uint32_t link_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

/* Sends one frame, by `put`: the packet is `head` followed by `body`. Begins with a zero, which ends whatever noise the
 * line brought before. */
void link_send(void (*put)(uint8_t), const uint8_t *head, size_t head_count, const uint8_t *body, size_t body_count);

#endif
