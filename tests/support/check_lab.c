/* check_lab.c - targets that are checked, and what they do about it. */
#include "support/check_lab.h"

#include <criterion/criterion.h>

#include <quern/target.h>

#include "support/raw_words.h"

enum { LISTEN = 53, TARGET = 5300 };

static struct quern_forward_target targets[2];
static struct quern_forward_rule rule;

const struct quern_forward_rule *check_lab_rule(void)
{
	return &rule;
}

void check_lab_open_by(struct lab *lab, struct quern_forward_check check, bool is_ip6, enum quern_balance balance)
{
	check.interval_ms = CHECK_LAB_EVERY_MS;
	check.rise = CHECK_LAB_RISE;
	check.fall = CHECK_LAB_FALL;
	for (uint16_t i = 0; i < 2; i++)
		targets[i].to =
			is_ip6 ? lab_end6(1, (uint16_t)(100 + i), TARGET) : lab_end(1, (uint16_t)(100 + i), TARGET);
	rule = (struct quern_forward_rule){.name = "dns",
					   .listen = is_ip6 ? lab_end6(0, 1, LISTEN) : lab_end(0, 1, LISTEN),
					   .balance = balance,
					   .targets = targets,
					   .target_count = 2,
					   .check = check};
	lab_open(lab, &(struct lab_plan){.rules = &rule, .rule_count = 1});
}

void check_lab_open(struct lab *lab, struct quern_forward_check check, bool is_ip6)
{
	check_lab_open_by(lab, check, is_ip6, QUERN_BALANCE_ROUND_ROBIN);
}

enum quern_target_state check_lab_state(const struct lab *lab, uint16_t target)
{
	struct quern_forward_stats stats = {.forwarded = 0};

	cr_assert(shard_forward_add_stats(lab->forward, 0, target, &stats));
	return stats.state;
}

enum quern_target_cause check_lab_cause(const struct lab *lab, uint16_t target)
{
	struct quern_forward_stats stats = {.forwarded = 0};

	cr_assert(shard_forward_add_stats(lab->forward, 0, target, &stats));
	return stats.cause;
}

static bool is_ip6(const uint8_t *packet)
{
	return packet[0] >> 4 == 6;
}

/* Which of the targets a packet is for, by the last byte of its destination. */
uint32_t check_lab_target_of(const uint8_t *packet)
{
	return packet[is_ip6(packet) ? 39 : 19] - 100u;
}

static void swap(uint8_t *a, uint8_t *b, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		uint8_t byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

/* Ends change places, which leaves sums as they are. */
void check_lab_turn_round(uint8_t *packet)
{
	if (is_ip6(packet))
		swap(packet + 8, packet + 24, 16);
	else
		swap(packet + 12, packet + 16, 4);
}

/* RFC 1624 by addition: the type of a message goes from one to another. */
void check_lab_turn_echo(uint8_t *packet)
{
	uint8_t *icmp = packet + (is_ip6(packet) ? 40 : 20);
	uint32_t request = icmp[0], reply = is_ip6(packet) ? 129 : 0, sum = get16(icmp + 2);

	cr_assert_eq(request, is_ip6(packet) ? 128u : 8u);
	check_lab_turn_round(packet);
	icmp[0] = (uint8_t)reply;
	sum = (~sum & 0xffff) + (~(request << 8) & 0xffff) + (reply << 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(icmp + 2, ~sum & 0xffff);
}

/* Lets time pass, and has the targets answer each probe but those of the dead. */
void check_lab_pass(struct lab *lab, struct check_targets *all, uint32_t ms)
{
	const struct lab_packet *heard;

	for (uint32_t i = 0; i < ms; i++) {
		lab_advance(lab, 1);
		while ((heard = lab_next(lab, 1))) {
			struct lab_packet answer = *heard;
			uint32_t target = check_lab_target_of(answer.frame);

			cr_assert_lt(target, 2);
			all->probes[target]++;
			all->at_ms[target] = lab->now_ns / 1000000;
			if (all->is_dead[target])
				continue;
			check_lab_turn_echo(answer.frame);
			lab_say_bytes(lab, 1, answer.frame, answer.bytes);
		}
	}
}

/* A probe of the first target, while all are dead. */
struct lab_packet check_lab_wait_probe(struct lab *lab)
{
	const struct lab_packet *heard;

	for (int i = 0; i < 2 * CHECK_LAB_EVERY_MS; i++) {
		lab_advance(lab, 1);
		while ((heard = lab_next(lab, 1)))
			if (check_lab_target_of(heard->frame) == 0)
				return *heard;
	}
	cr_assert(false, "no probe has gone out");
	return *lab_next(lab, 1);
}

void check_lab_say(struct lab *lab, const struct lab_packet *packet)
{
	lab_say_bytes(lab, 1, packet->frame, packet->bytes);
	while (lab_next(lab, 1))
		;
	lab_advance(lab, 1);
}
