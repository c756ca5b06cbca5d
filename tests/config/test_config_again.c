/* test_config_again.c - a file that is read again while its settings are in use. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_exit.h"
#include "config/config_gather.h"

#define HEAD                                                        \
	"kind: forward\n"                                           \
	"ports:\n"                                                  \
	"  - {name: a, dev: \"tap:a\", ip: 10.2.0.1/24}\n"          \
	"  - {name: b, dev: \"tap:b\", ip: 10.3.0.1/24, mtu: %d}\n" \
	"max_sessions: %s\n"                                        \
	"rules:\n"

static struct cli_settings settings, anew;
static char path[64], *said;

static void write_file(const char *rules, int mtu, const char *max_sessions)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fprintf(file, HEAD "%s", mtu, max_sessions, rules);
	fclose(file);
}

static void begin(const char *rules, int count, char *const arguments[])
{
	snprintf(path, sizeof(path), "/tmp/quern-test-XXXXXX");
	close(mkstemp(path));
	write_file(rules, 1400, "1k");
	cr_assert_eq(config_gather(&settings, path, count, arguments), CLI_RUN);
}

/* Reads it again. What was said is in `said`. */
static int again(void)
{
	size_t size;
	FILE *out;
	int rc;

	free(said);
	out = open_memstream(&said, &size);
	rc = config_again_begin(&anew, CLI_FORWARD, out);
	config_again_end(rc == 0);
	fclose(out);
	if (rc == 0)
		settings.forward = anew.forward;
	return rc;
}

static const char one[] = "  - {name: dns, listen: 10.2.0.1:53, to: 10.3.0.5:53}\n";
static const char other[] = "  - {name: ntp, listen: 10.2.0.1:123, to: [10.3.0.6:123, 10.3.0.7:123]}\n";

static void expect_rule(const struct quern_forward_rule *rule, const char *name, uint16_t listen, uint32_t last)
{
	cr_assert_str_eq(rule->name, name);
	cr_assert_eq(rule->listen.port, listen);
	cr_assert_eq(rule->targets[rule->target_count - 1].to.address, last);
}

Test(config_again, gives_other_rules_and_leaves_those_before_for_once)
{
	begin(one, 0, NULL);
	for (int i = 0; i < 5; i++) {
		const struct quern_forward_rule *before = settings.forward.rules;

		write_file(i % 2 ? one : other, 1400, "1k");
		cr_assert_eq(again(), 0, "%s", said);
		cr_assert_str_eq(said, "");
		cr_assert_eq(settings.forward.rule_count, 1);
		if (i % 2)
			expect_rule(settings.forward.rules, "dns", 53, 0x0a030005);
		else
			expect_rule(settings.forward.rules, "ntp", 123, 0x0a030007);
		cr_assert_eq(before->listen.port, i % 2 ? 123 : 53);
	}
	unlink(path);
}

/* However often. */
Test(config_again, leaves_all_as_it_was_where_there_is_a_mistake)
{
	begin(one, 0, NULL);
	for (int i = 0; i < 10; i++) {
		write_file(i % 2 ? "  - {name: dns, listen: 10.2.0.1:99999, to: 10.3.0.9:53}\n"
				 : "  - {name: dns, listen: 10.2.0.9:53, to: 10.3.0.9:53}\n",
			   1400, "1k");
		cr_assert_eq(again(), -EINVAL);
		cr_assert(strstr(said, i % 2 ? "error: rules.listen: '10.2.0.1:99999' is not accepted"
					     : "error: rule 'dns': 10.2.0.9 is no port's own address"),
			  "%s", said);
		cr_assert(strstr(said, i % 2 ? ":7:25:" : ":7:12:") && strstr(said, "^~~"), "%s", said);
		expect_rule(settings.forward.rules, "dns", 53, 0x0a030005);
	}
	write_file(other, 1400, "1k");
	cr_assert_eq(again(), 0, "%s", said);
	expect_rule(settings.forward.rules, "ntp", 123, 0x0a030007);
	unlink(path);
	cr_assert_eq(again(), -EINVAL);
	cr_assert(strstr(said, "No such file"), "%s", said);
	expect_rule(settings.forward.rules, "ntp", 123, 0x0a030007);
}

Test(config_again, names_what_needs_a_restart)
{
	begin(one, 0, NULL);
	write_file(other, 1300, "2k");
	cr_assert_eq(again(), -EINVAL);
	cr_assert(strstr(said, "mtu: another value needs a restart\n") && strstr(said, ":4:51:") &&
			  strstr(said, "max_sessions: another value needs a restart\n") && strstr(said, ":5:15:") &&
			  strstr(said, "2 mistakes in ") && strstr(said, "; nothing has changed\n"),
		  "%s", said);
	write_file(other, 1400, "1k\nduration: 5s");
	cr_assert_eq(again(), -EINVAL);
	cr_assert(strstr(said, "duration: another value needs a restart\n"), "%s", said);
	unlink(path);
}

Test(config_again, names_what_is_left_out_and_another_kind)
{
	FILE *file;

	begin(one, 0, NULL);
	file = fopen(path, "w");
	fprintf(file,
		"kind: forward\nports: [{dev: \"tap:a\", ip: 10.2.0.1/24}, {dev: \"tap:b\", ip: "
		"10.3.0.1/24}]\nrules:\n%s",
		one);
	fclose(file);
	cr_assert_eq(again(), -EINVAL);
	cr_assert(strstr(said, "mtu: 1400 is left out, which needs a restart\n") &&
			  strstr(said, "max_sessions: 1k is left out, which needs a restart\n"),
		  "%s", said);
	file = fopen(path, "w");
	fputs("kind: serve\nports: [{dev: \"tap:a\", ip: 10.0.0.1/24}]\n", file);
	fclose(file);
	cr_assert_eq(again(), -EINVAL);
	cr_assert(strstr(said, "kind: that needs a restart\n"), "%s", said);
	unlink(path);
}

/* What was set above the file is not the file's to change. */
/* Whatever was wrong with it before. */
Test(config_again, of_a_file_that_is_gone_no_line_is_shown)
{
	begin(one, 0, NULL);
	write_file("  []\n", 1400, "1k");
	cr_assert_eq(again(), -EINVAL);
	unlink(path);
	cr_assert_eq(again(), -EINVAL);
	cr_assert(strstr(said, "No such file or directory\n"), "%s", said);
	cr_assert_null(strchr(said, '^'), "%s", said);
}

Test(config_again, goes_by_the_command_line_of_the_start)
{
	char *arguments[] = {(char[]){"--max-sessions"}, (char[]){"5k"}, NULL};

	begin(one, 2, arguments);
	cr_assert_eq(settings.forward.max_sessions, 5000);
	write_file(other, 1400, "7k");
	cr_assert_eq(again(), 0, "%s", said);
	cr_assert_eq(settings.forward.max_sessions, 5000);
	unlink(path);
}

Test(config_again, needs_a_file)
{
	char *arguments[] = {(char[]){"-p"},          (char[]){"tap:a"},      (char[]){"--ip"},
			     (char[]){"10.2.0.1/24"}, (char[]){"--listen"},   (char[]){"10.2.0.1:53"},
			     (char[]){"--to"},        (char[]){"10.2.0.5:5"}, NULL};

	cli_settings_init(&settings, CLI_FORWARD);
	cr_assert_eq(config_gather(&settings, NULL, 8, arguments), CLI_RUN);
	cr_assert_eq(again(), -EINVAL);
	cr_assert(strstr(said, "there is no file to read again"), "%s", said);
}
