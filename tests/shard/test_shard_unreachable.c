/* test_shard_unreachable.c - datagrams to nobody: who is told, how often, and who never is (row 111). */
#include <criterion/criterion.h>

#include "support/bare_eal.h"
#include "support/raw_icmp.h"

enum { UDP_BYTES = 8, IP_BYTES = 20, NS_PER_MS = 1000000, AT_ONCE = 50 };

static struct driver driver;
static struct raw_icmp answer;

/* Writes an address, and makes the header's checksum right by a word that nobody looks at: the identification. */
static void readdress(uint8_t *frame, uint32_t at, uint32_t address)
{
	uint32_t sum = 0;

	for (int i = 0; i < 4; i++)
		frame[at + (unsigned int)i] = (uint8_t)(address >> (24 - 8 * i));
	memset(frame + 4, 0, 2);
	for (uint32_t i = 0; i < IP_BYTES; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	frame[4] = (uint8_t)(sum >> 8);
	frame[5] = (uint8_t)sum;
}

/* A datagram; over IPv4 without a checksum, which RFC 768 allows. */
static uint32_t datagram_between(uint8_t *frame, uint32_t source, uint32_t dest, uint32_t text_bytes)
{
	/* An IP header is an IP header: made with a segment's, and the rest is overwritten. */
	const struct raw_segment segment = {.source = source,
					    .dest = dest,
					    .source_port = 40000,
					    .dest_port = 53,
					    .text_bytes = text_bytes + UDP_BYTES - 20,
					    .flags = SYN};
	uint32_t bytes = raw_build(frame, &segment), l4_bytes = bytes - raw_ip_bytes();
	uint8_t *udp = frame + raw_ip_bytes();

	memset(udp + 4, 'x', l4_bytes - 4);
	udp[4] = (uint8_t)(l4_bytes >> 8);
	udp[5] = (uint8_t)l4_bytes;
	memset(udp + 6, 0, 2);
	if (raw_is_ip6()) {
		raw_ip6_seal(frame, bytes, 17, 6);
		return bytes;
	}
	frame[9] = 17;
	readdress(frame, 12, source);
	return bytes;
}

/* From the test's address to one of the shard's. */
static uint32_t datagram(uint8_t *frame, uint32_t text_bytes)
{
	return datagram_between(frame, DRIVER_REMOTE, DRIVER_LOCAL, text_bytes);
}

/* One in; returns how many come out, of which the last is read into `answer`. */
static unsigned int throw(const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool), *out[SHARD_BURST];
	const char *wrong;
	uint16_t count;

	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
	count = shard_transmit(driver.shard, out, SHARD_BURST);
	for (uint16_t i = 0; i < count; i++) {
		wrong = raw_icmp_read(rte_pktmbuf_mtod(out[i], const uint8_t *), out[i]->data_len, &answer);
		cr_assert_null(wrong, "what is sent is wrong: %s", wrong);
		rte_pktmbuf_free(out[i]);
	}
	return count;
}

Test(shard_unreachable, a_datagram_to_nobody_draws_a_port_unreachable_that_quotes_it)
{
	uint8_t frame[RAW_FRAME_MAX];

	for (uint32_t text_bytes = 12; text_bytes < 1400; text_bytes += 97) {
		uint32_t bytes = datagram(frame, text_bytes);
		uint32_t quote = RTE_MIN(bytes, raw_quote_max());

		driver_open(&driver, NULL);
		driver_listen(&driver, 53, NULL);
		cr_assert_eq(throw(frame, bytes), 1);
		cr_assert_eq(answer.source, DRIVER_LOCAL);
		cr_assert_eq(answer.dest, DRIVER_REMOTE);
		cr_assert_eq(answer.type, 3);
		cr_assert_eq(answer.code, 3);
		cr_assert_eq(answer.quote_bytes, quote);
		cr_assert_arr_eq(answer.quote, frame, quote);
		cr_assert_eq(driver_counters(&driver)->unreachables_sent, 1);
		cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_UDP_NO_LISTENER], 1);
		driver_close(&driver);
	}
}

