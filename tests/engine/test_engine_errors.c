/* test_engine_errors.c - what cannot be opened is named with its place and a remedy, and leaves nothing behind. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"

static char directory[] = "/tmp/test-errors-XXXXXX";

static void use_own_directory(void)
{
	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
}

static unsigned int open_files(void)
{
	DIR *entries = opendir("/proc/self/fd");
	unsigned int count = 0;

	cr_assert_not_null(entries);
	while (readdir(entries) != NULL)
		count++;
	closedir(entries);
	return count;
}

/* Opens what must fail with `code`, and whose text holds `cause` on the first line and `remedy` on a later one. */
static void refuse(const struct quern_engine_config *config, int code, const char *cause, const char *remedy)
{
	struct quern_engine *engine = NULL;
	char error[QUERN_ERROR_TEXT] = "";
	int got = quern_engine_open(config, &engine, error);
	const char *found = strstr(error, cause);
	const char *line = strchr(error, '\n');

	cr_assert_eq(got, code, "%d: %s", got, error);
	cr_assert_null(engine);
	cr_assert(line != NULL && found != NULL && found < line, "no '%s' in the first line of: %s", cause, error);
	cr_assert_not_null(strstr(line, remedy), "no '%s' in a later line of: %s", remedy, error);
}

static void set_one_port(struct quern_engine_config *config, const char *device)
{
	config->port_count = 1;
	config->shard_count = 1;
	config->ports[0].device = device;
}

static void make_unknown_device(struct quern_engine_config *config)
{
	set_one_port(config, "af_ring:eth0");
}

static void make_missing_interface(struct quern_engine_config *config)
{
	set_one_port(config, "af_packet:quern-none");
}

static void make_kernel_address(struct quern_engine_config *config)
{
	set_one_port(config, "tap:quern-t0");
	config->ports[0].addresses = (struct quern_range){.first = 0x7F000001, .last = 0x7F000001};
}

static void make_one_end(struct quern_engine_config *config)
{
	set_one_port(config, "cable");
}

static void make_crowded_port(struct quern_engine_config *config)
{
	config->shard_count = QUERN_MAX_SHARDS_ON_PORT + 2;
	for (uint16_t number = 2; number < config->shard_count; number++)
		config->shards[number] = config->shards[0];
}

static void make_unused_port(struct quern_engine_config *config)
{
	config->shards[1].port = 0;
}

static void make_far_port(struct quern_engine_config *config)
{
	config->shards[1].port = 2;
}

static void make_far_core(struct quern_engine_config *config)
{
	config->shards[1].core = 1023;
}

static void make_beyond_any_core(struct quern_engine_config *config)
{
	config->shards[0].core = 65535;
}

static void make_no_ports(struct quern_engine_config *config)
{
	config->port_count = 0;
}

static void make_no_shards(struct quern_engine_config *config)
{
	config->shard_count = 0;
}

static void make_too_many_shards(struct quern_engine_config *config)
{
	config->shard_count = QUERN_MAX_SHARDS + 1;
}

static void make_no_addresses(struct quern_engine_config *config)
{
	config->ports[1].addresses = (struct quern_range){.first = 0, .last = 0};
}

static void make_reserved_addresses(struct quern_engine_config *config)
{
	config->ports[1].addresses = (struct quern_range){.first = 0xefffffff, .last = 0xf0000000};
}

static void make_bad_vlan(struct quern_engine_config *config)
{
	config->ports[1].vlan = 4095;
}

static void make_bad_prefix(struct quern_engine_config *config)
{
	config->ports[1].prefix_length = 33;
}

static void make_bad_mtu(struct quern_engine_config *config)
{
	config->ports[1].mtu = 9001;
}

static void make_bad_impair(struct quern_engine_config *config)
{
	config->ports[1].impair[QUERN_TX] = (struct quern_impair){.delay_ns = 1, .jitter_ns = 2};
}

static void make_ip6(struct quern_engine_config *config, uint64_t first_high, uint8_t prefix_length)
{
	config->ports[1].ip6 = (struct quern_port_ip6){
		.first = {first_high, 1}, .last = {first_high, 4}, .prefix_length = prefix_length};
}

static void make_narrow_ip6(struct quern_engine_config *config)
{
	make_ip6(config, 0x20010db800000000, 64);
	config->ports[1].mtu = 1279;
}

static void make_group_of_ip6(struct quern_engine_config *config)
{
	make_ip6(config, 0xff02000000000000, 64);
}

static void make_too_many_of_ip6(struct quern_engine_config *config)
{
	make_ip6(config, 0x20010db800000000, 64);
	config->ports[1].ip6.last.low = 1 + (1ULL << 27);
}

static void make_bad_prefix_of_ip6(struct quern_engine_config *config)
{
	make_ip6(config, 0x20010db800000000, 129);
}

