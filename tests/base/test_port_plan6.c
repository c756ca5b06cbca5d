/* test_port_plan6.c - flows of IPv6 are hashed as Microsoft has it, and the ports of an entry are all and each once. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/port_plan.h"
#include "base/random.h"

enum { PORTS = 65536 };

/* The key of the verification suite in Microsoft's description of receive-side scaling. */
static const uint8_t verification_key[PORT_PLAN_KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

static struct port_plan plan;

static void make(const uint8_t key[PORT_PLAN_KEY_BYTES], uint16_t entries, uint16_t queues)
{
	memset(&plan, 0, sizeof(plan));
	memcpy(plan.key, key, PORT_PLAN_KEY_BYTES);
	plan.entries = entries;
	port_plan_share(&plan, queues);
	port_plan_prepare(&plan);
}

Test(port_plan6, hashes_the_published_examples_to_the_published_values)
{
	const struct {
		struct ip6_pair pair;
		uint16_t local_port, remote_port;
		uint32_t hash;
	} examples[] = {
		{{{0x3ffe250102000003, 1}, {0x3ffe250102001fff, 7}}, 1766, 2794, 0x40207d3d},
		{{{0xff02000000000000, 1}, {0x3ffe050100080000, 0x026097fffe40efab}}, 4739, 14230, 0xdde51bbf},
		{{{0xfe80000000000000, 0x0200f8fffe2167cf}, {0x3ffe190045450003, 0x0200f8fffe2167cf}},
		 38024,
		 44251,
		 0x02d1feef},
	};

	make(verification_key, 128, 4);
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct flow_key key = {.local_port = examples[i].local_port,
					     .remote_port = examples[i].remote_port};

		cr_assert_eq(port_plan_hash6(&plan, &examples[i].pair, &key), examples[i].hash, "example %zu", i);
		cr_assert_eq(port_plan_queue6(&plan, &examples[i].pair, &key), examples[i].hash % 128 % 4);
	}
}

/* Every port belongs to one entry, is named there once, and hashes to it. */
static void check_ports(const struct ip6_pair *pair, const struct flow_key *key)
{
	static uint8_t seen[PORTS];
	uint32_t named = 0;

	memset(seen, 0, sizeof(seen));
	for (uint16_t entry = 0; entry < plan.entries; entry++) {
		uint16_t first;

		if (!port_plan_first6(&plan, pair, key, entry, &first))
			continue;
		for (uint32_t number = 0; number < port_plan_ports6(&plan); number++) {
			struct flow_key full = *key;

			full.local_port = first ^ port_plan_idle6(&plan, number);
			cr_assert_eq(port_plan_entry6(&plan, pair, &full), entry);
			cr_assert_eq(seen[full.local_port]++, 0, "port %u twice", full.local_port);
			named++;
		}
	}
	cr_assert_eq(named, PORTS);
}

Test(port_plan6, names_every_port_of_every_entry_once)
{
	static const uint16_t sizes[] = {1, 2, 64, 128, 512};
	uint8_t key[PORT_PLAN_KEY_BYTES];
	struct random random;

	random_seed(&random, 6);
	for (unsigned int round = 0; round < 20; round++) {
		const struct ip6_pair pair = {{random_next(&random), random_next(&random)},
					      {random_next(&random), random_next(&random)}};
		const struct flow_key flow = {.local_port = (uint16_t)random_next(&random),
					      .remote_port = (uint16_t)random_next(&random)};

		for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
			key[i] = (uint8_t)random_next(&random);
		make(round == 0 ? verification_key : key, sizes[round % 5], 4);
		check_ports(&pair, &flow);
	}
}

/* The 36th byte of a flow uses the last of the key's 40: nothing behind it is read, and all of it counts. */
Test(port_plan6, every_byte_of_the_key_counts)
{
	const struct ip6_pair pair = {{UINT64_MAX, UINT64_MAX}, {UINT64_MAX, UINT64_MAX}};
	const struct flow_key flow = {.local_port = UINT16_MAX, .remote_port = UINT16_MAX};
	uint8_t key[PORT_PLAN_KEY_BYTES];
	uint32_t before;

	memcpy(key, verification_key, sizeof(key));
	make(key, 512, 4);
	before = port_plan_hash6(&plan, &pair, &flow);
	for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++) {
		key[i] ^= 2;
		make(key, 512, 4);
		cr_assert_neq(port_plan_hash6(&plan, &pair, &flow), before, "byte %u", i);
		key[i] ^= 2;
	}
}
