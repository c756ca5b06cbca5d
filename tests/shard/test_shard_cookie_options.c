/* test_shard_cookie_options.c - what a SYN cookie's timestamp carries: scale and SACK (row 35, RFC 4987 3.6). */
#include <string.h>

#include <criterion/criterion.h>

#include "support/script.h"

static const struct quern_tcp_options always = {.syn_cookies = QUERN_SYN_COOKIES_ALWAYS};

static struct driver driver;

/* A SYN with timestamps, or without; with a shift unless that is 15, and SACK permitted or not. */
static void say_syn(struct script *script, bool times, uint8_t shift, bool sack, uint32_t tsval)
{
	struct raw_segment segment = script_segment(script, SYN, 0, 0);

	if (shift < 15) {
		memcpy(segment.options, (const uint8_t[]){1, 3, 3, shift}, 4);
		segment.option_bytes = 4;
	}
	if (sack) {
		memcpy(segment.options + segment.option_bytes, (const uint8_t[]){1, 1, 4, 2}, 4);
		segment.option_bytes = (uint8_t)(segment.option_bytes + 4);
	}
	if (times)
		raw_add_timestamps(&segment, tsval, 0);
	driver_inject(&driver, &segment);
}

Test(shard_cookie_options, scale_and_sack_come_back_with_the_timestamp)
{
	for (uint8_t shift = 0; shift <= 15; shift++) {
		for (int sack = 0; sack < 2; sack++) {
			struct script script = script_reader(&driver, &always);

			script.remote_port = (uint16_t)(1024 + 2 * shift + sack);
			say_syn(&script, true, shift, sack, 1000);
			hear(&script, SYN | ACK, 0, 1);
			cr_assert_eq(script.heard.has_scale, shift < 15);
			cr_assert_eq(script.heard.sack_permitted, sack);
			cr_assert_eq(script.heard.tsecr, 1000);
			script.window = 2;
			say_at(&script, ACK, 1, 1, 0, 1001, script.heard.tsval);
			told(&script, TOLD_ESTABLISHED);
			cr_assert_eq(script_info(&script).snd_wnd, shift < 15 ? 2u << shift : 2u, "shift %u", shift);
			say_at(&script, ACK, 11, 1, 10, 1002, 0);
			hear(&script, ACK, 1, 1);
			cr_assert_eq(script.heard.sack_count, sack);
			cr_assert(script.heard.has_timestamps);
			cr_assert_eq(script.heard.tsecr, 1001);
			say_at(&script, ACK, 1, 1, 10, 999, 0);
			hear(&script, ACK, 1, 1);
			told_nothing(&script);
			driver_close(&driver);
		}
	}
}

/* Its timestamp is no later than those that follow, or the peer would take them for old. */
Test(shard_cookie_options, the_timestamp_is_never_ahead_of_the_clock)
{
	for (uint64_t ms = 0; ms < 64; ms++) {
		struct script script = script_reader(&driver, &always);
		uint32_t said;

		advance(&script, ms);
		say_syn(&script, true, (uint8_t)(ms % 16), ms & 1, 1000);
		hear(&script, SYN | ACK, 0, 1);
		said = script.heard.tsval;
		say_at(&script, ACK, 1, 1, 10, 1001, said);
		told(&script, TOLD_ESTABLISHED);
		told_text(&script, 10);
		hear(&script, ACK, 1, 11);
		cr_assert_lt(script.heard.tsval - said, 32);
		driver_close(&driver);
	}
}

Test(shard_cookie_options, without_timestamps_nothing_is_offered_that_would_be_forgotten)
{
	const struct quern_tcp_options off = {.syn_cookies = QUERN_SYN_COOKIES_ALWAYS, .no_timestamps = true};

	for (int we = 0; we < 2; we++) {
		struct script script = script_reader(&driver, we ? &always : &off);

		say_syn(&script, !we, 7, true, 1000);
		hear(&script, SYN | ACK, 0, 1);
		cr_assert_not(script.heard.has_scale || script.heard.sack_permitted || script.heard.has_timestamps);
		script.window = 1000;
		say(&script, ACK, 1, 1);
		told(&script, TOLD_ESTABLISHED);
		cr_assert_eq(script_info(&script).snd_wnd, 1000);
		driver_close(&driver);
	}
}
