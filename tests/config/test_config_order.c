/* test_config_order.c - what counts where file, environment and command line speak of the same. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_environment.h"
#include "config/config_gather.h"
#include "config_lab.h"

enum { MOST_WORDS = 24 };

static struct cli_settings settings;

/* The first word of a line is a command, or "run", of a file with this text. */
static int gather(const char *text, const char *line)
{
	static char words_text[512], path[64];
	static char *words[MOST_WORDS + 1];
	char *save;
	int count = 0, file, rc;

	snprintf(words_text, sizeof(words_text), "%s", line);
	for (char *word = strtok_r(words_text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	if (strcmp(words[0], "run") != 0) {
		cli_settings_init(&settings, cli_command_from_name(words[0]));
		return config_gather(&settings, NULL, count - 1, words + 1);
	}
	snprintf(path, sizeof(path), "/tmp/quern-test-XXXXXX");
	file = mkstemp(path);
	cr_assert(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
	close(file);
	rc = config_gather(&settings, path, count - 1, words + 1);
	unlink(path);
	return rc;
}

static const char load[] = "kind: load\n"
			   "ports: [{dev: \"tap:a\", ip: [10.0.0.1/24, \"fd00::1/64\"], mtu: 1400, impair: loss=1%}]\n"
			   "client: {target: \"10.0.0.9:80\", source: [10.0.0.1, 10.0.0.2], cps: 1k, hold: 1s}\n"
			   "duration: 7s\n"
			   "quiet: true\n";

Test(config_order, a_flag_counts_more_than_a_variable_and_that_more_than_the_file)
{
	cr_assert_eq(gather(load, "run"), CLI_RUN);
	cr_assert_eq(settings.service[0].cps, 1000);
	cr_assert_eq(settings.service[0].hold.mean, CLI_NS_PER_S);
	cr_assert_eq(settings.duration_ns, 7 * CLI_NS_PER_S);
	setenv("QUERN_CPS", "2k", 1);
	setenv("QUERN_HOLD", "2s", 1);
	cr_assert_eq(gather(load, "run"), CLI_RUN);
	cr_assert_eq(settings.service[0].cps, 2000);
	cr_assert_eq(settings.service[0].hold.mean, 2 * CLI_NS_PER_S);
	cr_assert_eq(gather(load, "run --cps 3k"), CLI_RUN);
	cr_assert_eq(settings.service[0].cps, 3000);
	cr_assert_eq(settings.service[0].hold.mean, 2 * CLI_NS_PER_S);
	cr_assert_eq(settings.duration_ns, 7 * CLI_NS_PER_S);
}

Test(config_order, a_list_replaces_that_of_a_lower_place)
{
	cr_assert_eq(gather(load, "run --source 10.0.0.5 --source 10.0.0.4 --ip 10.0.0.5/24"), CLI_RUN);
	cr_assert_eq(settings.service[0].source_count, 2);
	cr_assert_eq(settings.service[0].source[1].first & 0xff, 4);
	setenv("QUERN_SOURCE", "10.0.0.1 \t10.0.0.2 10.0.0.3", 1);
	cr_assert_eq(gather(load, "run"), CLI_RUN);
	cr_assert_eq(settings.service[0].source_count, 3);
	cr_assert_eq(gather(load, "run --source 10.0.0.1"), CLI_RUN);
	cr_assert_eq(settings.service[0].source_count, 1);
}

Test(config_order, what_excludes_each_other_is_replaced_together)
{
	cr_assert_eq(gather(load, "run --cc 50"), CLI_RUN);
	cr_assert(settings.service[0].cc == 50 && settings.service[0].cps == 0);
	cr_assert_eq(
		gather("kind: serve\nports: [{dev: \"tap:a\", ip: 10.0.0.1/24}]\nserver: {http: true}\n", "run --echo"),
		CLI_RUN);
	cr_assert_eq(settings.service[0].answers, CLI_ANSWER_ECHO);
	cr_assert_eq(gather(load, "run tcp://10.0.0.8:81"), CLI_RUN);
	cr_assert_eq(settings.service[0].target[0].port, 81);
	setenv("QUERN_TARGET", "http://10.0.0.7/x", 1);
	cr_assert_eq(gather(load, "run --hold 0"), CLI_RUN);
	cr_assert_str_eq(settings.service[0].http.path, "/x");
	cr_assert_eq(gather(load, "run tcp://10.0.0.8:81"), CLI_RUN);
	cr_assert(!settings.service[0].http.path && settings.service[0].target[0].port == 81);
	cr_assert_eq(gather("kind: bench\nclient: {target: \"198.19.0.1:80\"}\n", "run --listen 198.19.0.1:8080"),
		     CLI_RUN);
	cr_assert_eq(settings.service[0].target[0].port, 8080);
}

Test(config_order, a_port_is_replaced_with_what_belongs_to_it_or_changed_where_it_is_the_only_one)
{
	cr_assert_eq(gather(load, "run -p tap:b --ip 10.0.0.1/16"), CLI_RUN);
	cr_assert_str_eq(settings.ports[0].device, "tap:b");
	cr_assert(settings.port_count == 1 && settings.ports[0].mtu == 0 && settings.ports[0].impair_count == 0);
	cr_assert_eq(gather(load, "run --ip 10.0.0.1/16 --mtu 1500 --impair dup=1%"), CLI_RUN);
	cr_assert_str_eq(settings.ports[0].device, "tap:a");
	cr_assert_eq(settings.ports[0].nets[CLI_IP4].ip_length, CLI_IP4_BITS + 16);
	cr_assert_not(settings.ports[0].nets[CLI_IP6].has_ip);
	cr_assert(settings.ports[0].mtu == 1500 && settings.ports[0].impair_count == 1);
	cr_assert_str_eq(settings.ports[0].impair_texts[0], "dup=1%");
	cr_assert_eq(gather("kind: load\nports: [{dev: \"tap:a\"}, {dev: \"tap:b\"}]\n", "run --ip 10.0.0.1/24"),
		     -EINVAL);
}

Test(config_order, variables_name_ports_and_a_word_for_each)
{
	setenv("QUERN_PORT", "tap:a tap:b", 1);
	setenv("QUERN_IP", "10.0.0.1/24,fd00::1/64 10.1.0.1/24", 1);
	setenv("QUERN_MTU", "- 1400", 1);
	setenv("QUERN_IMPAIR", "loss=1%,delay=5ms", 1);
	setenv("QUERN_HTTP", "on", 1);
	cr_assert_eq(gather(NULL, "serve"), CLI_RUN);
	cr_assert_eq(settings.port_count, 2);
	cr_assert(settings.ports[0].nets[CLI_IP4].has_ip && settings.ports[0].nets[CLI_IP6].has_ip);
	cr_assert_eq(settings.ports[1].nets[CLI_IP4].ip.low, cli_address_from_ip4(0x0a010001).low);
	cr_assert(settings.ports[0].mtu == 0 && settings.ports[1].mtu == 1400);
	cr_assert(settings.ports[0].impair_count == 1 && settings.ports[1].impair_count == 0);
	cr_assert_eq(settings.service[0].answers, CLI_ANSWER_HTTP);
	/* The command line has ports of its own, and says of one where it is. */
	cr_assert_eq(gather(NULL, "serve -p tap:c --ip 10.2.0.1/24"), CLI_RUN);
	cr_assert_eq(settings.port_count, 1);
	cr_assert_not(settings.ports[0].nets[CLI_IP6].has_ip);
	cr_assert_eq(settings.ports[0].impair_count, 1);
	cr_assert_eq(gather(NULL, "serve -p tap:c"), CLI_RUN);
	cr_assert_str_eq(settings.ports[0].device, "tap:c");
	cr_assert(settings.ports[0].nets[CLI_IP6].has_ip);
}

Test(config_order, variables_change_the_ports_of_a_file)
{
	unsetenv("QUERN_PORT");
	setenv("QUERN_IP", "10.0.0.1/16", 1);
	cr_assert_eq(gather(load, "run"), CLI_RUN);
	cr_assert_str_eq(settings.ports[0].device, "tap:a");
	cr_assert_eq(settings.ports[0].nets[CLI_IP4].ip_length, CLI_IP4_BITS + 16);
	cr_assert_not(settings.ports[0].nets[CLI_IP6].has_ip);
	cr_assert_eq(settings.ports[0].mtu, 1400);
	setenv("QUERN_IP", "10.0.0.1/16 10.1.0.1/16", 1);
	cr_assert_eq(gather(load, "run"), -EINVAL);
}

Test(config_order, a_variable_turns_a_switch_of_the_file_off_and_an_empty_one_says_nothing)
{
	setenv("QUERN_CPS", "", 1);
	cr_assert_eq(gather(load, "run"), CLI_RUN);
	cr_assert(settings.quiet && settings.service[0].cps == 1000);
	setenv("QUERN_QUIET", "off", 1);
	cr_assert_eq(gather(load, "run"), CLI_RUN);
	cr_assert_not(settings.quiet);
	cr_assert_eq(gather(load, "run -q"), CLI_RUN);
	cr_assert(settings.quiet);
}

static const char forward[] = "kind: forward\n"
			      "ports: [{dev: \"tap:a\", ip: 10.0.0.1/24}]\n"
			      "rules:\n"
			      "  - {name: one, listen: 10.0.0.1:53, to: [10.0.0.5:53, 10.0.0.6:53], idle: 9s}\n";

Test(config_order, the_only_rule_of_a_file_is_changed_from_above)
{
	const struct quern_forward_rule *rule;

	setenv("QUERN_TO", "10.0.0.7:7 10.0.0.8:8 10.0.0.9:9", 1);
	setenv("QUERN_BALANCE", "roundrobin", 1);
	cr_assert_eq(gather(forward, "run --listen 10.0.0.1:99"), CLI_RUN);
	rule = settings.forward.rules;
	cr_assert_str_eq(rule->name, "one");
	cr_assert(settings.forward.rule_count == 1 && rule->listen.port == 99 && rule->idle_ms == 9000);
	cr_assert(rule->target_count == 3 && rule->targets[0].to.port == 7);
	cr_assert_eq(rule->balance, QUERN_BALANCE_ROUND_ROBIN);
	cr_assert_eq(gather(forward, "run --to 10.0.0.4:4 --idle 8s"), CLI_RUN);
	cr_assert(rule->target_count == 1 && rule->targets[0].to.port == 4 && rule->idle_ms == 8000);
	cr_assert_eq(gather(NULL, "forward -p tap:a --ip 10.0.0.1/24 --listen 10.0.0.1:53"), CLI_RUN);
	cr_assert(rule->target_count == 3 && settings.forward.rule_count == 1);
}

Test(config_order, of_several_rules_none_is_changed_from_above)
{
	char text[512];

	snprintf(text, sizeof(text), "%s  - {name: two, listen: 10.0.0.1:54, to: 10.0.0.5:53}\n", forward);
	cr_assert_eq(gather(text, "run --max-sessions 5"), CLI_RUN);
	cr_assert_eq(settings.forward.rule_count, 2);
	cr_assert_eq(gather(text, "run --to 10.0.0.4:4"), -EINVAL);
	setenv("QUERN_IDLE", "7s", 1);
	cr_assert_eq(gather(text, "run"), -EINVAL);
}

Test(config_order, variables_of_other_commands_are_not_heeded)
{
	setenv("QUERN_LISTEN", "nonsense", 1);
	setenv("QUERN_DURATION", "5s", 1);
	cr_assert_eq(gather(load, "run"), CLI_RUN);
	cr_assert_eq(gather(NULL, "trace x.pcap"), CLI_RUN);
	cr_assert_not(settings.duration_given);
	cr_assert_eq(gather(NULL, "bench"), -EINVAL);
}

/* Runs a variable into the ground, and returns what is said of it. */
static void expect_fault(const char *name, const char *value, const char *line, const char *says)
{
	char error[CLI_ERROR_TEXT] = "";

	setenv(name, value, 1);
	cli_settings_init(&settings, cli_command_from_name(line));
	settings.port_count = settings.command == CLI_BENCH ? 0 : 1;
	settings.ports[0].device = "tap:a";
	cr_assert_eq(config_environment_apply(&settings, error), -EINVAL, "%s=%s", name, value);
	cr_assert(strncmp(error, name, strlen(name)) == 0 && strstr(error, says), "%s", error);
	unsetenv(name);
}

Test(config_order, a_wrong_variable_is_named_with_what_is_accepted)
{
	static char long_text[20000];

	expect_fault("QUERN_TIME_WAIT", "1us", "bench", "QUERN_TIME_WAIT=1us: accepted is 1ms to 24h, e.g. 60s");
	expect_fault("QUERN_SOURCE", "10.0.0.1 x", "bench", "QUERN_SOURCE=x: accepted is 198.18.0.0/24");
	expect_fault("QUERN_QUIET", "maybe", "bench", "QUERN_QUIET=maybe: accepted is true or false");
	expect_fault("QUERN_IP", "10.0.0.1/33", "serve", "QUERN_IP=10.0.0.1/33: accepted is ADDR/LEN");
	expect_fault("QUERN_VLAN", "1 2", "serve", "there are more words than ports");
	expect_fault("QUERN_TARGET", "udp:x", "load", "QUERN_TARGET=udp:x: accepted is tcp://ADDR:PORT");
	memset(long_text, 'x', sizeof(long_text) - 1);
	expect_fault("QUERN_LISTEN", long_text, "serve", "a list with blanks between its words");
	for (size_t i = 0; i + 1 < 200; i += 2)
		memcpy(long_text + i, "x ", 3);
	expect_fault("QUERN_LISTEN", long_text, "serve", "up to 32 of them");
}

Test(config_order, each_flag_has_a_variable_that_does_what_it_does)
{
	static const char take_anything[] =
		"json hlog html junit csv out root pcap impair check-send check-expect data expect-body";
	char name[CONFIG_VARIABLE_TEXT], sample[128], error[CLI_ERROR_TEXT];

	cr_assert_str_eq(config_variable_name("time-wait", name), "QUERN_TIME_WAIT");
	for (size_t i = 0; i < config_kind_count; i++) {
		for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
			if (!(flag->commands & config_kinds[i]))
				continue;
			cli_settings_init(&settings, config_kinds[i]);
			if (config_kinds[i] != CLI_BENCH) {
				settings.port_count = 1;
				settings.ports[0].device = "tap:a";
			}
			setenv(config_variable_name(flag->name, name), config_lab_sample(flag, sample), 1);
			cr_assert_eq(config_environment_apply(&settings, error), 0, "%s", error);
			setenv(name, "\x01", 1);
			if (strstr(take_anything, flag->name) == NULL)
				cr_assert_eq(config_environment_apply(&settings, error), -EINVAL, "%s", name);
			unsetenv(name);
		}
	}
}
