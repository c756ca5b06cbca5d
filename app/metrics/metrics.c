/* metrics.c - the socket, the thread, and where it runs. */
#include "metrics/metrics.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/cli_place.h"
#include "metrics/metrics_listen.h"
#include "metrics/metrics_page.h"
#include "metrics/metrics_server.h"

struct metrics {
	const struct cli_settings *settings;
	struct metrics_listen listener;
	struct cli_cores usable;
	int stop_fd;
	bool runs;
	pthread_t thread;
	struct metrics_server server;
	struct metrics_look look;
};

int metrics_open(struct metrics **made, const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	struct metrics *metrics;
	int rc;

	*made = NULL;
	if (!settings->metrics)
		return 0;
	metrics = calloc(1, sizeof(*metrics));
	if (!metrics) {
		snprintf(error, CLI_ERROR_TEXT, "no memory for --metrics");
		return -ENOMEM;
	}
	metrics->settings = settings;
	cli_place_usable(&metrics->usable);
	rc = metrics_listen_open(&metrics->listener, settings->metrics, error);
	if (rc == 0)
		*made = metrics;
	else
		free(metrics);
	return rc;
}

/* Cores without a worker, or all where there are none. */
static cpu_set_t cores_of(const struct metrics *metrics, const struct quern_engine_config *config)
{
	cpu_set_t all, others;

	CPU_ZERO(&all);
	for (uint16_t i = 0; i < metrics->usable.count; i++)
		CPU_SET(metrics->usable.cpu[i], &all);
	others = all;
	for (uint16_t i = 0; i < config->shard_count; i++)
		CPU_CLR(config->shards[i].core, &others);
	return CPU_COUNT(&others) > 0 ? others : all;
}

static void write_page(FILE *out, double now_s, void *app)
{
	struct metrics *metrics = app;

	metrics_look_take(&metrics->look, now_s);
	metrics_page_write(out, &metrics->look, metrics->settings);
}

static void note_second(void *app)
{
	struct metrics *metrics = app;

	metrics_look_second(&metrics->look);
}

static void *run(void *app)
{
	struct metrics *metrics = app;

	metrics_server_run(&metrics->server);
	return NULL;
}

/* Signals are the control thread's. */
static int start_thread(struct metrics *metrics, const cpu_set_t *cores)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&metrics->thread, NULL, run, metrics);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code != 0)
		return -code;
	pthread_setaffinity_np(metrics->thread, sizeof(*cores), cores);
	pthread_setname_np(metrics->thread, "quern-metrics");
	return 0;
}

int metrics_start(struct metrics *metrics, const struct quern_engine *engine, const struct quern_engine_config *config,
		  const struct metrics_source *source, char error[CLI_ERROR_TEXT])
{
	const struct metrics_pages pages = {write_page, note_second, metrics};
	cpu_set_t cores;
	int rc;

	if (!metrics)
		return 0;
	cores = cores_of(metrics, config);
	metrics_look_begin(&metrics->look, engine, config, source);
	metrics->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = metrics->stop_fd < 0
		     ? -errno
		     : metrics_server_open(&metrics->server, metrics->listener.sock, metrics->stop_fd, &pages);
	if (rc == 0) {
		rc = start_thread(metrics, &cores);
		metrics->runs = rc == 0;
		if (rc != 0)
			metrics_server_close(&metrics->server);
	}
	if (rc == 0)
		return 0;
	if (metrics->stop_fd >= 0)
		close(metrics->stop_fd);
	snprintf(error, CLI_ERROR_TEXT, "--metrics %.300s: %s", metrics->settings->metrics, strerror(-rc));
	return rc;
}

void metrics_close(struct metrics *metrics)
{
	if (!metrics)
		return;
	if (metrics->runs) {
		eventfd_write(metrics->stop_fd, 1);
		pthread_join(metrics->thread, NULL);
		metrics_server_close(&metrics->server);
		close(metrics->stop_fd);
	}
	metrics_listen_close(&metrics->listener);
	free(metrics);
}
