/* test_attack_games.c - beyond the battery's rows: whatever a peer makes of flags, numbers, windows and headers, it
 * draws no more than it says. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "attack/mutant.h"
#include "support/raw_words.h"
#include "support/script.h"

enum {
	COPIES = 20,
	A_STEP_NS = 5000000,
	PACKETS = 10000,
	TEXT = 60000,
	HEADERS = 40,
	MSS = 1000,
	FRAMES = 100,
	HAS_TEXT = 1,    /* of the crowd, the one with text in flight, which a third ACK sends again */
	IN_FLIGHT = 3200 /* bytes, with headers */
};

static struct mutant_crowd crowd;

/* Says the same again and again; the clock goes on in between, and what timers say is not counted. */
static struct battery_answers repeat(struct mutant_crowd *at, const struct battery_frame *frame, uint32_t copies)
{
	struct driver *driver = &at->driver;
	struct battery_answers answers = {0}, timers = {0};

	for (uint32_t i = 0; i < copies; i++) {
		battery_burst(driver, frame, 1, &answers);
		driver->now_ns += A_STEP_NS;
		shard_expire(driver->shard, driver->now_ns);
		battery_burst(driver, frame, 0, &timers);
		driver->told_next = driver->told_count = 0;
	}
	return answers;
}

/* One segment to one state. Returns how many frames it drew. */
static uint32_t play(unsigned int number, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t text)
{
	static struct battery_frame frame;
	const struct reached *member = &crowd.members[number];
	struct raw_segment segment;
	struct battery_answers answers;

	mutant_open(&crowd, false);
	crowd.driver.heard_next = crowd.driver.heard_count = 0;
	segment = script_segment(&member->script, flags, member->rcv_nxt + seq, member->snd_nxt + ack);
	segment.text_bytes = text;
	segment.urgent = flags & URG ? 5 : 0;
	segment.mss = 0;
	frame.length = raw_build(frame.bytes, &segment);
	answers = repeat(&crowd, &frame, COPIES);
	cr_assert_leq(answers.frames, COPIES, "state %u, %s, SEQ %d, ACK %d, %u bytes: %u answers", number,
		      raw_flags_text(flags), (int)seq, (int)ack, text, answers.frames);
	cr_assert_leq(answers.bytes, (uint64_t)COPIES * frame.length + (number == HAS_TEXT ? IN_FLIGHT : 0),
		      "state %u, %s, SEQ %d, ACK %d, %u bytes", number, raw_flags_text(flags), (int)seq, (int)ack,
		      text);
	driver_close(&crowd.driver);
	return answers.frames;
}

Test(attack_games, no_segment_in_any_state_draws_more_than_it_is)
{
	static const uint8_t flags[] = {ACK, FIN | ACK, RST, RST | ACK, SYN, SYN | ACK, PSH | ACK | URG, FIN, 0};
	static const uint32_t seqs[] = {0, 1, (uint32_t)-1, (uint32_t)-1000, 65534, 0x80000000},
			      acks[] = {0, 1, (uint32_t)-1, 0x80000000}, texts[] = {0, 1, 100};
	uint32_t cases = 0, drawn = 0;

	for (unsigned int number = 0; number < MUTANT_STATES; number++)
		for (unsigned int i = 0; i < RTE_DIM(flags); i++)
			for (unsigned int j = 0; j < RTE_DIM(seqs); j++)
				for (unsigned int k = 0; k < RTE_DIM(acks); k++)
					for (unsigned int l = 0; l < RTE_DIM(texts); l++, cases++)
						drawn += play(number, flags[i], seqs[j], acks[k], texts[l]);
	battery_figure(17, "%u segments, flags by numbers by text, to 9 states, %d times each: %u frames drawn of %u",
		       cases, COPIES, drawn, cases * COPIES);
}

static struct driver driver;

/* What was sent, with its headers, and how far. */
struct drawn {
	uint64_t bytes;
	uint32_t frames, end;
};

static void gather(const struct script *script, struct drawn *drawn)
{
	const struct driver_heard *heard;

	while ((heard = driver_next_heard(&driver)) != NULL) {
		uint32_t end = heard->segment.seq - script->iss + heard->segment.text_bytes;

		drawn->bytes += heard->segment.text_bytes + HEADERS;
		drawn->frames++;
		drawn->end = RTE_MAX(drawn->end, end);
	}
	driver.heard_next = driver.heard_count = 0;
	driver.told_next = driver.told_count = 0;
}

