/* test_port_plan.c - the hash is Microsoft's Toeplitz, and the ports of an entry are all of them and each once. */
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

static uint32_t address(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return a << 24 | b << 16 | c << 8 | d;
}

static void make(const uint8_t key[PORT_PLAN_KEY_BYTES], uint16_t entries, uint16_t queues)
{
	memset(&plan, 0, sizeof(plan));
	memcpy(plan.key, key, PORT_PLAN_KEY_BYTES);
	plan.entries = entries;
	port_plan_share(&plan, queues);
	port_plan_prepare(&plan);
}

Test(port_plan, hashes_the_published_examples_to_the_published_values)
{
	const struct {
		struct flow_key key;
		uint32_t with_ports, addresses;
	} examples[] = {
		{{address(161, 142, 100, 80), address(66, 9, 149, 187), 1766, 2794}, 0x51ccc178, 0x323e8fc2},
		{{address(65, 69, 140, 83), address(199, 92, 111, 2), 4739, 14230}, 0xc626b0ea, 0xd718262a},
		{{address(12, 22, 207, 184), address(24, 19, 198, 95), 38024, 12898}, 0x5c2b394a, 0xd2d0a5de},
		{{address(209, 142, 163, 6), address(38, 27, 205, 30), 2217, 48228}, 0xafc7327f, 0x82989176},
		{{address(202, 188, 127, 2), address(153, 39, 163, 191), 1303, 44251}, 0x10e828a2, 0x5d1809c5},
	};

	make(verification_key, 128, 4);
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		cr_assert_eq(port_plan_hash(&plan, &examples[i].key), examples[i].with_ports, "example %zu", i);
		cr_assert_eq(port_plan_hash_addresses(&plan, examples[i].key.remote, examples[i].key.local),
			     examples[i].addresses, "example %zu", i);
	}
}

/* Every port belongs to one entry, is named there once, and hashes to it. */
static void check_ports(const struct flow_key *key)
{
	static uint8_t seen[PORTS];
	uint32_t named = 0;

	memset(seen, 0, sizeof(seen));
	for (uint16_t entry = 0; entry < plan.entries; entry++) {
		uint16_t first;

		if (!port_plan_first(&plan, key, entry, &first))
			continue;
		for (uint32_t number = 0; number < port_plan_ports(&plan); number++) {
			struct flow_key full = *key;

			full.local_port = first ^ port_plan_idle(&plan, number);
			cr_assert_eq(port_plan_entry(&plan, &full), entry);
			cr_assert_eq(seen[full.local_port]++, 0, "port %u twice", full.local_port);
			named++;
		}
	}
	cr_assert_eq(named, PORTS);
}

Test(port_plan, names_every_port_of_every_entry_once)
{
	static const uint16_t sizes[] = {1, 2, 64, 128, 512};
	uint8_t key[PORT_PLAN_KEY_BYTES];
	struct random random;

	random_seed(&random, 5);
	for (unsigned int round = 0; round < 20; round++) {
		const struct flow_key flow = {(uint32_t)random_next(&random), (uint32_t)random_next(&random),
					      (uint16_t)random_next(&random), (uint16_t)random_next(&random)};

		for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
			key[i] = (uint8_t)random_next(&random);
		make(round == 0 ? verification_key : key, sizes[round % 5], 4);
		check_ports(&flow);
	}
}

/* A key with a period of 16 bits, as some drivers set it for symmetry, has fewer images than entries. */
Test(port_plan, names_every_port_under_keys_of_little_variety)
{
	const struct flow_key flow = {address(198, 18, 0, 1), address(198, 19, 0, 1), 0, 80};
	uint8_t key[PORT_PLAN_KEY_BYTES];

	for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		key[i] = i % 2 ? 0x5a : 0x6d;
	make(key, 512, 4);
	check_ports(&flow);
	memset(key, 0, sizeof(key));
	make(key, 512, 4);
	check_ports(&flow);
	cr_assert_eq(port_plan_ports(&plan), PORTS, "a key of zeros leads everything to entry 0");
}

Test(port_plan, shares_entries_evenly_and_the_queue_follows_from_the_flow)
{
	unsigned int flows[3] = {0};

	make(verification_key, 128, 3);
	for (uint32_t port = 1024; port < 11024; port++) {
		const struct flow_key key = {address(198, 19, 0, 1), address(198, 18, 0, 1), 80, (uint16_t)port};
		uint16_t queue = port_plan_queue(&plan, &key);

		cr_assert_lt(queue, 3);
		cr_assert_eq(queue, port_plan_entry(&plan, &key) % 3);
		flows[queue]++;
	}
	for (int queue = 0; queue < 3; queue++)
		cr_assert(flows[queue] > 2700 && flows[queue] < 4000, "queue %d gets %u of 10,000", queue,
			  flows[queue]);
}
