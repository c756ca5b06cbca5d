/* fuzz_datagram.c - any bytes as datagrams to a server that follows generators: each is counted once, and what is lost
 * is never less than nothing. A byte of length goes before each datagram; one of 255 is taken for a stamp, well made of
 * the bytes behind it. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "payload/payload_stamp.h"
#include "serve/serve_track.h"

enum { MADE = 255, MADE_BYTES = 7 };

static void require(bool fact)
{
	if (!fact)
		abort();
}

/* Few flows and numbers that lie close together, so that they meet. */
static uint32_t make(uint8_t *text, const uint8_t *from)
{
	struct payload_stamp stamp = {.kind = (enum payload_stamp_kind)(1 + from[0] % 3),
				      .run = from[1] & 1,
				      .flow = from[1] >> 6,
				      .sequence = (uint32_t)from[2] << 24 | (uint32_t)from[3] << 8 | from[4]};

	payload_stamp_fill(text, PAYLOAD_STAMP_BYTES + from[5] % 8u);
	payload_stamp_write(text, &stamp);
	return PAYLOAD_STAMP_BYTES + from[5] % 8u;
}

/* In memory of its own, so that a byte read beyond it is noticed. */
static enum serve_datagram note(struct serve_track *track, const uint8_t *text, uint32_t bytes)
{
	uint8_t *own = malloc(bytes);
	enum serve_datagram what;

	memcpy(own, text, bytes);
	what = serve_track_note(track, own, bytes);
	free(own);
	return what;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct serve_track_counts *counts;
	struct serve_track track;
	uint8_t text[64];
	uint64_t datagrams = 0;

	require(serve_track_open(&track) == 0);
	counts = &track.counts;
	for (size_t at = 0; at < size;) {
		size_t bytes = data[at++], left = size - at;
		enum serve_datagram what;

		if (bytes == MADE && left >= MADE_BYTES) {
			what = note(&track, text, make(text, data + at));
			at += MADE_BYTES;
		} else {
			bytes = bytes < left ? bytes : left;
			what = note(&track, data + at, (uint32_t)bytes);
			at += bytes;
		}
		datagrams += what == SERVE_COUNTS;
		require(counts->received + counts->duplicated + counts->stale + counts->unknown + counts->untracked ==
			datagrams);
		require(counts->lost <= UINT64_MAX / 2 && counts->reordered <= counts->received);
	}
	serve_track_close(&track);
	return 0;
}
