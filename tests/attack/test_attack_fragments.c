/* test_attack_fragments.c - row 16: fragments that are whole, tiny, overlapping, lost or beyond the end of any packet.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "attack/mutant.h"
#include "shard/shard_parts.h"
#include "support/raw_words.h"

enum {
	MORE = 0x2000,
	TCP = 6,
	UDP = 17,
	ICMP = 1,
	ICMP6 = 58,
	WHOLE = -1, /* bytes kept of what is behind the IP header */
	OTHER = 8,
	FLOOD = 200000,
	A_MS_HAS = 100,
	SILENCE_MS = 120000
};

/* The ways to break a packet; of each the protocol is TCP, or OTHER. */
static const struct kind {
	const char *name;
	uint16_t word;
	int keep;
	uint8_t protocol;
} kinds[] = {{"a first one with all of a segment", MORE, WHOLE, TCP},
	     {"a first one with a header and no text", MORE, 20, TCP},
	     {"a first one without flags", MORE, 8, TCP}, /* RFC 1858 3 */
	     {"a first one of an octet", MORE, 1, TCP},
	     {"a first one of nothing", MORE, 0, TCP},
	     {"one that overlaps the flags", MORE | 1, WHOLE, TCP}, /* RFC 1858 4, RFC 3128 */
	     {"the last, and it overlaps the flags", 1, WHOLE, TCP},
	     {"the last, over the text", 3, WHOLE, TCP},
	     {"one in the middle", MORE | 185, WHOLE, TCP},
	     {"the last, far behind", 185, WHOLE, TCP},
	     {"the last, beyond the end of any packet", 0x1fff, WHOLE, TCP},
	     {"a first one of another protocol", MORE, WHOLE, OTHER},
	     {"a last one of another protocol", 185, 8, OTHER},
	     {"one of another protocol beyond the end", MORE | 0x1fff, WHOLE, OTHER}};

static void set_length(uint8_t *ip, uint32_t bytes)
{
	if (raw_is_ip6()) {
		put16(ip + 4, bytes - RAW_IP6_BYTES);
		return;
	}
	put16(ip + 2, bytes);
	put16(ip + 10, 0);
	put16(ip + 10, ~ones_sum(0, ip, 20) & 0xffff);
}

static void set_protocol(uint8_t *ip, uint8_t protocol)
{
	ip[raw_is_ip6() ? RAW_IP6_BYTES : 9] = protocol;
}

/* Writes a fragment of a segment, whose checksum is right for what it carries, and returns its length. */
static uint32_t break_segment(uint8_t *frame, const struct raw_segment *whole, const struct kind *kind, uint32_t number)
{
	static const uint8_t others[2][4] = {{UDP, ICMP, 0, 47}, {UDP, ICMP6, 0, 47}};
	struct raw_segment segment = *whole;
	uint32_t bytes, header;

	segment.fragment = kind->word;
	bytes = raw_build(frame, &segment);
	header = raw_ip_bytes() + (raw_is_ip6() ? 8u : 0u);
	if (kind->keep != WHOLE)
		bytes = header + (uint32_t)kind->keep;
	/* The id of what they are fragments of. */
	put16(frame + (raw_is_ip6() ? RAW_IP6_BYTES + 6 : 4), number);
	if (kind->protocol == OTHER)
		set_protocol(frame, others[raw_is_ip6()][number % 4]);
	set_length(frame, bytes);
	return bytes;
}

static enum quern_drop reason_of(const struct kind *kind)
{
	return kind->protocol == TCP ? QUERN_DROP_TCP_FRAGMENT : QUERN_DROP_IP_FRAGMENT;
}

/* What of a shard is its state: all but its counters, and the list of frames that were thrown away. */
static void forgive(struct quern_shard *before, const struct quern_shard *after)
{
	before->counters = after->counters;
	memcpy(before->dead, after->dead, sizeof(before->dead));
}

