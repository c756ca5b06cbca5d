/* test_tcp_segments.c - segments of odd form: options, reserved bits, addresses, checksums, fragments, small windows.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script listening(const struct quern_tcp_options *options)
{
	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, options);
	return script_new(&driver);
}

struct odd_options {
	const char *name;
	uint8_t bytes;
	uint8_t octets[36];
};

/* Row 29, MUST-5 to MUST-7, MUST-64, MUST-68: what they are is no reason not to survive; `true` where they are legal.
 */
static const struct odd_options legal[] = {
	{"NOPs", 8, {1, 1, 1, 1, 1, 1, 1, 1}},
	{"unknown kind by its length", 12, {253, 12, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}},
	{"unaligned", 8, {1, 1, 1, 254, 3, 7, 1, 1}},
	{"end and rubbish", 4, {0, 1, 2, 3}},
	{"those of Linux", 20, {4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7, 0, 0, 0, 0}},
};

static const struct odd_options illegal[] = {
	{"length 0", 4, {254, 0, 1, 1}},        {"length 1", 4, {254, 1, 1, 1}},
	{"past the end", 4, {254, 9, 1, 1}},    {"kind at the very end", 4, {1, 1, 1, 254}},
	{"MSS with length 3", 4, {2, 3, 5, 1}}, {"MSS cut off", 4, {1, 1, 2, 4}},
};

Test(tcp_segments, legal_options_are_skipped_in_any_segment)
{
	for (unsigned int i = 0; i < sizeof(legal) / sizeof(*legal); i++) {
		struct script script = listening(NULL);
		struct raw_segment segment = script_segment(&script, SYN, 0, 0);

		memcpy(segment.options, legal[i].octets, sizeof(segment.options));
		segment.option_bytes = legal[i].bytes;
		driver_inject(&driver, &segment);
		hear(&script, SYN | ACK, 0, 1);
		segment = script_segment(&script, ACK, 1, 1);
		memcpy(segment.options, legal[i].octets, sizeof(segment.options));
		segment.option_bytes = legal[i].bytes;
		driver_inject(&driver, &segment);
		told(&script, TOLD_ESTABLISHED);
		driver_close(&driver);
	}
}

Test(tcp_segments, illegal_options_hurt_nobody)
{
	struct script script = listening(NULL);

	for (unsigned int i = 0; i < sizeof(illegal) / sizeof(*illegal); i++) {
		struct raw_segment segment = script_segment(&script, SYN, 0, 0);

		segment.mss = 0;
		segment.source_port = (uint16_t)(1000 + i);
		memcpy(segment.options, illegal[i].octets, sizeof(segment.options));
		segment.option_bytes = illegal[i].bytes;
		driver_inject(&driver, &segment);
	}
	driver.heard_next = driver.heard_count;
	establish_passive(&script);
	driver_close(&driver);
}

/* Row 30; and ECN bits in a SYN never matter. */
Test(tcp_segments, reserved_bits_are_ignored)
{
	struct script script = listening(NULL);
	struct raw_segment segment = script_segment(&script, SYN | 0xc0, 0, 0);

	segment.reserved = 0x0f;
	driver_inject(&driver, &segment);
	hear(&script, SYN | ACK, 0, 1);
	segment = script_segment(&script, ACK | 0x80, 1, 1);
	segment.reserved = 0x05;
	driver_inject(&driver, &segment);
	told(&script, TOLD_ESTABLISHED);
	driver_close(&driver);
}

/* Rows 32 and 116, MUST-57 and MUST-63: all of it in silence. */
Test(tcp_segments, addresses_that_nobody_may_have_get_no_answer)
{
	static const uint32_t nobody[] = {0, 0x7f000001, 0xe0000001, 0xefffffff, 0xffffffff, 0xc613ffff};
	static const uint8_t kinds[] = {SYN, ACK, SYN | ACK, FIN, RST | ACK};
	struct script script = listening(NULL);

	/* The last is the broadcast address of our network, of which IPv6 has none. */
	for (unsigned int i = 0; i < sizeof(nobody) / sizeof(*nobody) - raw_is_ip6(); i++) {
		for (unsigned int k = 0; k < sizeof(kinds); k++) {
			struct raw_segment segment = script_segment(&script, kinds[k], 0, 0);

			segment.source = nobody[i];
			driver_inject(&driver, &segment);
			if (driver.heard_count > 0)
				cr_assert_fail("an answer to source %x", nobody[i]);
			segment = script_segment(&script, kinds[k], 0, 0);
			segment.dest = nobody[i];
			driver_inject(&driver, &segment);
			if (driver.heard_count > 0)
				cr_assert_fail("an answer to destination %x", nobody[i]);
		}
	}
	cr_assert_eq(driver_counters(&driver)->opened_passive, 0);
	driver_close(&driver);
}

