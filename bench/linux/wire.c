/* wire.c - a bad line between two network namespaces, in real time, by the tree's own model (base/impair_model.h).
 *
 *	wire NAMESPACE:TAP NAMESPACE:TAP [-d MICROSECONDS] [-l SHARE] [-s SEED] [-w FILE]
 *
 * Makes a tap in each of two named namespaces and carries frames between them. Each way has the delay of -d and loses
 * a share of its frames, 0.01 for 1 %, each by itself; all draws follow from -s. So the delay of a round trip is twice
 * -d. The taps offer no offloads: whoever sends cuts and sums. -w keeps in a pcap file all frames that come, with the
 * time at which they do; what is lost is among them. Says "ready", and on SIGTERM or SIGINT one line of JSON with what
 * it has counted, each way. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/impair_line.h"
#include "base/impair_model.h"

enum {
	ENDS = 2,
	BURST = 64,        /* frames of one end before the other has its turn */
	FRAMES_MAX = 8192, /* on their way, one way: 1 Gbit/s for 98 ms */
	FRAME_BYTES = 2048,
	READ_BYTES = 65536, /* so that no frame is cut unseen */
	LINK_HEADER = 14,
	TRANSMIT_QUEUE = 10000 /* frames that the kernel keeps for a tap */
};

struct frame {
	uint32_t bytes;
	uint64_t due_ns;
	struct frame *next_free;
	uint8_t octets[FRAME_BYTES];
};

struct way {
	int from, to;
	struct impair model;
	struct impair_line line;
	struct impair_entry entries[FRAMES_MAX];
	uint64_t frames, lost, handed_on, bytes, no_room, refused, longest, late_sum_ns, late_max_ns;
};

static struct way ways[ENDS];
static struct frame frames[ENDS * FRAMES_MAX];
static struct frame *first_free;
static volatile sig_atomic_t is_over;
static FILE *capture; /* null where none is asked for */

