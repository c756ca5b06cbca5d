/* test_engine_telemetry.c - telemetry's socket: who finds it, what it answers, and what is left of it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <quern/observe.h>

#include "engine/cable_engine.h"

enum { ANSWER_BYTES = 16384, CONNECTIONS = 2000 };

static struct cable_engine cable;
static struct quern_engine *engine;
static char directory[] = "/tmp/test-telemetry-XXXXXX";
static char said[ANSWER_BYTES + 1];

static void open_engine(void)
{
	char error[QUERN_ERROR_TEXT] = "";

	cable_engine_prepare(&cable, CONNECTIONS, cable_engine_core(0), cable_engine_core(0));
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
}

static void open_in_a_directory(void)
{
	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
	open_engine();
}

static void hear(int sock)
{
	ssize_t bytes = recv(sock, said, ANSWER_BYTES, 0);

	cr_assert_gt(bytes, 0, "%s", strerror(errno));
	said[bytes] = '\0';
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	char pattern[256];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/quern-%d-*/dpdk/quern-%d/dpdk_telemetry.v2", directory, getpid(),
		 getpid());
	cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "no socket is %s", pattern);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", found.gl_pathv[0]);
	globfree(&found);
	cr_assert_eq(connect(sock, (const struct sockaddr *)&address, sizeof(address)), 0, "%s", strerror(errno));
	hear(sock);
	return sock;
}

static void ask(int sock, const char *question)
{
	cr_assert_eq(send(sock, question, strlen(question), 0), (ssize_t)strlen(question));
	hear(sock);
}

static void assert_said(const char *words)
{
	cr_assert_not_null(strstr(said, words), "no %s in: %.2000s", words, said);
}

Test(engine_telemetry, answers_about_shards_workers_and_connections)
{
	char error[QUERN_ERROR_TEXT] = "";
	int sock;

	open_in_a_directory();
	sock = dial();
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	ask(sock, "/quern/stats");
	assert_said("\"count\":2");
	assert_said("\"0\":{\"role\":\"client\",\"port\":0,\"device\":\"cable\",\"worker\":0");
	assert_said("\"opened_active\":2000");
	assert_said("\"ended\":{\"closed\":2000");
	assert_said("\"time_wait\":2000");
	assert_said("\"drops\":{}");
	ask(sock, "/quern/stats,shard=1");
	assert_said("\"shards\":{\"1\":{\"role\":\"server\"");
	ask(sock, "/quern/workers");
	assert_said("{\"/quern/workers\":{\"0\":{\"core\":");
	assert_said("\"shards\":[0,1]");
	ask(sock, "/quern/conns,state=time_wait,limit=2,remote=198.18.1.1:80");
	assert_said("\"count\":2,\"skipped\":0,\"cursor\":\"0.");
	assert_said("\"remote\":[\"198.18.1.1:80\",\"198.18.1.1:80\"],\"state\":[\"TIME-WAIT\",\"TIME-WAIT\"]");
	ask(sock, "/quern/conns,state=ESTABLISHED");
	assert_said("\"count\":0,\"skipped\":0,\"cursor\":\"1.0\"");
	quern_engine_close(engine);
	/* The thread is still there, and the engine no longer. */
	ask(sock, "/quern/stats");
	cr_assert_str_eq(said, "{\"/quern/stats\":null}");
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}

Test(engine_telemetry, answers_about_ports_and_what_their_bad_lines_do)
{
	char error[QUERN_ERROR_TEXT] = "";
	int sock;

	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
	cable_engine_prepare(&cable, CONNECTIONS, cable_engine_core(0), cable_engine_core(0));
	cable.config.ports[1].impair[QUERN_TX].dup_share = QUERN_IMPAIR_WHOLE;
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	sock = dial();
	ask(sock, "/quern/ports");
	assert_said("{\"/quern/ports\":{\"0\":{\"device\":\"cable\",\"driver\":\"net_ring\",\"impaired\":{}}");
	assert_said("\"impaired\":{\"tx\":{\"frames\":0,\"lost\":0,");
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	ask(sock, "/quern/ports");
	assert_said("\"1\":{\"device\":\"cable\"");
	cr_assert_null(strstr(said, "\"duplicated\":0"), "%s", said);
	cr_assert_null(strstr(said, "\"rx\""), "%s", said);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0);
}

