/* fuzz_options.c - any bytes as the options of a TCP segment: read twice, written and read again, and what becomes of
 * them where a connection is opened by that segment: from either side, or by a SYN cookie.
 *
 * The first byte has the segment's flags, the second our own settings; what follows are the options. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_plain.h"
#include "support/raw_words.h"
#include "tcp/tcp_cookie.h"
#include "tcp/tcp_mss.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_syn_sent.h"
#include "wire/wire_options.h"

enum settings { NO_SCALE = 1, NO_SACK = 2, NO_TIMESTAMPS = 4, OVER_IP6 = 8, SMALL_MSS = 16, LARGE_WINDOW = 32 };

enum { OPTIONS_MAX = 40, PEER_ISS = 0x7fffff00, WINDOW = 0x1234, MTU = 1500, NOW_MS = 100000 };

#define ISS UINT32_C(0xfffffff0)

static const struct flow_key key_ip4 = {0xc6120001, 0xc6130009, 80, 40000};
static const struct flow_key key_ip6 = {0xf0000000, 0xf8000000, 80, 40000};

static struct tcp_profile profile_of(uint8_t settings)
{
	const struct quern_tcp_options options = {.mss = settings & SMALL_MSS ? 100 : 0,
						  .receive_window = settings & LARGE_WINDOW ? 1 << 24 : 0,
						  .no_window_scale = settings & NO_SCALE,
						  .no_sack = settings & NO_SACK,
						  .no_timestamps = settings & NO_TIMESTAMPS};
	struct tcp_profile profile;

	CHECK(tcp_profile_make(&profile, &options, MTU) == 0);
	return profile;
}

/* Both readers, and the same for both; in memory of exactly that size. */
static struct segment read_twice(const uint8_t *options, uint32_t bytes, uint8_t flags)
{
	struct segment segment = {.seq = PEER_ISS, .wnd = WINDOW, .flags = flags & 0x3f}, plain;
	uint8_t *copy = malloc(bytes);

	CHECK(copy != NULL || bytes == 0);
	memcpy(copy, options, bytes);
	wire_options_read(copy, copy + bytes, &segment);
	plain = fuzz_plain_options(copy, bytes, segment.flags);
	free(copy);
	fuzz_plain_same_options(&segment, &plain);
	return segment;
}

/* What is written is as long as was said, sums up as was said, and reads as what it was. */
static void write_and_read(const struct segment *segment)
{
	uint32_t bytes = segment_option_bytes(segment), written;
	uint8_t *options = malloc(bytes);
	struct segment again;
	uint64_t sum;

	CHECK(bytes <= OPTIONS_MAX && bytes % 4 == 0 && (options != NULL || bytes == 0));
	sum = wire_options_write(options, segment, &written);
	CHECK(written == bytes);
	CHECK(wire_fold(sum) == ones_sum(0, options, bytes));
	again = read_twice(options, bytes, segment->flags);
	fuzz_plain_same_options(segment, &again);
	free(options);
}

/* RFC 7323 2.2 and 3.2, RFC 2018 2, RFC 9293 3.7.1. */
static void check_opened(const struct tcp_conn *conn, const struct segment *syn, const struct tcp_profile *profile)
{
	bool is_ip6 = flow_key_is_ip6(&conn->key);
	uint32_t mss = syn->mss ? syn->mss : is_ip6 ? 1220 : 536, ours = is_ip6 ? profile->mss_ip6 : profile->mss;

	mss = mss < 48 ? 48 : mss;
	CHECK(conn->mss == (mss < ours ? mss : ours));
	CHECK(conn->is_scaled == (profile->offers_scale && syn->options & SEGMENT_SCALE));
	CHECK(conn->snd_scale == (conn->is_scaled ? syn->scale : 0));
	CHECK(conn->sack_permitted == (profile->offers_sack && syn->options & SEGMENT_SACK_PERMITTED));
	CHECK(conn->has_timestamps == (profile->offers_timestamps && syn->options & SEGMENT_TIMESTAMPS));
	CHECK(!conn->has_timestamps || conn->ts_recent == syn->tsval);
	/* A window of a SYN is not scaled; a window that is open stays so. */
	CHECK(tcp_snd_wnd(conn) <= WINDOW || conn->snd_wnd == 1);
	CHECK(conn->snd_wnd > 0 && tcp_smss(conn) > 0);
}