static struct mutant_crowd crowd;

/* Thrown at the shard: it is dropped for this reason, is not answered, and leaves no trace. */
static void expect_no_trace(const uint8_t *frame, uint32_t bytes, enum quern_drop reason, const char *name)
{
	const struct shard_config config = {.max_connections = 64, .max_time_wait = 64, .mtu = 1500};
	static struct quern_shard *before;
	static size_t size;
	uint64_t drops = driver_counters(&crowd.driver)->drops[reason];

	if (!before) {
		size = shard_bytes(&config);
		before = aligned_alloc(64, (size + 63) & ~(size_t)63);
	}
	memcpy(before, crowd.driver.memory, size);
	cr_assert_eq(mutant_throw(&crowd, frame, bytes, true), 0, "%s is answered", name);
	cr_assert_eq(driver_counters(&crowd.driver)->drops[reason], drops + 1, "%s is not counted", name);
	forgive(before, crowd.driver.shard);
	cr_assert_eq(memcmp(before, crowd.driver.memory, size), 0, "%s leaves a trace", name);
}

/* Text, RST, FIN and SYN as each connection would take them, were they whole. */
Test(attack_fragments, none_is_taken_for_a_segment_or_changes_a_byte_of_the_shard)
{
	static const uint8_t flags[] = {ACK, RST, FIN | ACK, SYN, RST | ACK};
	uint8_t frame[RAW_FRAME_MAX + 16];
	uint32_t count = 0;

	mutant_open(&crowd, false);
	for (unsigned int i = 0; i < MUTANT_STATES; i++)
		for (unsigned int j = 0; j < RTE_DIM(flags); j++)
			for (unsigned int k = 0; k < RTE_DIM(kinds); k++, count++) {
				const struct reached *member = &crowd.members[i];
				struct raw_segment segment =
					script_segment(&member->script, flags[j], member->rcv_nxt, member->snd_nxt);

				segment.text_bytes = flags[j] == ACK ? 100 : 0;
				expect_no_trace(frame, break_segment(frame, &segment, &kinds[k], count),
						reason_of(&kinds[k]), kinds[k].name);
			}
	battery_figure(16,
		       "%u fragments of text, RST, FIN and SYN to 9 states, of %zu kinds: each dropped and counted, "
		       "none answered, no byte of the shard changed",
		       count, RTE_DIM(kinds));
	driver_close(&crowd.driver);
}

/* Puts an extension header before whatever follows the IPv6 header. */
static uint32_t insert(uint8_t *frame, uint32_t bytes, uint8_t kind, const uint8_t rest[7])
{
	memmove(frame + RAW_IP6_BYTES + 8, frame + RAW_IP6_BYTES, bytes - RAW_IP6_BYTES);
	frame[RAW_IP6_BYTES] = frame[6];
	memcpy(frame + RAW_IP6_BYTES + 1, rest, 7);
	frame[6] = kind;
	set_length(frame, bytes + 8);
	return bytes + 8;
}