Test(engine_telemetry, refuses_parameters_that_are_none)
{
	static const char *const wrong[] = {
		"/quern/stats,shard=2",      "/quern/stats,shard=",       "/quern/stats,1",
		"/quern/stats,shard=-1",     "/quern/conns,limit=0",      "/quern/conns,limit=101",
		"/quern/conns,state=OPEN",   "/quern/conns,state=LISTEN", "/quern/conns,local=:0",
		"/quern/conns,remote=1.2.3", "/quern/conns,cursor=0",     "/quern/conns,cursor=2.0",
		"/quern/conns,cursor=.0",    "/quern/conns,cursor=0.x",   "/quern/conns,what=1",
		"/quern/conns,=,=",          "/quern/workers,0",          "/quern/ports,0",
	};
	char long_one[600] = "/quern/conns,local=";
	int sock;

	open_in_a_directory();
	sock = dial();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ask(sock, wrong[i]);
		cr_assert_not_null(strstr(said, ":{\"error\":\""), "%s is answered by %s", wrong[i], said);
	}
	memset(long_one + strlen(long_one), '1', 500);
	ask(sock, long_one);
	assert_said("{\"error\":\"");
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0);
}

static void ignore_signal(int number)
{
	(void)number;
}

/* A signal that ends its accept() would end telemetry. */
Test(engine_telemetry, outlives_a_storm_of_signals)
{
	const struct itimerval often = {.it_interval = {.tv_usec = 200}, .it_value = {.tv_usec = 200}};
	char error[QUERN_ERROR_TEXT] = "";

	signal(SIGALRM, ignore_signal);
	open_in_a_directory();
	cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0}}, NULL);
	ask(dial(), "/quern/workers");
	assert_said("turns");
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0);
}

static void make(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", directory, name);
	cr_assert_eq(mkdir(path, 0700), 0);
}

Test(engine_telemetry, removes_what_a_killed_process_has_left_and_nothing_else)
{
	char left[128], inside[192], alive[128], other[128], similar[128], results[128];
	struct stat status;
	int lock;

	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
	make("quern-123-aBc4Ef", left);
	snprintf(inside, sizeof(inside), "%s/dpdk", left);
	cr_assert_eq(mkdir(inside, 0700), 0);
	snprintf(inside, sizeof(inside), "%s/dpdk/quern-123", left);
	cr_assert_eq(mkdir(inside, 0700), 0);
	snprintf(inside, sizeof(inside), "%s/dpdk/quern-123/dpdk_telemetry.v2", left);
	close(open(inside, O_CREAT | O_RDWR, 0600));
	make("quern-1-server", results);
	snprintf(inside, sizeof(inside), "%s/result.json", results);
	close(open(inside, O_CREAT | O_RDWR, 0600));
	make("quern-124-aBc4Ef", alive);
	make("quern-memif-aBc4Ef", other);
	make("quern-125-aBc4Efg", similar);
	lock = open(alive, O_RDONLY | O_DIRECTORY);
	cr_assert_eq(flock(lock, LOCK_EX), 0);
	open_engine();
	cr_assert_eq(stat(left, &status), -1);
	cr_assert_eq(stat(alive, &status), 0);
	snprintf(inside, sizeof(inside), "%s/result.json", results);
	cr_assert_eq(unlink(inside), 0, "a user's own file");
	quern_engine_close(engine);
	cr_assert_eq(rmdir(results) + rmdir(alive) + rmdir(other) + rmdir(similar) + rmdir(directory), 0);
}

Test(engine_telemetry, is_left_out_where_its_path_is_too_long)
{
	char path[256];

	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/%0*d", directory, 100, 0);
	cr_assert_eq(mkdir(path, 0700), 0);
	setenv("TMPDIR", path, 1);
	open_engine();
	cr_assert_eq(cable_engine_leftovers(path), 0);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(path) + rmdir(directory), 0);
}