/* A storm: fifty at once, then one a millisecond, and all of it is counted. */
Test(shard_unreachable, a_storm_of_datagrams_draws_no_more_than_a_thousand_a_second)
{
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes = datagram(frame, 20), sent = 0, thrown = 0;

	driver_open(&driver, NULL);
	for (unsigned int i = 0; i < 2 * AT_ONCE; i++, thrown++)
		sent += throw(frame, bytes);
	cr_assert_eq(sent, AT_ONCE);
	for (unsigned int ms = 0; ms < 1000; ms++) {
		driver_advance(&driver, 1);
		for (unsigned int i = 0; i < 20; i++, thrown++)
			sent += throw(frame, bytes);
	}
	cr_assert_eq(sent, AT_ONCE + 1000);
	/* However long it is quiet, no more than fifty are kept. */
	driver_advance(&driver, 3600000);
	for (unsigned int i = 0; i < 2 * AT_ONCE; i++, thrown++)
		sent += throw(frame, bytes);
	cr_assert_eq(sent, 2 * AT_ONCE + 1000);
	cr_assert_eq(driver_counters(&driver)->unreachables_sent, sent);
	cr_assert_eq(driver_counters(&driver)->unreachables_sent + driver_counters(&driver)->unreachables_throttled,
		     thrown);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_UDP_NO_LISTENER], thrown);
	driver_close(&driver);
}

static void expect_silence(const uint8_t *frame, uint32_t bytes, enum quern_drop reason)
{
	uint64_t before = driver_counters(&driver)->drops[reason];

	cr_assert_eq(throw(frame, bytes), 0, "%s is answered", quern_drop_name(reason));
	cr_assert_eq(driver_counters(&driver)->drops[reason], before + 1, "%s", quern_drop_name(reason));
}

/* RFC 1122 3.2.2, RFC 4443 2.4 (e): to and from groups, and whoever nobody is. */
Test(shard_unreachable, groups_and_nobody_never_draw_one)
{
	static const uint32_t groups[] = {0xffffffff, 0xe0000001, 0xc613ffff}, nobody[] = {0, 0x7f000001, 0xe0000001};
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes;

	driver_open(&driver, NULL);
	for (unsigned int i = 0; i < 3; i++) {
		bytes = datagram_between(frame, DRIVER_REMOTE, groups[i], 40);
		expect_silence(frame, bytes, QUERN_DROP_IP_DEST);
		bytes = datagram_between(frame, nobody[i], DRIVER_LOCAL, 40);
		expect_silence(frame, bytes, QUERN_DROP_IP_SOURCE);
	}
	cr_assert_eq(driver_counters(&driver)->unreachables_sent, 0);
	driver_close(&driver);
}

/* RFC 1122 3.2.2 of IPv4 alone; wire_ip6 and wire_icmp6 have what IPv6 makes of it. */
Test(shard_unreachable, broadcasts_fragments_and_errors_of_ipv4_never_draw_one)
{
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes;

	raw_only_ip4("it is of another form");
	driver_open(&driver, NULL);
	/* The network's own broadcast address as a source, which would tell all of its hosts. */
	bytes = datagram(frame, 40);
	readdress(frame, 12, 0xc613ffff);
	expect_silence(frame, bytes, QUERN_DROP_IP_SOURCE);
	for (uint32_t word = 1; word < 0x4000; word = word * 2 + 1) {
		bytes = datagram(frame, 40);
		frame[6] = (uint8_t)(word >> 8);
		frame[7] = (uint8_t)word;
		readdress(frame, 12, DRIVER_REMOTE);
		expect_silence(frame, bytes, QUERN_DROP_IP_FRAGMENT);
	}
	for (uint32_t type = 0; type < 20; type++) {
		struct script script = script_new(&driver);
		struct raw_icmp icmp = raw_icmp_about(&script, (uint8_t)type, 3, 0, 0);

		if (type == 8)
			continue;
		icmp.quote[9] = 17;
		bytes = raw_icmp_build(frame, &icmp);
		expect_silence(frame, bytes, QUERN_DROP_ICMP_IGNORED);
	}
	cr_assert_eq(driver_counters(&driver)->unreachables_sent + driver_counters(&driver)->unreachables_throttled, 0);
	driver_close(&driver);
}

/* Broken ones are dropped before anybody asks who listens, and with no buffer to spare nobody is told. */
Test(shard_unreachable, broken_datagrams_and_a_shard_without_buffers_tell_nobody)
{
	struct rte_mempool *pool;
	struct rte_mbuf *taken[255];
	struct shard_config config = {0};
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes = datagram(frame, 40);

	driver_open(&driver, NULL);
	frame[raw_ip_bytes() + 4] = 0xff;
	expect_silence(frame, bytes, QUERN_DROP_UDP_MALFORMED);
	driver_close(&driver);
	pool = bare_eal_pool("few", 255);
	config.pool = pool;
	driver_open(&driver, &config);
	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, taken, 240), 0);
	bytes = datagram(frame, 40);
	/* Marks are looked at once a turn. */
	throw(frame, bytes);
	expect_silence(frame, bytes, QUERN_DROP_UDP_NO_LISTENER);
	cr_assert_eq(driver_counters(&driver)->unreachables_throttled, 1);
	rte_pktmbuf_free_bulk(taken, 240);
	driver_close(&driver);
}