/* RFC 6946: where one fragment is all of the packet; and headers about fragments within others, or cut. */
Test(attack_fragments, of_ipv6_all_that_has_a_fragment_header_is_dropped)
{
	static const uint8_t atomic[7] = {0, 0, 0, 0, 0, 0, 9}, padding[7] = {0, 1, 4};
	enum { HOP_BY_HOP = 0, FRAGMENT = 44, DESTINATION = 60 };
	uint8_t frame[RAW_FRAME_MAX + 64];
	struct raw_segment segment;
	uint32_t bytes;

	if (!raw_is_ip6())
		cr_skip_test("IPv4 has no header for it");
	mutant_open(&crowd, false);
	segment = script_segment(&crowd.members[1].script, RST, crowd.members[1].rcv_nxt, 0);
	bytes = insert(frame, raw_build(frame, &segment), FRAGMENT, atomic);
	expect_no_trace(frame, bytes, QUERN_DROP_TCP_FRAGMENT, "a packet in one fragment");
	bytes = insert(frame, bytes, FRAGMENT, atomic);
	expect_no_trace(frame, bytes, QUERN_DROP_IP_FRAGMENT, "a fragment of a fragment");
	bytes = insert(frame, bytes, DESTINATION, padding);
	expect_no_trace(frame, bytes, QUERN_DROP_IP_FRAGMENT, "one behind destination options");
	bytes = insert(frame, bytes, HOP_BY_HOP, padding);
	expect_no_trace(frame, bytes, QUERN_DROP_IP_FRAGMENT, "one behind two headers");
	for (uint32_t cut = RAW_IP6_BYTES; cut < RAW_IP6_BYTES + 8; cut++) {
		bytes = insert(frame, raw_build(frame, &segment), FRAGMENT, atomic);
		set_length(frame, cut);
		expect_no_trace(frame, cut, QUERN_DROP_IP_EXTENSION, "a fragment header that is cut");
	}
	in_state(&crowd.members[1].script, QUERN_ESTABLISHED);
	driver_close(&crowd.driver);
}

static void flood_a_ms(struct driver *driver, const struct script *script, uint32_t from, uint64_t by_reason[2])
{
	static struct battery_frame frames[SHARD_BURST];
	struct battery_answers answers = {0};
	uint16_t count = 0;

	for (uint32_t number = from; number < from + A_MS_HAS; number++) {
		/* The last ones first: what they belong to never comes. */
		const struct kind *kind = &kinds[RTE_DIM(kinds) - 1 - number % RTE_DIM(kinds)];
		struct raw_segment segment = script_segment(script, ACK, 1, 1);

		segment.text_bytes = number % 1400;
		if (number % 2)
			segment.source += 1 + number / 2;
		frames[count].length = break_segment(frames[count].bytes, &segment, kind, number);
		by_reason[kind->protocol != TCP]++;
		if (++count < SHARD_BURST && number + 1 < from + A_MS_HAS)
			continue;
		battery_burst(driver, frames, count, &answers);
		count = 0;
	}
	cr_assert_eq(answers.frames, 0, "fragments are answered");
}

/* FragmentSmack (CVE-2018-5391): nothing is put together, so nothing waits, and nothing is said when it has waited. */
Test(attack_fragments, a_flood_holds_no_buffer_draws_no_icmp_and_delays_nobody)
{
	static struct driver driver;
	struct battery_level before;
	struct script script;
	uint64_t by_reason[2] = {0};
	uint32_t served = 0;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	battery_honest_listen(&driver, 1000);
	script = script_new(&driver);
	establish_passive(&script);
	before = battery_level_of(driver.shard);
	for (uint32_t from = 0; from < FLOOD; from += A_MS_HAS) {
		flood_a_ms(&driver, &script, from, by_reason);
		cr_assert_eq(rte_mempool_in_use_count(driver.in_pool) + rte_mempool_in_use_count(driver.out_pool), 0);
		battery_honest_serve(&driver);
		served++;
		driver_advance(&driver, 1);
	}
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_FRAGMENT], by_reason[0]);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_IP_FRAGMENT], by_reason[1]);
	driver_advance(&driver, SILENCE_MS);
	hear_nothing(&script);
	cr_assert_eq(script_info(&script).rcv_nxt - script.peer_iss, 1, "text of a fragment was taken");
	in_state(&script, QUERN_ESTABLISHED);
	battery_expect_level(driver.shard, &before);
	battery_figure(16,
		       "%d fragments in %d ms: all dropped and counted, no buffer held, no answer then nor within %d s "
		       "of silence; %u of %u honest connections served in the ms in which they came",
		       FLOOD, FLOOD / A_MS_HAS, SILENCE_MS / 1000, served, served);
	battery_expect_whole(driver.out_pool);
	driver_close(&driver);
}
