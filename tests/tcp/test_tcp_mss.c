/* test_tcp_mss.c - the MSS option, both ways, and what is sent by it: RFC 9293 3.7.1. */
#include <string.h>

#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

/* A listening shard whose MTU and options are given (0 and null for the usual). */
static struct script listening(uint16_t mtu, const struct quern_tcp_options *options)
{
	const struct shard_config config = {.mtu = mtu};

	driver_open(&driver, &config);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver_listen(&driver, SCRIPT_PORT, options);
	return script_new(&driver);
}

/* Sends two full segments and a byte, which must come in just these pieces. */
static void check_pieces(struct script *script, uint32_t mss)
{
	app_send(script, 2 * mss + 1);
	hear_text(script, ACK, 1, 1, mss);
	hear_text(script, ACK, 1 + mss, 1, mss);
	hear_text(script, PSH | ACK, 1 + 2 * mss, 1, 1);
	hear_nothing(script);
	cr_assert_eq(script_info(script).mss, mss);
}

/* Rows 21 and 23, MUST-14, 16 and 65: MTU less 40, and 60 over IPv6, whose links have no less than 1280; on SYN and
 * SYN|ACK. That it is nowhere else, every script checks. */
Test(tcp_mss, our_offer_is_the_mtu_less_forty)
{
	static const uint16_t mtus[] = {68, 576, 1280, 1500, 2000};

	for (unsigned int i = raw_is_ip6() ? 2 : 0; i < 5; i++) {
		struct script script = listening(mtus[i], NULL), active;

		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		cr_assert_eq(script.heard.mss, raw_mss_of(mtus[i]));
		active = script_connect(&driver, 5000, NULL);
		hear(&active, SYN, 0, 0);
		cr_assert_eq(active.heard.mss, raw_mss_of(mtus[i]));
		driver_close(&driver);
	}
}

/* SHLD-5, MAY-3: an application may offer less; and then we send no more either. */
Test(tcp_mss, an_application_may_offer_less)
{
	const struct quern_tcp_options options = {.mss = 500};
	struct script script = listening(0, &options);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_eq(script.heard.mss, 500);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	check_pieces(&script, 500);
	/* Who sends more all the same is heard. */
	say_text(&script, ACK, 1, 1, 1400);
	hear(&script, ACK, 1002, 1401);
	driver_close(&driver);
}

/* RFC 9293 3.7.1: the smaller of what the peer takes and what we can send; rows 22 (no option) and 24 (floor). */
Test(tcp_mss, no_segment_is_larger_than_the_peer_takes_or_we_can_send)
{
	const uint16_t most = raw_mss_of(1500), none = raw_mss_default(), narrow = raw_mss_of(1280);
	const uint16_t cases[][3] = {
		/* our MTU, the peer's offer, what is sent */
		{1500, 1400, 1400}, {1500, most, most}, {1500, 1461, most},   {1500, 9000, most}, {1500, 65535, most},
		{1500, 500, 500},   {1500, 0, none},    {1280, 1460, narrow}, {1500, 49, 49},     {1500, 48, 48},
		{1500, 47, 48},     {1500, 1, 48},      {576, 1460, 536},     {500, 0, 460},      {68, 1460, 28},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script script;

		/* There are no such links of IPv6. */
		if (raw_is_ip6() && cases[i][0] < 1280)
			continue;
		script = listening(cases[i][0], NULL);
		script.mss = cases[i][1];
		establish_passive(&script);
		check_pieces(&script, cases[i][2]);
		driver_close(&driver);
	}
}

/* The same of the SYN|ACK that answers ours. */
Test(tcp_mss, the_answer_to_our_syn_says_how_much_the_peer_takes)
{
	const uint16_t cases[][2] = {
		{1400, 1400}, {9000, raw_mss_of(1500)}, {0, raw_mss_default()}, {1, 48}, {500, 500}};

	for (unsigned int i = 0; i < 5; i++) {
		struct script script;

		driver_open(&driver, NULL);
		driver.reader.reads = true;
		script = script_connect(&driver, 5000, NULL);
		script.mss = cases[i][0];
		establish_active(&script);
		check_pieces(&script, cases[i][1]);
		driver_close(&driver);
	}
}

/* Row 24: an option that says 0 is as none. */
Test(tcp_mss, an_offer_of_nothing_is_no_offer)
{
	static const uint8_t nothing[] = {2, 4, 0, 0};
	struct script script = listening(0, NULL);
	struct raw_segment syn = script_segment(&script, SYN, 0, 0);

	syn.mss = 0;
	syn.option_bytes = sizeof(nothing);
	memcpy(syn.options, nothing, sizeof(nothing));
	driver_inject(&driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	check_pieces(&script, raw_mss_default());
	driver_close(&driver);
}

/* MUST-65: an option on a later segment changes nothing. */
Test(tcp_mss, an_offer_after_the_handshake_is_not_heard)
{
	struct script script = listening(0, NULL);
	struct raw_segment late;

	establish_passive(&script);
	late = script_segment(&script, ACK, 1, 1);
	late.mss = 100;
	driver_inject(&driver, &late);
	check_pieces(&script, 1400);
	driver_close(&driver);
}

/* Attack 13: the smallest MSS with a large text goes on to the end, and no segment is silly. */
Test(tcp_mss, a_peer_that_takes_little_gets_it_all)
{
	struct script script = listening(0, NULL);
	uint32_t acked = 1;

	script.mss = 1;
	script.window = 480;
	establish_passive(&script);
	app_send(&script, 4800);
	while (acked < 4801) {
		for (unsigned int i = 0; i < 10; i++, acked += 48)
			hear_text(&script, acked + 48 == 4801 ? PSH | ACK : ACK, acked, 1, 48);
		hear_nothing(&script);
		say(&script, ACK, 1, acked);
	}
	driver_close(&driver);
}