static const struct {
	void (*change)(struct quern_engine_config *config);
	int code;
	const char *cause;
	const char *remedy;
} rows[] = {
	{make_unknown_device, -EINVAL, "port 0: no device 'af_ring:eth0'",
	 "There are: cable, tap:NAME, af_packet:IFACE"},
	{make_missing_interface, -ENODEV, "port 0 'af_packet:quern-none': no interface", "ip -br link"},
	{make_kernel_address, -EADDRINUSE, "127.0.0.1 is the kernel's own address, on lo", "ip addr del"},
	{make_one_end, -EINVAL, "port 0 'cable': a cable has two ends", "Name cable twice"},
	{make_crowded_port, -EINVAL, "port 0 'cable': more than 16 shards name it", "fewer cores"},
	{make_unused_port, -EINVAL, "port 1 'cable': no shard names it", "Leave the port out"},
	{make_far_port, -EINVAL, "shard 1 names port 2", "There are ports 0 to 1"},
	{make_far_core, -EINVAL, "shard 1 (server): core 1023", "Choose among"},
	{make_beyond_any_core, -EINVAL, "shard 0 (client): core 65535", "Choose among"},
	{make_no_ports, -EINVAL, "0 ports", "1 to 16"},
	{make_no_shards, -EINVAL, "0 shards", "1 to 64"},
	{make_too_many_shards, -EINVAL, "65 shards", "1 to 64"},
	{make_no_addresses, -EINVAL, "port 1 'cable': its addresses are an empty range", "--ip"},
	{make_reserved_addresses, -EINVAL, "port 1 'cable': addresses from 240.0.0.0 on are reserved", "--ip"},
	{make_bad_vlan, -EINVAL, "port 1 'cable': VLAN 4095", "1 to 4094"},
	{make_bad_prefix, -EINVAL, "port 1 'cable': prefix length 33", "0 to 32"},
	{make_narrow_ip6, -EINVAL, "port 1 'cable': MTU 1279 is too little for IPv6", "1280"},
	{make_group_of_ip6, -EINVAL, "port 1 'cable': no hosts have its addresses of IPv6", "of hosts"},
	{make_too_many_of_ip6, -EINVAL, "port 1 'cable': no hosts have its addresses of IPv6", "134217728"},
	{make_bad_prefix_of_ip6, -EINVAL, "port 1 'cable': IPv6 with a prefix of 129 bits", "0 to 128"},
	{make_bad_mtu, -EINVAL, "port 1 'cable': MTU 9001", "68 to 9000"},
	{make_bad_impair, -EINVAL, "port 1 'cable': impairment of what it sends: jitter is more than delay",
	 "raise delay, or lower jitter"},
};

Test(engine_errors, each_wrong_configuration_is_named_and_leaves_nothing)
{
	static struct cable_engine cable;
	unsigned int files;

	use_own_directory();
	files = open_files();
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		cable_engine_prepare(&cable, 1, cable_engine_core(0), cable_engine_core(0));
		rows[row].change(&cable.config);
		refuse(&cable.config, rows[row].code, rows[row].cause, rows[row].remedy);
		cr_assert_eq(open_files(), files, "row %zu leaves a file open", row);
	}
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}

Test(engine_errors, a_size_beyond_any_shard_is_named)
{
	static struct cable_engine cable;

	use_own_directory();
	cable_engine_prepare(&cable, 1, cable_engine_core(0), cable_engine_core(0));
	cable.config.shards[1].max_connections = UINT32_MAX;
	refuse(&cable.config, -EINVAL, "shard 1 (server): it cannot hold 4294967295 connections", "--max-connections");
	cr_assert_eq(rmdir(directory), 0);
}

Test(engine_errors, an_eal_argument_that_is_wrong_is_shown_and_eal_stays_quiet)
{
	static struct cable_engine cable;
	static char wrong[] = "--no-such-option";
	char *const arguments[] = {wrong, NULL};
	char printed[256] = "";
	FILE *capture = tmpfile();
	int saved = dup(1);

	use_own_directory();
	cr_assert_not_null(capture);
	cable_engine_prepare(&cable, 1, cable_engine_core(0), cable_engine_core(0));
	cable.config.eal_arguments = arguments;
	fflush(stdout);
	dup2(fileno(capture), 1);
	refuse(&cable.config, -EINVAL, "EAL refused: --no-such-option\n",
	       "\n  It said: unrecognized option '--no-such-option'\n");
	fflush(stdout);
	dup2(saved, 1);
	rewind(capture);
	cr_assert_eq(fread(printed, 1, sizeof(printed), capture), 0, "EAL printed: %s", printed);

	cable.config.eal_arguments = NULL;
	refuse(&cable.config, -EALREADY, "EAL starts once a process, and it has", "in a new process");
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}
