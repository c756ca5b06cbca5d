/* test_tcp_ip.c - what a connection asks of IP: TTL, DSCP and an address that stays; RFC 9293 3.9.2. */
#include <errno.h>
#include <string.h>

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
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);

	driver_open(&driver, NULL);
	cr_assert_eq(quern_listen(driver.shard, &local, &options, &driver_events, &driver), -EINVAL);
	driver_close(&driver);
}

/* Row 34, MUST-44 and MUST-45: where an active open has a choice, it chooses once. */
Test(tcp_ip, an_active_open_keeps_the_address_that_it_began_with)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL_LAST), .first_port = 5000, .last_port = 5001};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
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

/* RFC 1071 over an IP header whose checksum is zero. */
static void sum_header(uint8_t *ip, uint32_t bytes)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (uint32_t i = 0; i < bytes; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

/* As script_say(), with options between the headers; what TCP sums does not change by them. */
static void say_with_options(struct script *script, int flags, uint32_t seq, uint32_t ack, uint32_t text_bytes,
			     const uint8_t *options, uint8_t option_bytes)
{
	struct raw_segment segment = script_segment(script, flags, seq, ack);
	uint8_t frame[RAW_FRAME_MAX + 40];
	uint32_t bytes;

	segment.text_bytes = text_bytes;
	bytes = raw_build(frame, &segment);
	memmove(frame + 20 + option_bytes, frame + 20, bytes - 20);
	memcpy(frame + 20, options, option_bytes);
	bytes += option_bytes;
	frame[0] = (uint8_t)(0x40 | (20 + option_bytes) / 4);
	frame[2] = (uint8_t)(bytes >> 8);
	frame[3] = (uint8_t)bytes;
	sum_header(frame, 20U + option_bytes);
	driver_inject_bytes(&driver, frame, bytes);
}

/* Row 56, MUST-50: a connection is made, used and ended by packets with options that mean nothing to us; none of our
 * answers has any. */
Test(tcp_ip, options_of_ip_that_nobody_understands_are_ignored)
{
	static const uint8_t record_route[40] = {7, 39, 4}, unknown[4] = {200, 4, 9, 9},
			     nothing[8] = {1, 1, 1, 0, 9, 9, 9, 9};
	static const struct {
		const uint8_t *octets;
		uint8_t bytes;
	} cases[] = {{record_route, 40}, {unknown, 4}, {nothing, 8}};

	raw_only_ip4("IPv6 has extension headers in their place");
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct script script = script_reader(&driver, NULL);

		say_with_options(&script, SYN, 0, 0, 0, cases[i].octets, cases[i].bytes);
		hear(&script, SYN | ACK, 0, 1);
		say_with_options(&script, PSH | ACK, 1, 1, 100, cases[i].octets, cases[i].bytes);
		told(&script, TOLD_ESTABLISHED);
		told_text(&script, 100);
		hear(&script, ACK, 1, 101);
		say_with_options(&script, RST, 101, 0, 0, cases[i].octets, cases[i].bytes);
		told_ended(&script, QUERN_END_RESET);
		say_with_options(&script, ACK, 101, 1, 0, cases[i].octets, cases[i].bytes);
		hear(&script, RST, 1, 0);
		driver_close(&driver);
	}
}

/* Row 56 (P): a packet that asks to be sent on by way of us is refused, whatever state its flow is in. */
Test(tcp_ip, source_routes_are_refused)
{
	static const uint8_t loose[8] = {131, 7, 4, 198, 19, 0, 1, 0}, strict[8] = {1, 137, 7, 4, 198, 19, 0, 1};
	struct script script;

	raw_only_ip4("IPv6 has routing headers in their place");
	script = script_reader(&driver, NULL);
	say_with_options(&script, SYN, 0, 0, 0, loose, sizeof(loose));
	say_with_options(&script, ACK, 0, 0, 0, strict, sizeof(strict));
	in_state(&script, QUERN_LISTEN);
	hear_nothing(&script);
	establish_passive(&script);
	say_with_options(&script, RST, 1, 0, 0, loose, sizeof(loose));
	say_with_options(&script, PSH | ACK, 1, 1, 10, strict, sizeof(strict));
	hear_nothing(&script);
	told_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_IP_SOURCE_ROUTE], 4);
	driver_close(&driver);
}

static void say_to_mac(struct script *script, const uint8_t dest[6], int flags, uint32_t seq, uint32_t ack)
{
	struct raw_segment segment = script_segment(script, flags, seq, ack);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	uint8_t frame[14 + RAW_FRAME_MAX];
	uint32_t bytes = 14 + raw_build(frame + 14, &segment);

	cr_assert_not_null(mbuf);
	memcpy(frame, dest, 6);
	memcpy(frame + 6, driver_peer_mac, 6);
	memcpy(frame + 12, raw_is_ip6() ? "\x86\xdd" : "\x08", 2);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
	driver_collect(&driver);
}

/* Row 32, RFC 1122 3.3.6: also what was broadcast on the link alone, with our own address in IP. */
Test(tcp_ip, a_segment_that_was_broadcast_on_the_link_is_met_with_silence)
{
	static const uint8_t groups[][6] = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, 0, 0x5e, 0, 0, 1}};
	static const int kinds[] = {SYN, ACK, SYN | ACK, FIN, RST | ACK, FIN | ACK};
	const struct shard_config config = {.ethernet = true};
	struct script script, other;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	other = script_new(&driver);
	other.remote_port++;
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
			say_to_mac(&other, groups[i], kinds[k], 0, 0);
			say_to_mac(&script, groups[i], kinds[k], 1, 1);
		}
	}
	hear_nothing(&script);
	told_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	in_state(&other, QUERN_LISTEN);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_IP_DEST], 24);
	say_to_mac(&script, driver_mac, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	driver_close(&driver);
}
