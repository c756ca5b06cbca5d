/* engine_capture.c - the capture file of an engine: opened, filled by a thread of its own while workers run, closed. */
#include "engine/engine_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "base/counter.h"
#include "engine/engine_parts.h"

enum {
	RINGS_BYTES = 1 << 26, /* of all rings: at 3 million frames a second more than 0.2 s without the thread */
	RING_BYTES_MIN = 1 << 22,
	NAP_NS = 1000000
};

static int fail(const struct quern_engine *engine, int code, const char *remedy, char error[QUERN_ERROR_TEXT])
{
	return engine_fail(error, code == EACCES ? -EACCES : -EINVAL, "capture file %.256s: %s\n  %s",
			   engine->config.capture.path, strerror(code), remedy);
}

static bool is_file(const char *path, const struct stat *file)
{
	struct stat other;

	return path[0] != '\0' && stat(path, &other) == 0 && S_ISREG(other.st_mode) && other.st_dev == file->st_dev &&
	       other.st_ino == file->st_ino;
}

/* The port that reads or writes the file itself; port_count where none does. */
static uint16_t port_of_file(const struct quern_engine *engine, const struct stat *file)
{
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;
	uint16_t port = 0;

	for (; port < engine->config.port_count; port++) {
		if (nic_parse_device(engine->config.ports[port].device, &name, error) == 0 &&
		    name.kind == NIC_KIND_PCAP && (is_file(name.path, file) || is_file(name.out, file)))
			break;
	}
	return port;
}

/* Opens the file, and leaves what it held: the run may not come about. */
int engine_open_capture(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct engine_capture *capture = &engine->capture;
	const char *path = engine->config.capture.path;
	struct stat status;
	uint16_t port;

	capture->file = -1;
	if (path == NULL)
		return 0;
	capture->is_new = access(path, F_OK) != 0;
	/* A pipe without a reader is no reason to wait. */
	capture->file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
	if (capture->file < 0)
		return fail(engine, errno, "Name a file that can be written, in a folder that exists", error);
	if (fstat(capture->file, &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))) {
		engine_close_capture(engine);
		return engine_fail(error, -EINVAL, "capture file %.256s is no plain file\n  Name one, or a new one",
				   path);
	}
	port = port_of_file(engine, &status);
	if (port < engine->config.port_count) {
		engine_close_capture(engine);
		return engine_fail(error, -EINVAL, "capture file %.256s is port %u's own\n  Name another one", path,
				   port);
	}
	return 0;
}

void engine_close_capture(struct quern_engine *engine)
{
	struct engine_capture *capture = &engine->capture;

	if (capture->file < 0)
		return;
	close(capture->file);
	if (capture->is_new && !capture->has_begun)
		unlink(engine->config.capture.path);
	capture->file = -1;
}

/* What goes into one end of a cable comes out of the other: the first is enough. */
static bool is_captured(const struct quern_engine *engine, uint16_t port)
{
	for (uint16_t other = 0; other < port; other++) {
		if (engine->nics[port].kind == NIC_KIND_CABLE && engine->nics[other].kind == NIC_KIND_CABLE)
			return false;
	}
	return true;
}

static uint16_t count_rings(const struct quern_engine *engine)
{
	uint16_t count = 0;

	for (uint16_t port = 0; port < engine->config.port_count; port++)
		count = (uint16_t)(count + (is_captured(engine, port) ? engine->nics[port].queues : 0));
	return count;
}

static int make_rings(struct quern_engine *engine, uint16_t count)
{
	struct engine_capture *capture = &engine->capture;
	uint64_t ring_bytes = RTE_MAX((uint64_t)RINGS_BYTES / rte_align32pow2(count), (uint64_t)RING_BYTES_MIN);
	int code = 0;

	capture->rings = calloc(count, sizeof(*capture->rings));
	capture->pcap = malloc(sizeof(*capture->pcap));
	if (capture->rings == NULL || capture->pcap == NULL)
		return -ENOMEM;
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic *nic = &engine->nics[port];

		for (uint16_t queue = 0; queue < nic->queues && is_captured(engine, port) && code == 0; queue++) {
			code = nic_capture_open(nic, queue, ring_bytes);
			capture->rings[capture->ring_count++] = nic->captures[queue];
		}
	}
	return code;
}

int engine_make_rings(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	if (engine->capture.file < 0 || make_rings(engine, count_rings(engine)) == 0)
		return 0;
	engine_free_rings(engine);
	return engine_fail(error, -ENOMEM, "no memory for %u MiB of captured frames\n  Free some, or capture nothing",
			   RINGS_BYTES >> 20);
}

void engine_free_rings(struct quern_engine *engine)
{
	for (uint16_t port = 0; port < engine->config.port_count; port++)
		nic_capture_close(&engine->nics[port]);
	free(engine->capture.rings);
	free(engine->capture.pcap);
	engine->capture.rings = NULL;
	engine->capture.pcap = NULL;
	engine->capture.ring_count = 0;
}

/* The ring whose next frame is the oldest of all, and from before `until_ns`; null where there is none. */
static struct nic_capture *oldest(const struct engine_capture *capture, uint64_t until_ns)
{
	struct nic_capture *found = NULL;

