/* test_config_faults.c - files that are wrong: all mistakes are told, each at its place; nothing crashes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_lab.h"

static struct config_lab lab;

struct fault_case {
	const char *text, *says;
};

static void expect_all(const struct fault_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *printed;

		cr_assert_eq(config_lab_read(&lab, cases[i].text), -EINVAL, "%s", cases[i].text);
		printed = config_lab_printed(&lab);
		cr_assert(strstr(printed, cases[i].says), "%s\nis not in\n%s", cases[i].says, printed);
		cr_assert(strstr(printed, "^"), "%s", printed);
		free(printed);
	}
}

Test(config_faults, ten_mistakes_have_ten_marks)
{
	static const char text[] = "kind: load\n"
				   "cores: 2-x\n"
				   "colour: blue\n"
				   "ports:\n"
				   "  - {name: wan, dev: \"tap:q0\", ip: 10.0.0.300/24}\n"
				   "  - {name: wan, dev: eth1, mtu: 99999}\n"
				   "client:\n"
				   "  cps: fast\n"
				   "  time_wait: 3s\n"
				   "tcp: {sack: perhaps, keepalive: 2h/75s}\n";
	static const char *const parts[] = {
		"cores: '2-x' is not accepted\n  lab.yaml:2:8:   cores: 2-x\n                         ^~~\n  Accepted "
		"is auto",
		"unknown key 'colour'\n  lab.yaml:3:1:   colour: blue\n                  ^~~~~~\n  There are kind,",
		"lab.yaml:5:36:     - {name: wan, dev: \"tap:q0\", ip: 10.0.0.300/24}\n",
		"two ports are called 'wan'\n  lab.yaml:6:12:",
		"ports.dev: 'eth1' is not accepted\n  lab.yaml:6:22:",
		"ports.mtu: '99999' is not accepted\n  lab.yaml:6:33:",
		"client.cps: 'fast' is not accepted\n  lab.yaml:8:8:",
		"unknown key 'client.time_wait'; did you mean tcp.time_wait?\n  lab.yaml:9:3:",
		"tcp.sack: 'perhaps' is not accepted\n  lab.yaml:10:13:",
		"tcp.keepalive: '2h/75s' is not accepted\n  lab.yaml:10:33:",
		NULL};
	char *printed;

	cr_assert_eq(config_lab_read(&lab, text), -EINVAL);
	config_lab_expect(&lab, parts);
	printed = config_lab_printed(&lab);
	cr_assert(strstr(printed, "\n10 mistakes in lab.yaml; nothing was started\n"), "%s", printed);
	free(printed);
}

Test(config_faults, name_what_was_meant_or_what_there_is)
{
	static const struct fault_case cases[] = {
		{"kind: bnech\n", "unknown kind 'bnech'; did you mean bench?"},
		{"kind: proxy\n", "unknown kind 'proxy'\n  lab.yaml:1:7:   kind: proxy\n                        ^~~~~\n"
				  "  There are bench, load, serve"},
		{"kind: trace\n", "There are bench, load, serve"},
		{"duration: 1s\n", "does not say its kind\n  lab.yaml:1:1:"},
		{"kind: [bench]\n", "does not say its kind\n  lab.yaml:1:7:"},
		{"kind: bench\nknid: load\n", "unknown key 'knid'; did you mean kind?\n  lab.yaml:2:1:"},
		{"kind: bench\nduraton: 1s\n", "unknown key 'duraton'; did you mean duration?"},
		{"kind: bench\ntime-wait: 1s\n", "unknown key 'time-wait'\n"},
		{"kind: bench\ntime_wait: 1s\n", "did you mean tcp.time_wait?"},
		{"kind: bench\ntcp: {cps: 5}\n", "unknown key 'tcp.cps'; did you mean client.cps?"},
		{"kind: bench\nclient: {duration: 5s}\n", "did you mean duration?"},
		{"kind: bench\ntcp: {pipes: on}\n", "unknown key 'tcp.pipes'\n  lab.yaml:2:7:"},
		{"kind: serve\nclient: {cps: 5}\n", "unknown key 'client'\n"},
		{"kind: bench\nlabels: [a]\n", "unknown key 'labels'\n"},
		{"kind: bench\nduration: 1s\nwarmup: 1s\nduration: 2s\n",
		 "key 'duration' stands twice\n  lab.yaml:4:1:   duration: 2s\n                  ^~~~~~~~\n  The first "
		 "is in line 2;"},
		{"kind: bench\nkind: load\n", "key 'kind' stands twice"},
		{"kind: bench\ntcp: {sack: on}\ntcp: {}\n", "key 'tcp' stands twice"},
		{"kind: load\ntcp: {keepalive: off}\nclient: {keepalive: 1s}\n",
		 "client.keepalive: stands in another section"},
		{"kind: load\nclient: {http: {path: /}, target: \"http://10.0.0.1/x\"}\n",
		 "client.http.path: '/' is not"},
		{"kind: bench\nclient: {target: \"http://10.0.0.1/\"}\n",
		 "client.target: 'http://10.0.0.1/' is not accepted"},
	};

	expect_all(cases, sizeof(cases) / sizeof(cases[0]));
}

Test(config_faults, say_what_belongs_in_the_place_of_what_is_there)
{
	static const struct fault_case cases[] = {
		{"kind: load\nports: {dev: \"tap:a\"}\n", "ports is a list\n  lab.yaml:2:8:"},
		{"kind: load\nports: [tap]\n", "no map in the list ports\n"},
		{"kind: load\nports: [{mtu: 1400}]\n", "an item of ports without dev\n  lab.yaml:2:9:"},
		{"kind: bench\ntcp: 5\n", "no map behind the key tcp\n"},
		{"kind: bench\nduration: [1s]\n", "duration: a list where one value belongs\n  lab.yaml:2:11:"},
		{"kind: bench\nduration: {a: b}\n", "duration: keys where a value belongs\n"},
		{"kind: bench\nduration:\n", "duration: no value\n  lab.yaml:2:1:"},
		{"kind: bench\nclient: {source: []}\n", "client.source: an empty list"},
		{"kind: bench\nclient: {source: [[a]]}\n", "client.source: a list in a list"},
		{"kind: bench\nquiet: maybe\n", "quiet: this is neither true nor false"},
		{"kind: bench\nports: [{dev: cable, name: a, peer: c}, {dev: cable, name: b}]\n",
		 "ports.peer: no other port is called 'c'\n  lab.yaml:2:37:"},
		{"kind: bench\nports: [{dev: cable, name: a, peer: b}, {dev: cable, name: b, peer: x}]\n",
		 "'b' is the peer of another port"},
		{"kind: load\nports: [{dev: \"tap:a\", name: \"a b\"}]\n", "ports.name: 'a b' is not accepted"},
		{"", "nothing in it\n  lab.yaml:1:1:"},
		{"# only words\n", "nothing in it\n"},
		{"- kind\n", "no map of keys\n"},
		{"kind", "no map of keys\n"},
	};

	expect_all(cases, sizeof(cases) / sizeof(cases[0]));
}

Test(config_faults, of_syntax_have_line_column_and_caret)
{
	static const struct fault_case cases[] = {
		{"kind: bench\nports: [a, b\n", "no YAML: "},
		{"kind: bench\nduration: \"5s\n", "no YAML: double-quoted scalar without closing quote\n  lab.yaml:"},
		{"kind: bench\nduration: 5s: 6s\n", "\n  lab.yaml:2:13:   duration: 5s: 6s\n"},
		{"kind: bench\n\tduration: 5s\n", "no YAML: "},
		{"kind: bench\n---\nkind: load\n", "a second document\n  lab.yaml:2:1:"},
		{"kind: &a bench\n", "an anchor\n  lab.yaml:1:"},
		{"kind: bench\nduration: *a\n", "an alias\n  lab.yaml:2:"},
		{"kind: bench\nduration: !!int 5\n", "a tag\n  lab.yaml:2:"},
		{"kind: bench\n? [a]\n: b\n", "a key that is no plain text\n  lab.yaml:2:3:"},
		{"kind: bench\njson: \"a\\0b\"\n", "a zero byte in a value\n  lab.yaml:2:"},
	};

	expect_all(cases, sizeof(cases) / sizeof(cases[0]));
}

Test(config_faults, count_columns_in_letters_and_show_a_part_of_a_long_line)
{
	static char text[6000];
	char *printed;

	cr_assert_eq(config_lab_read(&lab, "{kind: bench, json: \"äöü€\", cores: é}"), -EINVAL);
	printed = config_lab_printed(&lab);
	cr_assert(strstr(printed, "\n  lab.yaml:1:36:   {kind: bench, json: \"äöü€\", cores: é}\n"
				  "                                                      ^\n"),
		  "%s", printed);
	free(printed);
	snprintf(text, sizeof(text), "{kind: bench, json: \"");
	memset(text + 21, 'j', 3000);
	snprintf(text + 3021, sizeof(text) - 3021, "\", cores: x, %2000s seed: 7}", "");
	cr_assert_eq(config_lab_read(&lab, text), -EINVAL);
	printed = config_lab_printed(&lab);
	cr_assert_lt(strlen(printed), 600, "%s", printed);
	cr_assert(strstr(printed, "lab.yaml:1:3032: …jjjj"), "%s", printed);
	free(printed);
}

/* A file comes from anywhere, and its escapes may spell commands of a terminal. */
Test(config_faults, show_nothing_that_a_terminal_obeys)
{
	char *printed;

	cr_assert_eq(config_lab_read(&lab, "kind: load\n"
					   "\"col\\e[31mour\\x9b\": blue\n"
					   "client: {cps: \"fast\\e]0;x\\a\\n\\x7f\"}\n"),
		     -EINVAL);
	printed = config_lab_printed(&lab);
	cr_assert(strstr(printed, "unknown key 'col.[31mour..'"), "%s", printed);
	cr_assert(strstr(printed, "client.cps: 'fast.]0;x...' is not accepted\n"), "%s", printed);
	for (const char *at = printed; *at; at++)
		cr_assert(*at == '\n' || (unsigned char)*at >= ' ', "a byte 0x%02x", *at);
	free(printed);
}