/* The window and the ACK of packet number `i`; `end` is all that was sent. */
struct move {
	uint16_t window;
	uint32_t ack;
};

static struct move flips(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){i % 2 ? 65535 : 0, 1};
}

static struct move flips_to_one(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){i % 2 ? 65535 : 1, 1};
}

static struct move flips_about_a_segment(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){i % 2 ? MSS + 100 : MSS - 1, 1};
}

static struct move repeats(uint32_t i, uint32_t end)
{
	(void)i;
	(void)end;
	return (struct move){65535, 1};
}

static struct move steps(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){65535, 1 + i};
}

static struct move repeats_and_steps(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){65535, 1 + i / 4};
}

static struct move loses_and_steps(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){65535, i < 5 ? 1 : i - 4};
}

static struct move goes_back(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){65535, i % 2 ? 1 : MSS + 1};
}

static struct move shuts(uint32_t i, uint32_t end)
{
	(void)i;
	return (struct move){0, end};
}

static struct move grows_by_one(uint32_t i, uint32_t end)
{
	(void)end;
	return (struct move){(uint16_t)(MSS + i), 1};
}

static const struct game {
	const char *name;
	struct move (*move)(uint32_t i, uint32_t end);
} games[] = {{"a window that opens and shuts", flips},
	     {"one that opens and shuts but for an octet", flips_to_one},
	     {"one that holds a segment, or nearly", flips_about_a_segment},
	     {"the same ACK", repeats},
	     {"an octet at a time", steps},
	     {"an octet for each three repeated ACKs", repeats_and_steps},
	     {"a loss, and then an octet at a time", loses_and_steps},
	     {"an ACK that goes back", goes_back},
	     {"a window that shuts behind whatever comes", shuts},
	     {"a window that grows by an octet", grows_by_one}};

static struct drawn play_game(const struct game *game, uint32_t step_ms)
{
	struct script script = script_reader(&driver, NULL);
	struct drawn drawn = {.end = 1};

	script.mss = MSS;
	establish_passive(&script);
	cr_assert_eq(driver_send(&driver, script.conn, TEXT), TEXT);
	driver_collect(&driver);
	gather(&script, &drawn);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct move move = game->move(i, drawn.end);

		script.window = move.window;
		say(&script, ACK, 1, move.ack);
		gather(&script, &drawn);
		if (step_ms == 0)
			continue;
		advance(&script, step_ms);
		gather(&script, &drawn);
	}
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
	return drawn;
}

/* With time between packets, and without. */
Test(attack_games, acks_and_windows_that_lie_draw_twice_what_is_queued_at_most)
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < RTE_DIM(games); i++)
		for (uint32_t step_ms = 0; step_ms <= 5; step_ms += 5) {
			struct drawn drawn = play_game(&games[i], step_ms);

			cr_assert_leq(drawn.bytes, 2 * TEXT, "%s draws %d bytes in %u frames", games[i].name,
				      (int)drawn.bytes, drawn.frames);
			most = RTE_MAX(most, drawn.bytes);
		}
	battery_figure(15, "%zu games with ACKs and windows, %d packets each: %d bytes drawn at most, of %d queued",
		       RTE_DIM(games), PACKETS, (int)most, TEXT);
}

/* A SYN to our listener, but for its protocol. */
static uint32_t packet_of(uint8_t *frame, uint8_t protocol, uint32_t source, uint32_t dest, uint32_t bytes)
{
	const struct raw_segment segment = {.source = source,
					    .dest = dest,
					    .source_port = SCRIPT_REMOTE_PORT,
					    .dest_port = SCRIPT_PORT,
					    .flags = SYN,
					    .text_bytes = bytes};
	uint8_t *ip = frame + 14;
	uint32_t length = raw_build(ip, &segment);

	memcpy(frame, driver_mac, 6);
	memcpy(frame + 6, driver_peer_mac, 6);
	memcpy(frame + 12, raw_is_ip6() ? "\x86\xdd" : "\x08\x00", 2);
	ip[raw_is_ip6() ? 6 : 9] = protocol;
	mutant_repair(ip, length);
	return 14 + length;
}

