/* test_serve_track.c - stamps, and what a server makes of those that come and those that do not. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "payload/payload_stamp.h"
#include "serve/serve_track.h"

enum { BYTES = 40 };

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return *state >> 33;
}

Test(payload_stamp, comes_back_as_it_was_written)
{
	uint8_t text[1472];
	uint64_t state = 1;

	for (uint32_t bytes = PAYLOAD_STAMP_BYTES; bytes <= sizeof(text); bytes += 7) {
		const struct payload_stamp stamp = {(enum payload_stamp_kind)(1 + draw(&state) % 3),
						    (uint16_t)draw(&state), (uint32_t)draw(&state) & 0xffffff,
						    (uint32_t)draw(&state) * 2, draw(&state) << 15 | bytes};
		struct payload_stamp read;

		payload_stamp_fill(text, bytes);
		payload_stamp_write(text, &stamp);
		cr_assert(payload_stamp_read(text, bytes, &read));
		cr_assert(read.kind == stamp.kind && read.run == stamp.run && read.flow == stamp.flow &&
			  read.sequence == stamp.sequence);
		cr_assert_eq(payload_stamp_age(&read, stamp.sent_ns + 12345), 12345);
		for (uint32_t at = PAYLOAD_STAMP_BYTES; at < bytes; at += 11) {
			text[at] ^= 0x10;
			cr_assert_not(payload_stamp_read(text, bytes, &read), "byte %u has changed", at);
			text[at] ^= 0x10;
		}
	}
	for (uint32_t bytes = 0; bytes < PAYLOAD_STAMP_BYTES; bytes++)
		cr_assert_not(payload_stamp_read(text, bytes, &(struct payload_stamp){0}));
}

static enum serve_datagram note(struct serve_track *track, enum payload_stamp_kind kind, uint16_t run, uint32_t flow,
				uint32_t sequence)
{
	const struct payload_stamp stamp = {kind, run, flow, sequence, 0};
	uint8_t text[BYTES];

	payload_stamp_fill(text, BYTES);
	payload_stamp_write(text, &stamp);
	return serve_track_note(track, text, BYTES);
}

Test(serve_track, tells_gaps_copies_and_disorder_apart)
{
	struct serve_track track;
	const struct serve_track_counts *counts = &track.counts;

	cr_assert_eq(serve_track_open(&track), 0);
	for (uint32_t sequence = 0; sequence < 10; sequence += 1u + (sequence == 4))
		cr_assert_eq(note(&track, PAYLOAD_STAMP_MEASURED, 1, 5, sequence), SERVE_COUNTS);
	cr_assert(counts->received == 9 && counts->lost == 1 && counts->reordered == 0);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 5, 7);
	cr_assert(counts->received == 9 && counts->duplicated == 1);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 5, 5);
	cr_assert(counts->received == 10 && counts->lost == 0 && counts->reordered == 1);
	/* The same numbers of another run, or flow, are others. */
	note(&track, PAYLOAD_STAMP_MEASURED, 2, 5, 0);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 6, 0);
	cr_assert(counts->received == 12 && counts->duplicated == 1 && counts->flows == 3);
	cr_assert_eq(note(&track, PAYLOAD_STAMP_WARMUP, 1, 5, 3), SERVE_WARMS_UP);
	cr_assert_eq(note(&track, PAYLOAD_STAMP_END, 1, 5, 13), SERVE_ENDS_A_FLOW);
	cr_assert_eq(note(&track, PAYLOAD_STAMP_END, 1, 5, 13), SERVE_ENDS_A_FLOW);
	cr_assert(counts->received == 12 && counts->lost == 3);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 5, 12);
	cr_assert(counts->received == 13 && counts->lost == 2, "one of them was late, and not lost");
	cr_assert_eq(serve_track_note(&track, (const uint8_t *)"hello", 5), SERVE_COUNTS);
	cr_assert_eq(counts->unknown, 1);
	serve_track_close(&track);
}

Test(serve_track, does_not_guess_what_is_too_old_to_know)
{
	struct serve_track track;

	cr_assert_eq(serve_track_open(&track), 0);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 0, 0);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 0, SERVE_TRACK_WINDOW + 5);
	cr_assert_eq(track.counts.lost, SERVE_TRACK_WINDOW + 4);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 0, 5);
	cr_assert_eq(track.counts.stale, 1);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 0, 6);
	cr_assert(track.counts.stale == 1 && track.counts.reordered == 1 &&
		  track.counts.lost == SERVE_TRACK_WINDOW + 3);
	serve_track_close(&track);
}

Test(serve_track, misses_nothing_of_before_it_was_there)
{
	struct serve_track track;

	cr_assert_eq(serve_track_open(&track), 0);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 0, 1000000);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 1, 10);
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 0, 1000002);
	cr_assert_eq(track.counts.lost, 10 + 1);
	/* Nor is one that was overtaken at the beginning more than was missed. */
	note(&track, PAYLOAD_STAMP_MEASURED, 1, 0, 999999);
	cr_assert(track.counts.lost == 10 + 1 && track.counts.stale == 1 && track.counts.received == 3);
	serve_track_close(&track);
}

/* Numbers pass their largest within a flow, and drawn faults are counted to the last one. */
Test(serve_track, counts_drawn_faults_exactly_across_the_end_of_numbers)
{
	struct serve_track track;
	uint64_t state = 3, lost = 0, twice = 0, swapped = 0;
	uint32_t first = UINT32_MAX - 50000, sequence = first;

	cr_assert_eq(serve_track_open(&track), 0);
	note(&track, PAYLOAD_STAMP_MEASURED, 9, 1, first - 1);
	memset(&track.counts, 0, sizeof(track.counts));
	for (int i = 0; i < 100000; i++, sequence++) {
		uint64_t fate = draw(&state) % 20;

		if (fate == 0) {
			lost++;
			continue;
		}
		if (fate == 1) {
			note(&track, PAYLOAD_STAMP_MEASURED, 9, 1, sequence + 1);
			swapped++;
			note(&track, PAYLOAD_STAMP_MEASURED, 9, 1, sequence++);
			i++;
			continue;
		}
		note(&track, PAYLOAD_STAMP_MEASURED, 9, 1, sequence);
		if (fate == 2) {
			note(&track, PAYLOAD_STAMP_MEASURED, 9, 1, sequence);
			twice++;
		}
	}
	note(&track, PAYLOAD_STAMP_END, 9, 1, sequence);
	cr_assert_eq(track.counts.lost, lost);
	cr_assert_eq(track.counts.duplicated, twice);
	cr_assert_eq(track.counts.reordered, swapped);
	cr_assert_eq(track.counts.received, sequence - first - lost);
	cr_assert_eq(track.counts.stale, 0);
	serve_track_close(&track);
}

Test(serve_track, follows_so_many_flows_and_says_what_it_does_not)
{
	struct serve_track track;

	cr_assert_eq(serve_track_open(&track), 0);
	for (uint32_t flow = 0; flow < 2 * SERVE_TRACK_FLOWS; flow++)
		note(&track, PAYLOAD_STAMP_MEASURED, 1, flow, 0);
	cr_assert_geq(track.counts.flows, SERVE_TRACK_FLOWS / 2);
	cr_assert_leq(track.counts.flows, SERVE_TRACK_FLOWS);
	cr_assert_eq(track.counts.flows + track.counts.untracked, 2 * SERVE_TRACK_FLOWS);
	cr_assert_eq(track.counts.received, track.counts.flows);
	serve_track_close(&track);
}
