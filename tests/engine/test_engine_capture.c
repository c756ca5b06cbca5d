/* test_engine_capture.c - an engine's frames are in its capture file, in order of time and none twice, and the file is
 * whole however it ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"
#include "engine/engine_parts.h"

enum { CONNECTIONS = 2000, HEADER_BYTES = 24, RECORD_BYTES = 16 };

static char path[] = "/tmp/quern-test-capture-XXXXXX";
static struct quern_capture_report report;

static void make_path(void)
{
	int file = mkstemp(path);

	cr_assert_geq(file, 0);
	cr_assert_eq(write(file, "what it held before", 19), 19);
	close(file);
}

/* Frames of the file, whose times must ascend. */
static uint64_t count_frames(void)
{
	uint64_t count = 0, latest_ns = 0;
	uint32_t words[4];
	FILE *file = fopen(path, "rb");

	cr_assert_eq(fseek(file, HEADER_BYTES, SEEK_SET), 0);
	for (; fread(words, sizeof(words), 1, file) == 1; count++) {
		uint64_t at_ns = words[0] * UINT64_C(1000000000) + words[1];

		cr_assert_geq(at_ns, latest_ns, "frame %u is out of order", (unsigned int)count);
		latest_ns = at_ns;
		cr_assert_eq(fseek(file, (long)words[2], SEEK_CUR), 0);
	}
	cr_assert_eq((uint64_t)ftell(file), report.bytes);
	fclose(file);
	unlink(path);
	return count;
}

/* Runs connections over a captured cable, `workers` at each end; frames that the first end has sent and received. */
static uint64_t run(uint16_t workers, uint64_t max_frames)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";
	uint64_t frames = 0;

	cable_engine_prepare(&cable, CONNECTIONS, cable_engine_core(0), cable_engine_core(1));
	for (uint16_t more = 1; more < workers; more++) {
		cable_engine_add(&cable, CONNECTIONS, cable_engine_core(0), more);
		cable_engine_add(&cable, 0, cable_engine_core(1), more);
	}
	cable.config.capture = (struct quern_capture_config){.path = path, .max_frames = max_frames};
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	cr_assert(quern_engine_captured(engine, &report));
	cr_assert_eq(cable_engine_sums(&cable, true).ended, workers * CONNECTIONS);
	for (uint16_t shard = 0; shard < cable.config.shard_count; shard++) {
		struct quern_counters counters;

		quern_engine_counters(engine, shard, &counters);
		if (cable.config.shards[shard].port == 0)
			frames += counters.rx_packets + counters.tx_packets;
	}
	quern_engine_close(engine);
	return frames;
}

Test(engine_capture, every_frame_of_a_cables_first_end_is_there_once)
{
	uint64_t frames;

	make_path();
	frames = run(1, 0);
	cr_assert_eq(report.missing, 0);
	cr_assert_not(report.is_full);
	cr_assert_eq(report.frames, frames);
	cr_assert_eq(count_frames(), frames);
}

Test(engine_capture, frames_of_several_workers_are_in_order_of_time)
{
	uint64_t frames;

	make_path();
	frames = run(2, UINT64_MAX);
	cr_assert_eq(report.missing, 0);
	cr_assert_eq(report.frames, frames);
	cr_assert_eq(count_frames(), frames);
}

Test(engine_capture, a_capture_ends_with_as_many_frames_as_were_asked_for)
{
	make_path();
	run(2, 1000);
	cr_assert(report.is_full);
	cr_assert_eq(report.frames, 1000);
	cr_assert_eq(count_frames(), 1000);
}

Test(engine_capture, a_device_that_is_full_ends_the_capture_and_not_the_run)
{
	strcpy(path, "/dev/full");
	run(1, 0);
	cr_assert_eq(report.code, -ENOSPC);
	cr_assert_eq(report.frames, 0);
}

/* Where the start fails, an old file is as it was, and a new one is none. */
Test(engine_capture, a_file_is_not_touched_before_the_run)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "", *no_such[] = {"--no-such", NULL};
	struct stat status;

	cable_engine_prepare(&cable, 1, cable_engine_core(0), cable_engine_core(1));
	cable.config.eal_arguments = no_such;
	cable.config.capture.path = path;
	make_path();
	cr_assert_neq(quern_engine_open(&cable.config, &engine, error), 0);
	cr_assert_eq(stat(path, &status), 0);
	cr_assert_eq(status.st_size, 19);
	unlink(path);
	cr_assert_neq(quern_engine_open(&cable.config, &engine, error), 0);
	cr_assert_neq(access(path, F_OK), 0, "a file was left behind");
}

Test(engine_capture, a_file_that_will_not_do_is_named_before_the_start)
{
	static const struct {
		const char *name, *says;
	} files[] = {{"no/x.pcap", "/no/x.pcap: No such file or directory\n  Name a file"},
		     {"", "/: Is a directory\n  Name a file"},
		     {"read", "/read is no plain file\n  Name one"},
		     {"alone", "/alone: No such device or address\n  Name a file"}};
	char folder[] = "/tmp/quern-test-capture-XXXXXX", pipes[2][64], file[64];
	int reader;

	cr_assert_not_null(mkdtemp(folder));
	for (int i = 0; i < 2; i++) {
		snprintf(pipes[i], sizeof(pipes[i]), "%s/%s", folder, files[2 + i].name);
		cr_assert_eq(mkfifo(pipes[i], 0600), 0);
	}
	reader = open(pipes[0], O_RDONLY | O_NONBLOCK);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		static struct cable_engine cable;
		struct quern_engine *engine;
		char error[QUERN_ERROR_TEXT] = "";

		snprintf(file, sizeof(file), "%s/%s", folder, files[i].name);
		cable_engine_prepare(&cable, 1, cable_engine_core(0), cable_engine_core(1));
		cable.config.capture.path = file;
		cr_expect_eq(quern_engine_open(&cable.config, &engine, error), -EINVAL);
		cr_expect(strstr(error, "capture file ") == error && strstr(error, files[i].says), "%s", error);
	}
	close(reader);
	unlink(pipes[0]);
	unlink(pipes[1]);
	cr_expect_eq(rmdir(folder), 0);
}