static void on_signal(int number)
{
	(void)number;
	is_over = 1;
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(SIG_BLOCK, &both, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void give_up(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A tap that is down refuses frames: it is up before there are any. */
static void set_up(struct ifreq *request, const char *end)
{
	int file = socket(AF_INET, SOCK_DGRAM, 0);

	request->ifr_qlen = TRANSMIT_QUEUE;
	if (file < 0 || ioctl(file, SIOCSIFTXQLEN, request) != 0)
		give_up(end);
	request->ifr_flags = IFF_UP;
	if (ioctl(file, SIOCSIFFLAGS, request) != 0)
		give_up(end);
	close(file);
}

/* NAMESPACE:TAP. The tap is gone once its file is closed. */
static int open_tap(const char *end)
{
	const char *name = strchr(end, ':');
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	char path[256];
	int file;

	if (name == NULL || strlen(name + 1) >= IFNAMSIZ) {
		errno = EINVAL;
		give_up(end);
	}
	snprintf(path, sizeof(path), "/run/netns/%.*s", (int)(name - end), end);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || setns(file, CLONE_NEWNET) != 0)
		give_up(path);
	close(file);
	snprintf(request.ifr_name, IFNAMSIZ, "%s", name + 1);
	file = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (file < 0 || ioctl(file, TUNSETIFF, &request) != 0)
		give_up(end);
	set_up(&request, end);
	return file;
}

static struct frame *take_free(void)
{
	struct frame *frame = first_free;

	if (frame != NULL)
		first_free = frame->next_free;
	return frame;
}

static void give_back(struct frame *frame)
{
	frame->next_free = first_free;
	first_free = frame;
}

static void put(struct way *way, const uint8_t *octets, uint32_t bytes, uint64_t due_ns)
{
	struct frame *frame = bytes <= FRAME_BYTES ? take_free() : NULL;

	if (frame != NULL) {
		frame->bytes = bytes;
		frame->due_ns = due_ns;
		memcpy(frame->octets, octets, bytes);
	}
	if (frame != NULL && impair_line_put(&way->line, frame, due_ns))
		return;
	way->no_room++;
	if (frame != NULL)
		give_back(frame);
}

/* Magic number, version 2.4, time zone and accuracy, the most bytes of a frame, Ethernet. */
static void open_capture(const char *path)
{
	static const uint32_t head[] = {0xa1b23c4d, 4 << 16 | 2, 0, 0, READ_BYTES, 1};

	capture = fopen(path, "wb");
	if (capture == NULL || fwrite(head, sizeof(head), 1, capture) != 1)
		give_up(path);
}

static void keep(const uint8_t *octets, uint32_t bytes, uint64_t now_ns)
{
	const uint32_t head[] = {(uint32_t)(now_ns / 1000000000), (uint32_t)(now_ns % 1000000000), bytes, bytes};

	if (capture == NULL)
		return;
	if (fwrite(head, sizeof(head), 1, capture) != 1 || fwrite(octets, bytes, 1, capture) != 1)
		give_up("-w");
}

/* Returns whether there was anything. */
static bool take_burst(struct way *way, uint64_t now_ns)
{
	static uint8_t octets[READ_BYTES];
	struct impair_fate fate;

	for (int count = 0; count < BURST; count++) {
		ssize_t bytes = read(way->from, octets, sizeof(octets));

		if (bytes < 0)
			return count > 0;
		way->frames++;
		way->bytes += (uint64_t)bytes;
		way->longest = (uint64_t)bytes > way->longest ? (uint64_t)bytes : way->longest;
		keep(octets, (uint32_t)bytes, now_ns);
		impair_frame(&way->model, (uint32_t)bytes, now_ns, &fate);
		way->lost += fate.copies == 0;
		for (int copy = 0; copy < fate.copies; copy++)
			put(way, octets, (uint32_t)bytes, fate.copy[copy].due_ns);
	}
	return true;
}

static void send_due(struct way *way, uint64_t now_ns)
{
	bool was_overtaken;
	struct frame *frame;

	while ((frame = impair_line_take(&way->line, now_ns, &was_overtaken)) != NULL) {
		uint64_t late_ns = now_ns - frame->due_ns;

		way->late_sum_ns += late_ns;
		way->late_max_ns = late_ns > way->late_max_ns ? late_ns : way->late_max_ns;
		if (write(way->to, frame->octets, frame->bytes) == (ssize_t)frame->bytes)
			way->handed_on++;
		else
			way->refused++;
		give_back(frame);
	}
}

/* Until a frame comes or is due, or a signal, which is let in here only. */
static void wait_for_work(uint64_t now_ns)
{
	uint64_t wait_ns = 999999999;
	struct pollfd files[ENDS];
	sigset_t none;

	for (int end = 0; end < ENDS; end++) {
		const struct impair_line *line = &ways[end].line;

		files[end] = (struct pollfd){.fd = ways[end].from, .events = POLLIN};
		if (line->count > 0 && line->entries[0].due_ns < now_ns + wait_ns)
			wait_ns = line->entries[0].due_ns > now_ns ? line->entries[0].due_ns - now_ns : 0;
	}
	sigemptyset(&none);
	ppoll(files, ENDS, &(struct timespec){.tv_nsec = (long)wait_ns}, &none);
}

static void carry(void)
{
	while (!is_over) {
		bool found = false;

		for (int end = 0; end < ENDS; end++) {
			found |= take_burst(&ways[end], clock_ns());
			send_due(&ways[end], clock_ns());
		}
		if (!found)
			wait_for_work(clock_ns());
	}
}

static void print_counts(void)
{
	printf("[");
	for (int end = 0; end < ENDS; end++) {
		const struct way *way = &ways[end];
		uint64_t sent = way->handed_on + way->refused;

		printf("%s{\"frames\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"handed_on\": %" PRIu64
		       ", \"bytes\": %" PRIu64 ", \"no_room\": %" PRIu64 ", \"refused\": %" PRIu64
		       ", \"longest\": %" PRIu64 ", \"late_mean_us\": %.1f, \"late_max_us\": %.1f}",
		       end == 0 ? "" : ", ", way->frames, way->lost, way->handed_on, way->bytes, way->no_room,
		       way->refused, way->longest, sent == 0 ? 0 : (double)way->late_sum_ns / (double)sent / 1000,
		       (double)way->late_max_ns / 1000);
	}
	printf("]\n");
}

static void open_ways(char *const *ends, struct quern_impair *config, uint64_t seed)
{
	const char *fault;

	/* Frames are due at their time, whatever else the machine does. Where this is not allowed, it shows in how late
	 * they were. */
	prctl(PR_SET_TIMERSLACK, 1);
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		give_back(&frames[i]);
	fault = quern_impair_fault(config);
	if (fault != NULL) {
		fprintf(stderr, "wire: %s\n", fault);
		exit(2);
	}
	for (int end = 0; end < ENDS; end++)
		ways[end].from = open_tap(ends[end]);
	for (int end = 0; end < ENDS; end++) {
		ways[end].to = ways[1 - end].from;
		impair_open(&ways[end].model, config, seed + ((uint64_t)end << 48), LINK_HEADER);
		impair_line_open(&ways[end].line, ways[end].entries, FRAMES_MAX);
	}
}

int main(int argc, char **argv)
{
	struct quern_impair config = {.delay_ns = 0};
	uint64_t seed = 1;
	int letter;

	while ((letter = getopt(argc, argv, "d:l:s:w:")) != -1) {
		if (letter == 'd')
			config.delay_ns = strtoull(optarg, NULL, 10) * 1000;
		else if (letter == 'l')
			config.loss_share = (uint32_t)(strtod(optarg, NULL) * QUERN_IMPAIR_WHOLE + 0.5);
		else if (letter == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (letter == 'w')
			open_capture(optarg);
		else
			return 2;
	}
	if (argc - optind != ENDS) {
		fprintf(stderr, "usage: wire NAMESPACE:TAP NAMESPACE:TAP [-d MICROSECONDS] [-l SHARE] [-s SEED] "
				"[-w FILE]\n");
		return 2;
	}
	open_ways(argv + optind, &config, seed);
	catch_signals();
	printf("ready\n");
	fflush(stdout);
	carry();
	print_counts();
	if (capture != NULL && fclose(capture) != 0)
		give_up("-w");
	return 0;
}
