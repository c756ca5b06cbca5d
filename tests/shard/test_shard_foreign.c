/* test_shard_foreign.c - where shards share a port: each flow has one owner, and all of them agree who it is. */
#include <criterion/criterion.h>

#include "support/script.h"

enum { OWNERS = 4, FLOWS = 400 };

static struct driver driver;

static struct shard_config owned_by(uint16_t owner)
{
	return (struct shard_config){.max_connections = 1024,
				     .number = owner,
				     .steering = {{0x0123456789abcdef, 0xfedcba9876543211}},
				     .owners = OWNERS,
				     .owner = owner};
}

/* Who shard `self` thinks owns a flow. */
static uint16_t owner_of(struct script *script, uint16_t self)
{
	struct rte_mbuf *foreign[SHARD_BURST];
	uint16_t owner, count;

	say(script, SYN, 0, 0);
	count = shard_foreign(driver.shard, foreign, SHARD_BURST);
	if (count == 0)
		return self;
	cr_assert_eq(count, 1);
	cr_assert_null(driver_next_heard(&driver), "a foreign frame is answered");
	owner = (uint16_t)foreign[0]->hash.usr;
	cr_assert_neq(owner, self);
	rte_pktmbuf_free(foreign[0]);
	return owner;
}

Test(shard_foreign, each_flow_has_one_owner_that_all_shards_agree_on)
{
	uint16_t owners[FLOWS];
	unsigned int share[OWNERS] = {0};

	for (uint16_t self = 0; self < OWNERS; self++) {
		const struct shard_config config = owned_by(self);

		driver_open(&driver, &config);
		driver_listen(&driver, SCRIPT_PORT, NULL);
		for (uint16_t i = 0; i < FLOWS; i++) {
			struct script script = script_new(&driver);
			uint16_t owner;

			script.remote_port = (uint16_t)(1024 + i);
			owner = owner_of(&script, self);
			cr_assert_lt(owner, OWNERS);
			cr_assert(self == 0 || owner == owners[i], "shards %d and %d disagree", 0, self);
			owners[i] = owner;
			driver.heard_next = driver.heard_count;
		}
		driver_close(&driver);
	}
	for (uint16_t i = 0; i < FLOWS; i++)
		share[owners[i]]++;
	for (uint16_t owner = 0; owner < OWNERS; owner++)
		cr_assert(share[owner] > FLOWS / OWNERS / 2 && share[owner] < FLOWS / OWNERS * 2, "shard %d owns %u",
			  owner, share[owner]);
}

/* Active opens come from ports whose answers are ours. */
Test(shard_foreign, the_answer_to_a_connect_is_never_foreign)
{
	const struct quern_source source = {{DRIVER_LOCAL, DRIVER_LOCAL}, 0, 0};
	const struct quern_endpoint target = {DRIVER_REMOTE, SCRIPT_REMOTE_PORT};
	struct rte_mbuf *foreign[SHARD_BURST];
	const struct shard_config config = owned_by(2);
	uint8_t route;

	driver_open(&driver, &config);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct script script = script_new(&driver);

		cr_assert_eq(quern_connect(driver.shard, route, &script.conn), 0);
		driver_collect(&driver);
		cr_assert_lt(driver.heard_next, driver.heard_count);
		script.local_port = driver.heard[driver.heard_next].segment.source_port;
		establish_active(&script);
		cr_assert_eq(shard_foreign(driver.shard, foreign, SHARD_BURST), 0);
	}
	driver_close(&driver);
}
