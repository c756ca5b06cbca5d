/* test_engine_default.c - the configuration that a small program begins with. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include <criterion/criterion.h>

#include <quern/quern.h>

Test(engine_default, is_one_port_and_one_shard_on_the_last_core)
{
	static struct quern_engine_config config;
	cpu_set_t cores;

	memset(&config, 0xff, sizeof(config));
	cr_assert_eq(quern_engine_default(&config, "tap:q0", "198.18.0.1/24"), 0);
	cr_assert_eq(config.port_count, 1);
	cr_assert_str_eq(config.ports[0].device, "tap:q0");
	cr_assert_eq(config.ports[0].addresses.first, 0xc6120001);
	cr_assert_eq(config.ports[0].addresses.last, 0xc6120001);
	cr_assert_eq(config.ports[0].prefix_length, 24);
	cr_assert_eq(config.ports[0].queues, 0);
	cr_assert_eq(config.shard_count, 1);
	cr_assert_null(config.shards[0].on_turn);
	cr_assert_eq(config.memory, QUERN_MEMORY_AUTO);
	cr_assert_null(config.eal_arguments);
	cr_assert_eq(sched_getaffinity(0, sizeof(cores), &cores), 0);
	cr_assert(CPU_ISSET(config.shards[0].core, &cores));
	for (size_t core = config.shards[0].core + 1u; core < CPU_SETSIZE; core++)
		cr_assert_not(CPU_ISSET(core, &cores), "core %zu comes later", core);
}

Test(engine_default, takes_an_address_of_ipv6_and_then_none_of_ipv4)
{
	static struct quern_engine_config config;

	memset(&config, 0xff, sizeof(config));
	cr_assert_eq(quern_engine_default(&config, "tap:q0", "fd00::1/64"), 0);
	cr_assert(config.ports[0].ip6.first.high == UINT64_C(0xfd00) << 48 && config.ports[0].ip6.first.low == 1);
	cr_assert(config.ports[0].ip6.last.high == UINT64_C(0xfd00) << 48 && config.ports[0].ip6.last.low == 1);
	cr_assert_eq(config.ports[0].ip6.prefix_length, 64);
	cr_assert_not(quern_ip6_is_set(&config.ports[0].ip6.gateway));
	cr_assert_eq(config.ports[0].addresses.last, 0);
	cr_assert_eq(config.ports[0].prefix_length, 0);
}

Test(engine_default, refuses_what_is_no_address_and_changes_nothing)
{
	static const char *const bad[] = {
		"", "tap:q0", "198.18.0.1/33", "198.18.0.256/24", "198.18.0.1/24 ", "fd00::1/129", "fd00::g/64"};
	static struct quern_engine_config config;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		config.port_count = 9;
		cr_assert_eq(quern_engine_default(&config, "tap:q0", bad[i]), -EINVAL, "%s", bad[i]);
		cr_assert_eq(config.port_count, 9, "%s", bad[i]);
	}
}
