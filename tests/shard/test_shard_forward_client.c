/* test_shard_forward_client.c - addresses that no client has: datagrams that come from there are dropped by any rule.
 */
#include <criterion/criterion.h>

#include "support/forward_lab.h"

enum { PLAIN = 53, ONE_WAY, KEEPS, KEEPS_ONE_WAY, TARGET = 5300, CLIENT = 40000 };

static struct lab lab;

/* A rule of each kind, to one target behind port 1. */
static void open_all(bool is_ip6)
{
	static struct quern_forward_target target;
	static struct quern_forward_rule rules[4];
	static const char *const names[] = {"plain", "one-way", "keeps", "keeps-one-way"};

	target.to = is_ip6 ? lab_end6(1, 100, TARGET) : lab_end(1, 100, TARGET);
	for (uint16_t i = 0; i < 4; i++)
		rules[i] = (struct quern_forward_rule){.name = names[i],
						       .listen = is_ip6 ? lab_end6(0, 1, (uint16_t)(PLAIN + i))
									: lab_end(0, 1, (uint16_t)(PLAIN + i)),
						       .targets = &target,
						       .target_count = 1,
						       .one_way = i & 1,
						       .keep_source = i >= 2};
	lab_open(&lab, &(struct lab_plan){.rules = rules, .rule_count = 4});
}

/* A datagram from there to the rule of a port. */
static struct lab_datagram from(struct quern_endpoint client, uint16_t listen)
{
	bool is_ip6 = quern_ip6_is_set(&client.ip6);

	client.port = CLIENT;
	return lab_from_to(client, is_ip6 ? lab_end6(0, 1, listen) : lab_end(0, 1, listen), 1);
}

static void is_none(struct quern_endpoint client, uint16_t listen)
{
	const struct lab_datagram asked = from(client, listen);
	uint64_t before = lab_counters(&lab, 0)->drops[QUERN_DROP_IP_SOURCE];
	uint32_t sessions = shard_forward_sessions(lab.forward);

	lab_say(&lab, 0, &asked);
	lab_hear_nothing(&lab);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_SOURCE], before + 1, "to port %u", listen);
	cr_assert_eq(shard_forward_sessions(lab.forward), sessions);
}

static void is_one(struct quern_endpoint client, uint16_t listen)
{
	const struct lab_datagram asked = from(client, listen);

	lab_say(&lab, 0, &asked);
	lab_hear_same(&lab, 1, &asked);
}

/* RFC 1122 3.2.1.3: at whichever port it comes in, it is not from us; nor is anybody all of a network. */
Test(shard_forward_client, nobody_has_an_address_of_ours_or_of_a_whole_network)
{
	open_all(false);
	for (uint16_t listen = PLAIN; listen <= KEEPS_ONE_WAY; listen++) {
		for (uint16_t port = 0; port < 2; port++) {
			is_none(lab_end(port, 1, 0), listen);
			is_none(lab_end(port, 4, 0), listen);
			is_none(lab_end(port, UINT16_MAX, 0), listen);
		}
		is_one(lab_end(0, 5, 0), listen);
	}
	lab_close(&lab);
}

Test(shard_forward_client, nor_over_ip6)
{
	open_all(true);
	for (uint16_t listen = PLAIN; listen <= KEEPS_ONE_WAY; listen++) {
		for (uint16_t port = 0; port < 2; port++) {
			is_none(lab_end6(port, 1, 0), listen);
			is_none(lab_end6(port, 4, 0), listen);
		}
		is_one(lab_end6(0, 5, 0), listen);
	}
	lab_close(&lab);
}

/* RFC 3927 7 and RFC 4291 2.5.6. Behind an address of ours they are clients as any other. */
Test(shard_forward_client, an_address_of_one_link_is_not_shown_on_another)
{
	const struct quern_endpoint near4 = {.address = 0xa9fe0105}, near6 = {.ip6 = {UINT64_C(0xfe80) << 48, 5}};

	open_all(false);
	is_one(near4, PLAIN);
	is_one(near4, ONE_WAY);
	is_none(near4, KEEPS);
	is_none(near4, KEEPS_ONE_WAY);
	lab_close(&lab);
	open_all(true);
	is_one(near6, PLAIN);
	is_one(near6, ONE_WAY);
	is_none(near6, KEEPS);
	is_none(near6, KEEPS_ONE_WAY);
	lab_close(&lab);
}

/* LAND: it would take its own answers for questions. Behind an address of ours a target may ask. */
Test(shard_forward_client, a_target_is_not_shown_itself)
{
	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		const struct quern_endpoint target = is_ip6 ? lab_end6(1, 100, 0) : lab_end(1, 100, 0);

		open_all(is_ip6);
		is_one(target, PLAIN);
		is_one(target, ONE_WAY);
		is_none(target, KEEPS);
		is_none(target, KEEPS_ONE_WAY);
		lab_close(&lab);
	}
}
