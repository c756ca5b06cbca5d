/* test_tcp_ip.c - what a connection asks of IP: TTL, DSCP and an address that stays; RFC 9293 3.9.2. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { DEFAULT_TTL = 64 };

static struct driver driver;

static void came_with(const struct script *script, uint8_t ttl, uint8_t dscp)
{
	cr_assert_eq(script->heard.ttl, ttl, "%s with TTL %u", raw_flags_text(script->heard.flags), script->heard.ttl);
	cr_assert_eq(script->heard.tos, dscp << 2, "%s with DSCP %u", raw_flags_text(script->heard.flags),
		     script->heard.tos >> 2);
}

/* From SYN+ACK to the ACKs of TIME-WAIT: each kind of segment that a connection sends. */
static void live_with(const struct quern_tcp_options *options, uint8_t ttl, uint8_t dscp)
{
	struct script script = script_reader(&driver, options);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	came_with(&script, ttl, dscp);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	say_text(&script, PSH | ACK, 1, 1, 10);
	hear(&script, ACK, 1, 11);
	came_with(&script, ttl, dscp);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 11, 10);
	came_with(&script, ttl, dscp);
	advance(&script, 1001);
	hear_text(&script, PSH | ACK, 1, 11, 10);
	came_with(&script, ttl, dscp);
	say(&script, ACK, 11, 11);
	say(&script, SYN, 500, 0);
	hear(&script, ACK, 11, 11);
	came_with(&script, ttl, dscp);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 11, 11);
	came_with(&script, ttl, dscp);
	say(&script, FIN | ACK, 11, 12);
	hear(&script, ACK, 12, 12);
	came_with(&script, ttl, dscp);
	say(&script, FIN | ACK, 11, 12);
	hear(&script, ACK, 12, 12);
	came_with(&script, ttl, dscp);
	driver_close(&driver);
}

/* Row 57, MUST-48 and MUST-49. */
Test(tcp_ip, every_segment_of_a_connection_has_the_ttl_and_dscp_that_were_asked_for)
{
	const struct quern_tcp_options first = {.ttl = 1, .dscp = 63}, second = {.ttl = 255, .dscp = 46};

	live_with(&first, 1, 63);
	live_with(&second, 255, 46);
	live_with(NULL, DEFAULT_TTL, 0);
}

/* Row 57 of an active open, and of the RST that an application sends. */
Test(tcp_ip, a_connect_and_an_abort_have_them_too)
{
	const struct quern_tcp_options options = {.ttl = 9, .dscp = 10};
	struct script script;

	driver_open(&driver, NULL);
	script = script_connect(&driver, 5000, &options);
	hear(&script, SYN, 0, 0);
	came_with(&script, 9, 10);
	advance(&script, 1001);
	hear(&script, SYN, 0, 0);
	came_with(&script, 9, 10);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, ACK, 1, 1);
	came_with(&script, 9, 10);
	app_abort(&script);
	hear_reset(&script, 1, 1);
	came_with(&script, 9, 10);
	/* What belongs to no connection goes as most do. */
	say(&script, ACK, 1, 1);
	hear(&script, RST, 1, 0);
	came_with(&script, DEFAULT_TTL, 0);
	driver_close(&driver);
}

/* Row 57: DSCP has six bits. */
Test(tcp_ip, a_dscp_that_cannot_be_is_refused)
{
	const struct quern_tcp_options options = {.dscp = 64};
	const struct quern_endpoint local = {DRIVER_LOCAL, SCRIPT_PORT};

	driver_open(&driver, NULL);
	cr_assert_eq(quern_listen(driver.shard, &local, &options, &driver_events, &driver), -EINVAL);
	driver_close(&driver);
}

/* Row 34, MUST-44 and MUST-45: where an active open has a choice, it chooses once. */
Test(tcp_ip, an_active_open_keeps_the_address_that_it_began_with)
{
	const struct quern_source source = {{DRIVER_LOCAL, DRIVER_LOCAL_LAST}, 5000, 5001};
	const struct quern_endpoint target = {DRIVER_REMOTE, SCRIPT_REMOTE_PORT};
	uint32_t addresses = 0;
	uint8_t route;

	driver_open(&driver, NULL);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
	for (unsigned int i = 0; i < 8; i++) {
		struct script script = script_new(&driver);

		cr_assert_eq(quern_connect(driver.shard, route, &script.conn), 0);
		driver_collect(&driver);
		script.local = driver.heard[driver.heard_next].segment.source;
		script.local_port = driver.heard[driver.heard_next].segment.source_port;
		addresses |= 1U << (script.local - DRIVER_LOCAL);
		hear(&script, SYN, 0, 0);
		advance(&script, 1001);
		/* script_hear() looks at the addresses of each. */
		hear(&script, SYN, 0, 0);
		say(&script, SYN | ACK, 0, 1);
		hear(&script, ACK, 1, 1);
		told(&script, TOLD_ESTABLISHED);
		say_text(&script, PSH | ACK, 1, 1, 10);
		hear(&script, ACK, 1, 11);
		app_close(&script);
		hear(&script, FIN | ACK, 1, 11);
		say(&script, FIN | ACK, 11, 2);
		hear(&script, ACK, 2, 12);
		told_closed(&script);
	}
	cr_assert_eq(addresses, 0xf, "of four addresses these are used: %x", addresses);
	driver_close(&driver);
}