Test(config_faults, more_than_are_printed_are_counted)
{
	char *text = malloc(40000), *printed;
	size_t used = (size_t)sprintf(text, "kind: bench\n");
	size_t lines = 0;

	for (int i = 0; i < 250; i++)
		used += (size_t)sprintf(text + used, "unheard_of_%d: 1\n", i);
	cr_assert_eq(config_lab_read(&lab, text), -EINVAL);
	cr_assert_eq(lab.file.faults.count, 250);
	printed = config_lab_printed(&lab);
	for (const char *at = printed; (at = strstr(at, "error: ")) != NULL; at++)
		lines++;
	cr_assert_eq(lines, CONFIG_MAX_FAULTS);
	cr_assert(strstr(printed, "250 mistakes in lab.yaml, of which these are the first; nothing was started"));
	free(printed);
	free(text);
}

/* Each of these has ended other programs, or kept them busy for hours. check_config.py has them as large as they come.
 */
enum { HOSTILE_BYTES = 32768 };

Test(config_faults, hostile_texts_are_refused_soon)
{
	static const char *const pieces[] = {"[",  "{",    "- ",    "? ",    "a: {",         "{a: b,",
					     "!",  "&a ",  "*a ",   "\"\\n", "%TAG ! x\n",   "a: &a [*a, *a]\n",
					     ": ", "|\n ", "---\n", "<<: ",  "\xef\xbb\xbf", "a:\n  ",
					     "'",  "#"};
	static const char bytes[][4] = {
		{'a', ':', ' ', 0},      {'a', ':', '\xff', ' '},       {'\xc0', '\x80', ' ', ' '},
		{'a', ':', '\x1b', '['}, {'\xed', '\xa0', '\x80', ' '}, {'a', '\xe2', '\x82', ' '}};
	static const struct {
		const char *before, *each, *behind;
	} repeated[] = {
		{"", "k%d: v\n", ""},
		{"ports:\n", "- {name: k%d}\n", ""},
		{"ports: [", "{dev: \"tap:a%d\", mtu: 99},", "]"},
		{"ports:\n", "- {a: 1, a: %d, b: 1, b: 2}\n", ""},
		{"client: {source: [", "10.%d,", "]}"},
		{"client: {source: [[", "10.%d,", "]]}"},
		{"cores: [", "%d,", "]"},
	};
	char *text = malloc(HOSTILE_BYTES + 16);

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t used = (size_t)sprintf(text, "kind: bench\njson: ");

		while (used + strlen(pieces[i]) < HOSTILE_BYTES)
			used += (size_t)sprintf(text + used, "%s", pieces[i]);
		config_lab_read_bytes(&lab, text, used);
		cr_assert(lab.rc == -EINVAL || strchr("#|\xef", pieces[i][0]), "%s", pieces[i]);
		free(config_lab_printed(&lab));
	}
	for (size_t i = 0; i < sizeof(repeated) / sizeof(repeated[0]); i++) {
		size_t used = (size_t)sprintf(text, "kind: load\n%s", repeated[i].before);

		for (int number = 0; used + 64 < HOSTILE_BYTES; number++)
			used += (size_t)sprintf(text + used, repeated[i].each, number);
		used += (size_t)sprintf(text + used, "%s", repeated[i].behind);
		cr_assert_eq(config_lab_read_bytes(&lab, text, used), -EINVAL, "%s", repeated[i].each);
		free(config_lab_printed(&lab));
	}
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		static const char *const parts[] = {"which no text of UTF-8 has here\n  lab.yaml:1:", NULL};

		cr_assert_eq(config_lab_read_bytes(&lab, bytes[i], sizeof(bytes[i])), -EINVAL);
		config_lab_expect(&lab, parts);
	}
	free(text);
}