/* Each is dropped, counted once, and met with silence. */
static void expect_silence(const struct battery_frame *frame, const char *name)
{
	uint64_t drops = battery_drops(crowd.driver.shard);
	struct battery_answers answers = repeat(&crowd, frame, FRAMES);

	cr_assert_eq(answers.frames, 0, "%s: %u answers", name, answers.frames);
	cr_assert_eq(battery_drops(crowd.driver.shard), drops + FRAMES, "%s: not counted", name);
}

static struct battery_frame packet(uint8_t protocol, uint32_t source, uint32_t dest)
{
	struct battery_frame frame;

	frame.length = packet_of(frame.bytes, protocol, source, dest, 100);
	return frame;
}

/* The same behind one more tag of a VLAN or two, and by other MAC addresses. */
static void expect_silence_of_links(void)
{
	struct battery_frame plain = packet(6, DRIVER_REMOTE, DRIVER_LOCAL), frame;
	static const uint16_t tags[][2] = {{0x8100, 0x8100}, {0x88a8, 0x8100}, {0x88a8, 0x0800}, {0x8100, 0x88cc}};
	static const char *const macs[] = {"\xff\xff\xff\xff\xff\xff", "\x01\x00\x5e\x00\x00\x01",
					   "\x33\x33\x00\x00\x00\x01", "\x02\x00\x00\x00\x77\x77"};

	for (unsigned int i = 0; i < RTE_DIM(tags); i++) {
		frame.length = plain.length + 8;
		memcpy(frame.bytes, plain.bytes, 12);
		put16(frame.bytes + 12, tags[i][0]);
		put16(frame.bytes + 14, 5);
		put16(frame.bytes + 16, tags[i][1]);
		put16(frame.bytes + 18, 6);
		memcpy(frame.bytes + 20, plain.bytes + 12, plain.length - 12);
		expect_silence(&frame, "tags upon tags");
	}
	for (unsigned int i = 0; i < RTE_DIM(macs); i++) {
		frame = plain;
		memcpy(frame.bytes, macs[i], 6);
		expect_silence(&frame, "another MAC address");
	}
}

Test(attack_games, what_nobody_here_speaks_and_what_says_that_it_is_us_meets_silence)
{
	/* IGMP, IP in IP, GRE, ESP, AH, SCTP, what is not assigned. */
	static const uint8_t protocols[] = {2, 4, 41, 47, 50, 51, 59, 132, 135, 253, 255};
	/* ICMP: nothing that is asked or told but echo. ICMPv6 likewise. */
	static const uint8_t types[] = {0, 9, 10, 13, 15, 17, 30, 40, 130, 131, 133, 134, 137, 139, 151, 200, 255};
	static const uint32_t sources[] = {DRIVER_LOCAL, DRIVER_LOCAL + 1, 0xe0000001, 0xffffffff, 0, 0x7f000001};
	static const uint8_t spoken[] = {6, 17};
	const uint8_t icmp = raw_is_ip6() ? 58 : 1, echo = raw_is_ip6() ? 128 : 8;
	struct battery_level before;
	struct battery_frame frame;

	mutant_open(&crowd, true);
	before = battery_level_of(crowd.driver.shard);
	for (unsigned int i = 0; i < RTE_DIM(protocols); i++) {
		frame = packet(protocols[i], DRIVER_REMOTE, DRIVER_LOCAL);
		expect_silence(&frame, "another protocol");
	}
	for (unsigned int i = 0; i < RTE_DIM(types); i++) {
		frame = packet(icmp, DRIVER_REMOTE, DRIVER_LOCAL);
		frame.bytes[14 + raw_ip_bytes()] = types[i];
		mutant_repair(frame.bytes + 14, frame.length - 14);
		expect_silence(&frame, "ICMP that nobody asked for");
	}
	for (unsigned int i = 0; i < RTE_DIM(sources); i++) {
		frame = packet(icmp, sources[i], DRIVER_LOCAL);
		frame.bytes[14 + raw_ip_bytes()] = echo;
		mutant_repair(frame.bytes + 14, frame.length - 14);
		expect_silence(&frame, "an echo request from nobody");
		for (unsigned int j = 0; j < RTE_DIM(spoken); j++) {
			frame = packet(spoken[j], sources[i], DRIVER_LOCAL);
			expect_silence(&frame, "a packet from nobody");
		}
	}
	expect_silence_of_links();
	battery_expect_level(crowd.driver.shard, &before);
	driver_close(&crowd.driver);
}
