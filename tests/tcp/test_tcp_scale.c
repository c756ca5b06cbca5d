/* test_tcp_scale.c - window scale and SACK are agreed on in SYNs (rows 26 and 28), and what scaled windows mean. */
#include <string.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { MIB = 1 << 20, SCALE_OF_MIB = 5 };

static struct driver driver;

/* The peer's SYN, or its SYN+ACK, with SACK permitted and a window scale. */
static void say_syn(struct script *script, int flags, uint32_t ack, uint8_t shift, uint16_t window)
{
	const uint8_t options[] = {1, 3, 3, shift, 4, 2, 1, 1};
	struct raw_segment segment = script_segment(script, flags, 0, ack);

	segment.mss = 1460;
	segment.window = window;
	segment.option_bytes = sizeof options;
	memcpy(segment.options, options, sizeof options);
	driver_inject(&driver, &segment);
}

static struct script listening(const struct quern_tcp_options *options)
{
	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, options);
	return script_new(&driver);
}

Test(tcp_scale, a_syn_ack_has_the_options_that_the_syn_had)
{
	struct script script = listening(NULL);

	say_syn(&script, SYN, 0, 7, 1000);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert(script.heard.has_scale && script.heard.sack_permitted);
	cr_assert_eq(script.heard.scale, 0, "64 KiB need no scale, but it lets the peer have one");
	driver_close(&driver);

	script = listening(NULL);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_not(script.heard.has_scale || script.heard.sack_permitted);
	driver_close(&driver);
}

Test(tcp_scale, options_that_are_switched_off_are_neither_offered_nor_taken)
{
	const struct quern_tcp_options off = {.no_window_scale = true, .no_sack = true, .receive_window = MIB};
	struct script script = listening(&off);

	say_syn(&script, SYN, 0, 7, 1000);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_not(script.heard.has_scale || script.heard.sack_permitted);
	cr_assert_eq(script.heard.window, 65535);
	say(&script, ACK, 1, 1);
	cr_assert_eq(script_info(&script).snd_wnd, script.window, "windows are taken as they are");
	driver_close(&driver);

	driver_open(&driver, NULL);
	script = script_connect(&driver, 50000, &off);
	hear(&script, SYN, 0, 0);
	cr_assert_not(script.heard.has_scale || script.heard.sack_permitted);
	driver_close(&driver);
}

Test(tcp_scale, the_window_of_a_syn_is_not_scaled_and_those_after_it_are)
{
	struct script script = listening(NULL);

	say_syn(&script, SYN, 0, 7, 1280);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_eq(script_info(&script).snd_wnd, 1280);
	script.window = 1280;
	say(&script, ACK, 1, 1);
	cr_assert_eq(script_info(&script).snd_wnd, 1280 << 7);
	driver_close(&driver);
}

/* RFC 7323 2.3: a shift above 14 is 14. */
Test(tcp_scale, a_shift_that_is_too_large_is_14)
{
	struct script script = listening(NULL);

	say_syn(&script, SYN, 0, 200, 65535);
	script.window = 3;
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	cr_assert_eq(script_info(&script).snd_wnd, 3 << 14);
	driver_close(&driver);
}

Test(tcp_scale, a_small_window_on_a_syn_with_a_large_scale_is_not_shut)
{
	struct script script = listening(NULL);

	say_syn(&script, SYN, 0, 14, 5000);
	cr_assert_gt(script_info(&script).snd_wnd, 0);
	driver_close(&driver);
}

Test(tcp_scale, a_peer_without_the_option_is_not_scaled_in_either_direction)
{
	const struct quern_tcp_options large = {.receive_window = MIB};
	struct script script;

	driver_open(&driver, NULL);
	script = script_connect(&driver, 50000, &large);
	hear(&script, SYN, 0, 0);
	cr_assert(script.heard.has_scale && script.heard.scale == SCALE_OF_MIB);
	cr_assert_eq(script.heard.window, 65535);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, ACK, 1, 1);
	cr_assert_eq(script.heard.window, 65535);
	cr_assert_eq(script_info(&script).snd_wnd, script.window);
	driver_close(&driver);
}

Test(tcp_scale, a_large_window_is_offered_in_units_and_taken_to_its_last_octet)
{
	const struct quern_tcp_options large = {.receive_window = MIB};
	struct script script;
	uint32_t seq = 1;

	driver_pool_buffers = 4095;
	script = script_reader(&driver, &large);
	say_syn(&script, SYN, 0, 0, 65535);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_eq(script.heard.scale, SCALE_OF_MIB);
	cr_assert_eq(script.heard.window, 65535, "not scaled yet");
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	driver.reader.appetite = 0;
	while (seq <= MIB) {
		uint32_t bytes = MIB + 1 - seq < 1024 ? MIB + 1 - seq : 1024;

		say_text(&script, ACK, seq, 1, bytes);
		seq += bytes;
		hear(&script, ACK, 1, seq);
		cr_assert_eq(script.heard.window, (MIB + 1 - seq) >> SCALE_OF_MIB);
	}
	say_text(&script, ACK, seq, 1, 1);
	hear(&script, ACK, 1, seq);
	app_resume(&script, UINT32_MAX);
	cr_assert_eq(driver.reader.received, MIB);
	hear(&script, ACK, 1, seq);
	cr_assert_eq(script.heard.window, MIB >> SCALE_OF_MIB);
	driver_close(&driver);
}

/* RFC 5961 5.2 by windows as they are meant: MAX.SND.WND of 65535 units reaches back 8 MiB. */
Test(tcp_scale, an_old_ack_is_judged_by_the_scaled_window)
{
	struct script script = listening(NULL);
	uint64_t dropped;

	say_syn(&script, SYN, 0, 7, 65535);
	hear(&script, SYN | ACK, 0, 1);
	script.window = 65535;
	say(&script, ACK, 1, 1);
	dropped = shard_counters(driver.shard)->drops[QUERN_DROP_TCP_ACK_RANGE];
	say(&script, ACK, 1, (uint32_t)1 - (65535u << 7));
	cr_assert_eq(shard_counters(driver.shard)->drops[QUERN_DROP_TCP_ACK_RANGE], dropped);
	say(&script, ACK, 1, (uint32_t)0 - (65535u << 7));
	cr_assert_eq(shard_counters(driver.shard)->drops[QUERN_DROP_TCP_ACK_RANGE], dropped + 1);
	driver_close(&driver);
}

Test(tcp_scale, time_wait_answers_with_the_window_that_was_scaled)
{
	const struct quern_tcp_options large = {.receive_window = MIB};
	struct script script = listening(&large);

	say_syn(&script, SYN, 0, 0, 65535);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	in_state(&script, QUERN_TIME_WAIT);
	advance(&script, 1000);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	cr_assert_eq(script.heard.window, MIB >> SCALE_OF_MIB);
	driver_close(&driver);
}

/* RFC 7323 2.2: also where it completes a simultaneous open. */
Test(tcp_scale, the_window_of_a_syn_ack_that_crosses_ours_is_not_scaled)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.reader.reads = true;
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	say_syn(&script, SYN, 0, 7, 1000);
	hear(&script, SYN | ACK, 0, 1);
	say_syn(&script, SYN | ACK, 1, 7, 1000);
	told(&script, TOLD_ESTABLISHED);
	driver.heard_next = driver.heard_count;
	app_send(&script, 3000);
	hear_text(&script, ACK, 1, 1, 1000 >> 7 << 7);
	hear_nothing(&script);
	driver_close(&driver);
}