/* Attack 17. */
Test(tcp_segments, land_and_port_zero_get_no_answer)
{
	struct script script = listening(NULL);
	struct raw_segment segment = script_segment(&script, SYN, 0, 0);

	segment.source = segment.dest;
	segment.source_port = segment.dest_port;
	driver_inject(&driver, &segment);
	segment = script_segment(&script, SYN, 0, 0);
	segment.source_port = 0;
	driver_inject(&driver, &segment);
	segment = script_segment(&script, SYN, 0, 0);
	segment.dest_port = 0;
	driver_inject(&driver, &segment);
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_LAND], 1);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_PORT_ZERO], 2);
	driver_close(&driver);
}

/* Row 50, MUST-2 and MUST-3. */
Test(tcp_segments, a_wrong_checksum_changes_nothing)
{
	struct script script = listening(NULL);
	struct raw_segment segment;

	establish_passive(&script);
	segment = script_segment(&script, RST, 1, 0);
	segment.wrong_checksum = true;
	driver_inject(&driver, &segment);
	segment = script_segment(&script, FIN | ACK, 1, 1);
	segment.wrong_checksum = true;
	segment.text_bytes = 33;
	driver_inject(&driver, &segment);
	in_state(&script, QUERN_ESTABLISHED);
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_CHECKSUM], 2);
	say_text(&script, ACK, 1, 1, 33);
	hear(&script, ACK, 1, 34);
	driver_close(&driver);
}

/* Row 117: dropped and counted, whatever part of the packet they are. */
Test(tcp_segments, fragments_are_dropped_and_counted)
{
	static const uint16_t words[] = {0x2000, 0x2001, 0x0001, 0x1fff};
	struct script script = listening(NULL);

	for (unsigned int i = 0; i < 4; i++) {
		struct raw_segment segment = script_segment(&script, SYN, 0, 0);

		segment.fragment = words[i];
		driver_inject(&driver, &segment);
	}
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_FRAGMENT], 4);
	driver_close(&driver);
}

/* Row 116: every truncation, and bytes behind the packet. */
Test(tcp_segments, cut_packets_are_dropped_and_padding_is_not_text)
{
	struct script script = listening(NULL);
	struct raw_segment segment;
	uint8_t frame[RAW_FRAME_MAX + 64] = {0};
	uint32_t bytes;

	establish_passive(&script);
	segment = script_segment(&script, ACK, 1, 1);
	segment.text_bytes = 40;
	bytes = raw_build(frame, &segment);
	for (uint32_t cut = 0; cut < bytes; cut++)
		driver_inject_bytes(&driver, frame, cut);
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	driver_inject_bytes(&driver, frame, bytes + 20);
	hear(&script, ACK, 1, 41);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 40);
	driver_close(&driver);
}

/* Rows 38 and 48: what lies beyond the right edge of the window is cut off, FIN included. */
Test(tcp_segments, text_beyond_a_small_window_is_not_taken)
{
	const struct quern_tcp_options options = {.receive_window = 10};
	struct script script = listening(&options);

	say(&script, SYN, 0, 0);
	cr_assert_eq(driver.heard[0].segment.window, 10);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	say_text(&script, FIN | ACK, 1, 1, 20);
	hear(&script, ACK, 1, 11);
	in_state(&script, QUERN_ESTABLISHED);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 10);
	say_text(&script, FIN | ACK, 6, 1, 10);
	hear(&script, ACK, 1, 17);
	in_state(&script, QUERN_CLOSE_WAIT);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 15);
	driver_close(&driver);
}

/* Rows 39 and 52: urgent data neither stalls nor disturbs. */
Test(tcp_segments, an_urgent_pointer_stalls_nothing)
{
	struct script script = listening(NULL);
	struct raw_segment segment;

	establish_passive(&script);
	segment = script_segment(&script, ACK | URG, 1, 1);
	segment.urgent = 65535;
	segment.text_bytes = 5;
	driver_inject(&driver, &segment);
	hear(&script, ACK, 1, 6);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 5);
	driver_close(&driver);
}

/* Row 34, MUST-44: an endpoint keeps the address it was called by. */
Test(tcp_segments, a_connection_answers_from_the_address_it_was_called_by)
{
	const struct quern_endpoint any = raw_endpoint(0, SCRIPT_PORT);

	driver_open(&driver, NULL);
	cr_assert_eq(quern_listen(driver.shard, &any, NULL, &driver_events, &driver), 0);
	for (uint32_t address = DRIVER_LOCAL; address <= DRIVER_LOCAL_LAST; address++) {
		struct script script = script_new(&driver);

		script.local = address;
		establish_passive(&script);
		app_close(&script);
		hear(&script, FIN | ACK, 1, 1);
	}
	driver_close(&driver);
}
