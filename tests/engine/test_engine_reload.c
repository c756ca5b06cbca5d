/* test_engine_reload.c - other rules for an engine that runs, given by the application or asked for by telemetry. */
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <quern/inventory.h>
#include <quern/order.h>
#include <quern/reload.h>

#include "engine/cable_engine.h"

enum { ANSWER_BYTES = 16384, MANY = 20, TICKS_MAX = 300 };

static const struct quern_forward_target targets[] = {{.to = {.address = 0xC6130005, .port = 53}},
						      {.to = {.address = 0xC6130006, .port = 53}}};
static const struct quern_forward_rule rules[] = {
	{.name = "a", .listen = {.address = 0xC6120001, .port = 53}, .targets = targets, .target_count = 2},
	{.name = "b", .listen = {.address = 0xC6120001, .port = 54}, .targets = targets, .target_count = 1}};

static struct quern_engine *engine;
static char directory[] = "/tmp/test-reload-XXXXXX";

/* Both ends of a cable, one worker, with a rule or without. */
static struct quern_engine_config prepared(uint16_t rule_count)
{
	struct quern_engine_config config = {
		.ports = {{.device = "cable",
			   .addresses = {0xC6120001, 0xC6120001, {0, 0}, {0, 0}},
			   .prefix_length = 24},
			  {.device = "cable",
			   .addresses = {0xC6130001, 0xC6130001, {0, 0}, {0, 0}},
			   .prefix_length = 24}},
		.port_count = 2,
		.shards = {{.port = 0}, {.port = 1}},
		.shard_count = 2,
		.memory = QUERN_MEMORY_4K,
		.seed = 1,
		.forward = {.rules = rules, .rule_count = rule_count, .max_sessions = rule_count ? 1000 : 0}};

	config.shards[0].core = config.shards[1].core = cable_engine_core(0);
	for (int i = 0; i < 2; i++)
		config.shards[i].max_connections = config.shards[i].max_time_wait = 64;
	return config;
}

static void run(const struct quern_engine_config *config, void (*on_tick)(struct quern_engine *engine, void *app))
{
	char error[QUERN_ERROR_TEXT] = "";

	cr_assert_eq(quern_engine_open(config, &engine, error), 0, "%s", error);
	cr_assert_eq(quern_engine_run(engine, on_tick, NULL, error), 0, "%s", error);
	quern_engine_close(engine);
}

static void expect(const struct quern_forward_config *forward, int code, const char *words)
{
	char error[QUERN_ERROR_TEXT] = "";

	cr_assert_eq(quern_engine_reload_forward(engine, forward, error), code, "%s", error);
	cr_assert(strstr(error, words), "%s", error);
	cr_assert(quern_engine_reload_is_done(engine));
}

static void change_rules(struct quern_engine *running, void *app)
{
	static const struct quern_forward_target far[] = {{.to = {.address = 0x01020304, .port = 53}}};
	struct quern_forward_rule wrong[] = {rules[0], rules[1]};
	struct quern_forward_config forward = {.rules = rules, .rule_count = 2, .max_sessions = 1000};
	char error[QUERN_ERROR_TEXT] = "";

	(void)app;
	forward.max_sessions = 2000;
	expect(&forward, -EINVAL, "restart");
	forward.max_sessions = 1000;
	forward.rules = wrong;
	wrong[1].listen.port = 53;
	expect(&forward, -EINVAL, "rule 'b'");
	wrong[1] = rules[1];
	wrong[1].port = 2;
	expect(&forward, -EINVAL, "There are ports 0 to 1");
	wrong[1].port = 0;
	wrong[1].targets = far;
	expect(&forward, -ENETUNREACH, "no port leads to");
	forward.rule_count = 0;
	expect(&forward, -EINVAL, "there must be a rule");
	for (uint16_t i = 0; i < MANY; i++) {
		forward = (struct quern_forward_config){.rules = rules + i % 2, .rule_count = 1, .max_sessions = 1000};
		wrong[0] = rules[i % 2];
		wrong[0].max_sessions_per_source = i;
		forward.rules = wrong;
		cr_assert_eq(quern_engine_reload_forward(running, &forward, error), 0, "%s", error);
		cr_assert(quern_engine_reload_is_done(running), "a worker that turns takes it within a second");
	}
	quern_engine_stop(running);
}

Test(engine_reload, takes_rules_that_are_good_and_changes_nothing_by_others)
{
	const struct quern_engine_config config = prepared(1);

	run(&config, change_rules);
}

static void want_sessions(struct quern_engine *running, void *app)
{
	struct quern_forward_rule wanted[] = {rules[0], rules[1]};
	struct quern_forward_config forward = {.rules = wanted, .rule_count = 2};
	struct quern_forward_use use;

	(void)app;
	quern_engine_sessions(running, &use);
	cr_assert_eq(use.capacity, 0);
	wanted[0].one_way = true;
	expect(&forward, -EINVAL, "rule 'b': it keeps sessions, and there is no room for any");
	wanted[1].one_way = true;
	expect(&forward, 0, "");
	quern_engine_stop(running);
}

