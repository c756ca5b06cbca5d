/* engine_pcap.h - a capture file of Ethernet frames, with times in nanoseconds: draft-ietf-opsawg-pcap. */
#ifndef ENGINE_ENGINE_PCAP_H
#define ENGINE_ENGINE_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ENGINE_PCAP_FRAME_MAX =
		65536 + 256, /* bytes of a frame: the longest that a NIC is given to cut, and its headers */
	ENGINE_PCAP_BUFFER = 1 << 18
};

/* A file that is being written. Whatever ends it, it holds whole frames only. */
struct engine_pcap {
	int file;
	int code;        /* of the first failure; nothing is written any more */
	uint64_t frames; /* in file and buffer */
	uint64_t bytes;  /* of the file */
	uint32_t used;   /* bytes of the buffer */
	uint8_t buffer[ENGINE_PCAP_BUFFER];
};

/* Begins a file, whose former content goes. `file` remains the caller's. */
void engine_pcap_begin(struct engine_pcap *pcap, int file);

/* Adds a frame of at most ENGINE_PCAP_FRAME_MAX bytes, `at_ns` after 1970. */
void engine_pcap_add(struct engine_pcap *pcap, uint64_t at_ns, const void *frame, uint32_t bytes);

/* Writes what is in the buffer. 0, or -errno of the first failure; then `frames` and `bytes` are what the file holds.
 */
int engine_pcap_flush(struct engine_pcap *pcap);

#endif
