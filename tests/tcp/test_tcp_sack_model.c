/* test_tcp_sack_model.c - a sender and a scoreboard against a peer that is a map of octets, over a line that loses
 * some (row 98): all arrives, and nothing goes again that the peer has said it has. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_timer.h"

enum { MSS = 50, OCTETS = 400 * MSS, LINE = 4096, ROUNDS = 80, WINDOW = 40 * MSS };

struct piece {
	uint32_t from, to; /* octets, the first of all being 0 */
};

struct talk {
	struct tcp_conn conn;
	struct tcp_flight flight;
	struct tcp_scoreboard record;
	struct tcp_scoreboard *scoreboard; /* null, or the record */
	struct tcp_profile profile;
	struct wheel wheel;
	uint32_t iss, now_ms;
	struct piece line[LINE]; /* on their way */
	uint32_t head, tail;
	bool has[OCTETS + 1]; /* the peer */
	bool told[OCTETS];    /* and says so */
	uint32_t edge;        /* the first that the peer lacks */
	uint32_t timeouts, retransmits;
};

static struct talk talk;

static void begin(enum quern_congestion congestion, uint32_t iss)
{
	const struct quern_tcp_options options = {.congestion = congestion};

	memset(&talk, 0, sizeof(talk));
	cr_assert_eq(tcp_profile_make(&talk.profile, &options, 1500), 0);
	/* The timer may have backed off for longer than that; what counts here is that all arrives. */
	talk.profile.user_timeout_ms = INT32_MAX;
	talk.iss = iss;
	talk.now_ms = 100000;
	talk.conn = (struct tcp_conn){.key = {1, 2, 3, 4}, .snd_end = iss, .mss = MSS, .sack_permitted = 1};
	talk.conn.state = QUERN_ESTABLISHED;
	talk.conn.snd_wnd = talk.conn.max_wnd = WINDOW;
	tcp_flight_begin(&talk.conn, &talk.flight, &talk.profile, talk.now_ms);
	wheel_init(&talk.wheel, &talk.conn.timer, 6, talk.now_ms);
	talk.conn.snd_end += OCTETS;
}

/* All that may go, goes. */
static void say_all(void)
{
	struct segment segment;
	uint32_t snd_nxt = talk.flight.snd_nxt;

	while (tcp_output(&talk.conn, &talk.flight, talk.scoreboard, &talk.profile, talk.now_ms, &segment)) {
		struct piece piece = {segment.seq - talk.iss, segment.seq - talk.iss + segment.text_bytes};

		cr_assert(segment.text_bytes > 0 && segment.text_bytes <= MSS && piece.to <= OCTETS);
		for (uint32_t at = piece.from; at < piece.to; at++)
			cr_assert(!talk.told[at], "octet %u goes again, though the peer has it", at);
		cr_assert_leq(talk.iss + piece.to - talk.flight.snd_una, WINDOW);
		talk.retransmits += segment.seq != snd_nxt;
		snd_nxt = talk.flight.snd_nxt;
		cr_assert_lt(talk.tail - talk.head, LINE);
		talk.line[talk.tail++ % LINE] = piece;
	}
	if (talk.scoreboard && tcp_sack_is_over(&talk.flight, talk.scoreboard))
		talk.scoreboard = NULL;
}

/* The island of an octet, as a block. */
static void tell(struct segment *segment, uint32_t octet)
{
	uint32_t left = octet, right = octet;

	while (talk.has[left - 1])
		left--;
	while (talk.has[right])
		right++;
	segment->sacks[segment->sack_count++] = (struct segment_sack){talk.iss + left, talk.iss + right};
	memset(&talk.told[left], true, right - left);
}

/* A segment reaches the peer, whose ACK is not lost. */
static void arrive(struct piece piece)
{
	struct segment segment = {.seq = talk.conn.rcv_nxt, .flags = TCP_ACK, .wnd = WINDOW};

	memset(&talk.has[piece.from], true, piece.to - piece.from);
	while (talk.has[talk.edge])
		talk.edge++;
	segment.ack = talk.iss + talk.edge;
	if (piece.from > talk.edge)
		tell(&segment, piece.from);
	if (!talk.scoreboard && tcp_sack_is_wanted(&talk.conn, &talk.flight, &segment)) {
		talk.scoreboard = &talk.record;
		tcp_sack_begin(&talk.flight, talk.scoreboard);
	}
	tcp_input(&talk.conn, &talk.flight, talk.scoreboard, &segment, &talk.profile, talk.now_ms);
}

/* Nothing is on its way: the timer fires, and what was told counts for nothing. */
static void time_out(void)
{
	talk.now_ms += tcp_timer_rto(&talk.conn, &talk.flight);
	cr_assert_neq(
		tcp_timer_fired(&talk.conn, &talk.flight, talk.scoreboard, &talk.wheel, &talk.profile, talk.now_ms)
			.action,
		TCP_TIMER_EXPIRED);
	memset(talk.told, 0, sizeof(talk.told));
	talk.timeouts++;
}

/* Sends everything over a line that loses so many in a thousand. */
static void run(uint32_t loss_per_mille, struct random *random)
{
	for (uint32_t steps = 0; talk.edge < OCTETS; steps++) {
		cr_assert_lt(steps, 100 * OCTETS, "it stands still at octet %u", talk.edge);
		say_all();
		if (talk.head == talk.tail) {
			time_out();
			continue;
		}
		talk.now_ms++;
		if (random_below(random, 1000) >= loss_per_mille)
			arrive(talk.line[talk.head % LINE]);
		talk.head++;
	}
	cr_assert_eq(talk.flight.snd_una, talk.conn.snd_end);
}

Test(tcp_sack_model, all_arrives_and_nothing_goes_again_that_the_peer_has)
{
	static const uint32_t losses[] = {0, 10, 50, 200};
	struct random random;

	random_seed(&random, 98);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t loss = losses[round % 4];

		begin(round & 4 ? QUERN_CONGESTION_CUBIC : QUERN_CONGESTION_NEWRENO,
		      (uint32_t)0 - random_below(&random, 2 * OCTETS));
		run(loss, &random);
		cr_assert(loss > 0 || talk.retransmits + talk.timeouts == 0, "without a loss");
	}
}