/* Nor is there memory for sessions, unless max_sessions says that there may be some. */
Test(engine_reload, has_no_sessions_for_rules_where_none_kept_some_at_the_start)
{
	struct quern_forward_rule one_way = rules[0];
	struct quern_engine_config config = prepared(1);
	struct quern_need with, without;
	char error[QUERN_ERROR_TEXT] = "";

	one_way.one_way = true;
	config.forward.rules = &one_way;
	config.forward.max_sessions = 100000;
	cr_assert_eq(quern_engine_need(&config, &with, error), 0, "%s", error);
	config.forward.max_sessions = 0;
	cr_assert_eq(quern_engine_need(&config, &without, error), 0, "%s", error);
	cr_assert_gt(with.bytes, without.bytes + 64 * 100000);
	run(&config, want_sessions);
}

static void change_none(struct quern_engine *running, void *app)
{
	const struct quern_forward_config forward = {.rules = rules, .rule_count = 1};

	(void)app;
	expect(&forward, -EINVAL, "opened without rules");
	quern_engine_stop(running);
}

Test(engine_reload, is_for_engines_that_forward)
{
	const struct quern_engine_config config = prepared(0);

	run(&config, change_none);
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	char pattern[256], hello[1024];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/quern-%d-*/dpdk/quern-%d/dpdk_telemetry.v2", directory, getpid(),
		 getpid());
	if (glob(pattern, 0, NULL, &found) != 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", found.gl_pathv[0]);
	globfree(&found);
	return connect(sock, (struct sockaddr *)&address, sizeof(address)) == 0 &&
			       recv(sock, hello, sizeof(hello), 0) > 0
		       ? sock
		       : -1;
}

/* What two who ask at the same time hear. */
static char heard[2][ANSWER_BYTES + 1];
static pthread_t askers[2];
static unsigned int asked, ticks, answered; /* the last one atomic */

static void *ask(void *app)
{
	char *answer = app;
	int sock = dial();
	ssize_t bytes = -1;

	if (sock >= 0 && send(sock, "/quern/reload", strlen("/quern/reload"), 0) > 0)
		bytes = recv(sock, answer, ANSWER_BYTES, 0);
	answer[bytes > 0 ? bytes : 0] = '\0';
	close(sock);
	__atomic_fetch_add(&answered, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void answer(struct quern_engine *running, struct quern_order *order, void *app)
{
	(void)running;
	asked++;
	cr_assert_eq(app, &asked);
	order->is_taken = true;
	strcpy(order->text, "\"");
	for (int i = 0; i < 100; i++)
		strcat(order->text, "äöü→");
	strcat(order->text, "\n  end\n");
}

static void have_it_asked(struct quern_engine *running, void *app)
{
	(void)app;
	for (int i = 0; ticks == 0 && i < 2; i++)
		cr_assert_eq(pthread_create(&askers[i], NULL, ask, heard[i]), 0);
	if (++ticks < TICKS_MAX && __atomic_load_n(&answered, __ATOMIC_ACQUIRE) < 2)
		return;
	for (int i = 0; i < 2; i++)
		pthread_join(askers[i], NULL);
	quern_engine_stop(running);
}

static void expect_whole(const char *text)
{
	int count = 0;

	cr_assert(strstr(text, "{\"/quern/reload\":{\"taken\":1,\"text\":[\"\\\"") == text, "%s", text);
	cr_assert(strstr(text, "\\n  end\\n\"]}}"), "%s", text);
	for (const char *at = text; (at = strstr(at, "%92")); at += 3)
		count++;
	cr_assert_eq(count, 100, "not each last byte of an arrow is a piece's: %s", text);
}

Test(engine_reload, is_asked_for_by_telemetry_and_done_by_the_control_thread)
{
	struct quern_engine_config config = prepared(1);
	int late;

	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
	config.on_order = answer;
	config.order_app = &asked;
	run(&config, have_it_asked);
	late = strstr(heard[0], "under way") ? 0 : 1;
	expect_whole(heard[1 - late]);
	cr_assert(asked == 2 || strstr(heard[late], "another order is under way"), "%s", heard[late]);
	rmdir(directory);
}

Test(engine_reload, is_refused_where_the_application_has_none)
{
	const struct quern_engine_config config = prepared(1);

	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
	run(&config, have_it_asked);
	cr_assert(strstr(heard[0], "\"taken\":0") && strstr(heard[1], "\"taken\":0"), "%s %s", heard[0], heard[1]);
	cr_assert(strstr(heard[0], "takes no orders") || strstr(heard[1], "takes no orders"), "%s %s", heard[0],
		  heard[1]);
	rmdir(directory);
}