static struct tcp_conn open_passively(const struct flow_key *key, const struct segment *syn,
				      const struct tcp_profile *profile)
{
	struct tcp_conn conn = {.key = *key};

	tcp_open_from_syn(&conn, syn, profile, ISS, NOW_MS);
	CHECK(conn.state == QUERN_SYN_RCVD && conn.rcv_nxt == PEER_ISS + 1);
	check_opened(&conn, syn, profile);
	return conn;
}

static void open_actively(const struct flow_key *key, const struct segment *syn, const struct tcp_profile *profile)
{
	const struct tcp_clock clock = {NOW_MS, 5};
	struct segment answer = *syn;
	struct tcp_conn conn = {.key = *key};
	struct tcp_verdict verdict;

	tcp_open_active(&conn, profile, ISS, NOW_MS);
	answer.flags = TCP_SYN | TCP_ACK;
	answer.ack = ISS + 1;
	verdict = tcp_syn_sent_input(&conn, NULL, &answer, profile, &clock);
	CHECK(verdict.events & TCP_HAPPENED_ESTABLISHED && conn.state == QUERN_ESTABLISHED);
	check_opened(&conn, syn, profile);
}

/* What the peer's last ACK says of its SYN, as far as it can. */
static struct segment ack_of(const struct segment *syn, const struct segment *syn_ack)
{
	struct segment ack = {.seq = PEER_ISS + 1, .ack = syn_ack->seq + 1, .wnd = WINDOW, .flags = TCP_ACK};

	if (syn_ack->options & SEGMENT_TIMESTAMPS) {
		ack.options = SEGMENT_TIMESTAMPS;
		ack.tsval = syn->tsval + 1;
		ack.tsecr = syn_ack->tsval;
	}
	return ack;
}

/* A connection by cookie is what the SYN would have made, but for the MSS, which is no larger; or, without
 * timestamps, one that has no option at all. */
static void open_by_cookie(const struct tcp_conn *opened, const struct segment *syn, const struct tcp_profile *profile)
{
	const struct tcp_cookie_keys keys = {.present = {{1, 2}}, .past = {{3, 4}}};
	const struct tcp_cookie_syn said = {.key = opened->key, .peer_iss = syn->seq, .isn_origin = 5};
	bool is_ip6 = flow_key_is_ip6(&opened->key), carries = opened->has_timestamps;
	uint16_t theirs = tcp_mss_for(syn->mss, UINT16_MAX, is_ip6), mss;
	struct tcp_conn conn = {.key = opened->key};
	struct segment syn_ack, ack;
	uint32_t cookie = tcp_cookie_make(&keys, &said, theirs, 0);

	tcp_open_none(&opened->key, syn, profile, cookie, NOW_MS, &syn_ack);
	CHECK(syn_ack.seq == cookie && syn_ack.ack == PEER_ISS + 1);
	CHECK(!carries || NOW_MS - syn_ack.tsval <= 32);
	write_and_read(&syn_ack);
	mss = tcp_cookie_check(&keys, &said, syn_ack.seq, 0);
	CHECK(mss > 0 && mss <= theirs);
	ack = ack_of(syn, &syn_ack);
	tcp_open_from_cookie(&conn, &ack, mss, profile, NOW_MS);
	CHECK(conn.mss <= opened->mss);
	CHECK(conn.has_timestamps == carries);
	CHECK(conn.is_scaled == (carries && opened->is_scaled));
	CHECK(conn.snd_scale == (carries ? opened->snd_scale : 0));
	CHECK(conn.sack_permitted == (carries && opened->sack_permitted));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_profile profile;
	const struct flow_key *key;
	struct segment segment;
	struct tcp_conn conn;

	if (size < 2 || size > 2 + OPTIONS_MAX)
		return 0;
	profile = profile_of(data[1]);
	key = data[1] & OVER_IP6 ? &key_ip6 : &key_ip4;
	segment = read_twice(data + 2, (uint32_t)size - 2, data[0]);
	write_and_read(&segment);
	if (!(segment.flags & TCP_SYN))
		return 0;
	segment.flags = TCP_SYN;
	conn = open_passively(key, &segment, &profile);
	open_actively(key, &segment, &profile);
	open_by_cookie(&conn, &segment, &profile);
	return 0;
}
