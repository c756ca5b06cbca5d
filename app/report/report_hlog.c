/* report_hlog.c - header, one line an interval and tag, and what went wrong meanwhile. */
#include "report/report_hlog.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "report/report_hdr.h"
#include "report/report_series.h"

static const char *const tag_names[] = {
#define X(name) #name,
	REPORT_HLOG_TAGS(X)
#undef X
};

static void note(struct report_hlog *log, int rc)
{
	if (log->rc == 0)
		log->rc = rc;
}

int report_hlog_open(struct report_hlog *log, const char *path)
{
	*log = (struct report_hlog){.path = path};
	if (!path)
		return 0;
	log->is_new = access(path, F_OK) != 0;
	log->out = fopen(path, "a");
	if (!log->out)
		return -errno;
	log->difference = malloc(sizeof(*log->difference));
	for (int tag = 0; tag < REPORT_HLOG_END; tag++) {
		log->last[tag] = malloc(sizeof(*log->last[tag]));
		if (!log->last[tag] || !log->difference) {
			report_hlog_close(log);
			return -ENOMEM;
		}
	}
	return 0;
}

void report_hlog_begin(struct report_hlog *log, double wall_s)
{
	time_t seconds = (time_t)wall_s;
	struct tm local;
	char date[64];

	if (!log->out)
		return;
	log->has_begun = true;
	log->row_s = 0;
	for (int tag = 0; tag < REPORT_HLOG_END; tag++)
		quern_histogram_reset(log->last[tag]);
	errno = 0;
	/* A device has no end to cut off. */
	if (fflush(log->out) != 0 || (ftruncate(fileno(log->out), 0) != 0 && errno != EINVAL))
		note(log, -errno);
	localtime_r(&seconds, &local);
	strftime(date, sizeof(date), "%a %b %d %H:%M:%S %Z %Y", &local);
	fprintf(log->out,
		"#[quern " QUERN_VERSION ": values are nanoseconds, Interval_Max is milliseconds]\n"
		"#[Histogram log format version 1.3]\n"
		"#[StartTime: %.3f (seconds since epoch), %s]\n"
		"#[BaseTime: %.3f (seconds since epoch)]\n"
		"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
		wall_s, date, wall_s);
}

void report_hlog_restart(struct report_hlog *log, double t_s)
{
	if (!log->out)
		return;
	log->row_s = t_s;
	for (int tag = 0; tag < REPORT_HLOG_END; tag++)
		quern_histogram_reset(log->last[tag]);
}

void report_hlog_add(struct report_hlog *log, enum report_hlog_tag tag, double t_s, const struct quern_histogram *now)
{
	char *hdr;

	if (!log->out || now->count == log->last[tag]->count)
		return;
	report_series_subtract(log->difference, now, log->last[tag]);
	*log->last[tag] = *now;
	hdr = report_hdr(log->difference);
	if (!hdr) {
		note(log, -ENOMEM);
		return;
	}
	errno = 0;
	if (fprintf(log->out, "Tag=%s,%.3f,%.3f,%.3f,%s\n", tag_names[tag], log->row_s, t_s - log->row_s,
		    (double)quern_histogram_percentile(log->difference, 100) / 1e6, hdr) < 0 ||
	    fflush(log->out) != 0)
		note(log, errno ? -errno : -EIO);
	free(hdr);
}

void report_hlog_end_row(struct report_hlog *log, double t_s)
{
	log->row_s = t_s;
}

int report_hlog_close(struct report_hlog *log)
{
	int rc;

	if (log->out && fclose(log->out) != 0)
		note(log, -errno);
	if (log->out && log->is_new && !log->has_begun)
		unlink(log->path);
	for (int tag = 0; tag < REPORT_HLOG_END; tag++)
		free(log->last[tag]);
	free(log->difference);
	rc = log->rc;
	*log = (struct report_hlog){.out = NULL};
	return rc;
}
