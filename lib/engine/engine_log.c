/* engine_log.c - keeps the last of what EAL and drivers say, so that an error can quote it and nobody else sees it;
 * and what libraries print past it. */
#include "engine/engine_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_log.h>

/* DPDK has one log a process. The stream's own lock orders the writers. */
static char kept[1024];
static size_t kept_bytes;
static FILE *stream;

static ssize_t keep(void *cookie, const char *bytes, size_t count)
{
	size_t taken = count < sizeof(kept) ? count : sizeof(kept);
	size_t stays = kept_bytes < sizeof(kept) - taken ? kept_bytes : sizeof(kept) - taken;

	(void)cookie;
	memmove(kept, kept + kept_bytes - stays, stays);
	memcpy(kept + stays, bytes + count - taken, taken);
	kept_bytes = stays + taken;
	return (ssize_t)count;
}

void engine_log_hide(void)
{
	kept_bytes = 0;
	stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = keep});
	if (stream == NULL)
		return;
	setvbuf(stream, NULL, _IOLBF, 512);
	rte_openlog_stream(stream);
}

void engine_log_show(void)
{
	rte_openlog_stream(NULL);
	if (stream != NULL)
		fclose(stream);
	stream = NULL;
}

void engine_log_last(char *line, size_t size)
{
	size_t end;
	size_t start;

	if (stream != NULL)
		fflush(stream);
	end = kept_bytes;
	while (end > 0 && (kept[end - 1] == '\n' || kept[end - 1] == ' '))
		end--;
	start = end;
	while (start > 0 && kept[start - 1] != '\n')
		start--;
	snprintf(line, size, "%.*s", (int)(end - start), kept + start);
}

void engine_log_silence(int saved[2])
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++) {
		saved[fd - 1] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (saved[fd - 1] >= 0 && nowhere >= 0)
			dup2(nowhere, fd);
	}
	if (nowhere >= 0)
		close(nowhere);
}

void engine_log_speak(const int saved[2])
{
	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++) {
		if (saved[fd - 1] < 0)
			continue;
		dup2(saved[fd - 1], fd);
		close(saved[fd - 1]);
	}
}