	for (uint16_t number = 0; number < capture->ring_count; number++) {
		const struct nic_capture_record *record = nic_capture_next(capture->rings[number]);

		if (record == NULL || record->at_ns >= until_ns)
			continue;
		until_ns = record->at_ns;
		found = capture->rings[number];
	}
	return found;
}

/* Of every ring whatever comes before this time is there. */
static uint64_t settled_ns(const struct engine_capture *capture)
{
	uint64_t settled = UINT64_MAX;

	for (uint16_t number = 0; number < capture->ring_count; number++)
		settled = RTE_MIN(settled, nic_capture_settled_ns(capture->rings[number]));
	return settled;
}

static void tell(struct engine_capture *capture)
{
	struct quern_capture_report *report = &capture->report;
	uint64_t missing = 0;

	for (uint16_t number = 0; number < capture->ring_count; number++)
		missing += counter_read(&capture->rings[number]->missing);
	__atomic_store_n(&report->code, engine_pcap_flush(capture->pcap), __ATOMIC_RELAXED);
	__atomic_store_n(&report->frames, capture->pcap->frames, __ATOMIC_RELAXED);
	__atomic_store_n(&report->bytes, capture->pcap->bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&report->missing, missing, __ATOMIC_RELAXED);
}

static void stop(struct engine_capture *capture)
{
	for (uint16_t number = 0; number < capture->ring_count; number++)
		__atomic_store_n(&capture->rings[number]->is_over, true, __ATOMIC_RELAXED);
}

bool engine_capture_take(struct engine_capture *capture, uint64_t until_ns)
{
	struct nic_capture *ring = oldest(capture, until_ns);
	bool found_any = ring != NULL;

	for (; ring != NULL && capture->pcap->code == 0; ring = oldest(capture, until_ns)) {
		const struct nic_capture_record *record = nic_capture_next(ring);

		if (capture->pcap->frames == capture->max_frames) {
			__atomic_store_n(&capture->report.is_full, true, __ATOMIC_RELAXED);
			break;
		}
		engine_pcap_add(capture->pcap, capture->epoch_ns + record->at_ns, record + 1, record->bytes);
		nic_capture_pass(ring, record);
	}
	tell(capture);
	return found_any;
}

static bool is_over(const struct engine_capture *capture)
{
	return capture->report.is_full || capture->report.code != 0;
}

static void *write_frames(void *argument)
{
	struct engine_capture *capture = argument;
	const struct timespec nap = {.tv_nsec = NAP_NS};

	while (!is_over(capture) && !__atomic_load_n(&capture->ends, __ATOMIC_ACQUIRE)) {
		if (!engine_capture_take(capture, settled_ns(capture)))
			nanosleep(&nap, NULL);
	}
	if (!is_over(capture))
		engine_capture_take(capture, UINT64_MAX);
	stop(capture);
	return NULL;
}

/* Away from the workers, where this process may run elsewhere too. */
static void place_thread(const struct quern_engine *engine)
{
	cpu_set_t cores = engine->allowed;

	for (uint16_t number = 0; number < engine->worker_count; number++)
		CPU_CLR(engine->workers[number].core, &cores);
	if (CPU_COUNT(&cores) == 0)
		cores = engine->allowed;
	pthread_setaffinity_np(engine->capture.thread, sizeof(cores), &cores);
	pthread_setname_np(engine->capture.thread, "quern-capture");
}

int engine_start_capture(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct engine_capture *capture = &engine->capture;
	uint64_t most = engine->config.capture.max_frames;
	int code;

	if (capture->file < 0)
		return 0;
	capture->max_frames = most != 0 ? most : QUERN_CAPTURE_FRAMES;
	if (engine->config.capture.wall_ns != NULL)
		capture->epoch_ns = engine->config.capture.wall_ns() - worker_clock_ns(&engine->clock, rte_rdtsc());
	engine_pcap_begin(capture->pcap, capture->file);
	capture->has_begun = true;
	tell(capture);
	code = pthread_create(&capture->thread, NULL, write_frames, capture);
	if (code != 0)
		return engine_fail(error, -code, "no thread to write captured frames: %s", strerror(code));
	capture->is_running = true;
	place_thread(engine);
	return 0;
}

void engine_finish_capture(struct quern_engine *engine)
{
	struct engine_capture *capture = &engine->capture;

	if (!capture->is_running)
		return;
	__atomic_store_n(&capture->ends, true, __ATOMIC_RELEASE);
	pthread_join(capture->thread, NULL);
	capture->is_running = false;
}

bool quern_engine_captured(const struct quern_engine *engine, struct quern_capture_report *report)
{
	const struct quern_capture_report *live = &engine->capture.report;

	report->frames = counter_read(&live->frames);
	report->bytes = counter_read(&live->bytes);
	report->missing = counter_read(&live->missing);
	report->is_full = __atomic_load_n(&live->is_full, __ATOMIC_RELAXED);
	report->code = __atomic_load_n(&live->code, __ATOMIC_RELAXED);
	return engine->capture.file >= 0;
}
