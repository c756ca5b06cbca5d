/* engine_log.c - keeps the last of what EAL and drivers say, so that an error can quote it and nobody else sees it;
 * and what libraries print past it. */
#include "engine/engine_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>

/* DPDK has one log a process. The stream's own lock orders the writers. */
static char kept[1024];
static size_t kept_bytes;
static bool is_cut; /* at its beginning */
static FILE *stream;

static const char *const speakers[] = {"quern: ", "EAL: "};

/* What goes to stderr meanwhile: getopt_long() tells there which option it does not know. */
static int aside = -1;

static ssize_t keep(void *cookie, const char *bytes, size_t count)
{
	size_t taken = count < sizeof(kept) ? count : sizeof(kept);
	size_t stays = kept_bytes < sizeof(kept) - taken ? kept_bytes : sizeof(kept) - taken;

	(void)cookie;
	is_cut |= stays + taken < kept_bytes + count;
	memmove(kept, kept + kept_bytes - stays, stays);
	memcpy(kept + stays, bytes + count - taken, taken);
	kept_bytes = stays + taken;
	return (ssize_t)count;
}

void engine_log_hide(void)
{
	kept_bytes = 0;
	is_cut = false;
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
	if (aside >= 0)
		close(aside);
	aside = -1;
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

/* The first whole line of a text, without the name of who says it. */
static void take_first_line(const char *text, size_t bytes, bool is_cut_text, char *line, size_t size)
{
	const char *start = text;
	const char *end = text + bytes;
	const char *newline;

	if (is_cut_text) {
		newline = memchr(start, '\n', bytes);
		start = newline != NULL ? newline + 1 : end;
	}
	newline = memchr(start, '\n', (size_t)(end - start));
	end = newline != NULL ? newline : end;
	for (size_t name = 0; name < RTE_DIM(speakers); name++) {
		size_t length = strlen(speakers[name]);

		if ((size_t)(end - start) > length && memcmp(start, speakers[name], length) == 0)
			start += length;
	}
	snprintf(line, size, "%.*s", (int)(end - start), start);
}

void engine_log_first(char *line, size_t size)
{
	char printed[512];
	ssize_t bytes = aside >= 0 ? pread(aside, printed, sizeof(printed), 0) : 0;

	if (stream != NULL)
		fflush(stream);
	take_first_line(printed, bytes > 0 ? (size_t)bytes : 0, false, line, size);
	/* EAL prints there that it gives up, and has logged why. */
	if (line[0] == '\0' || strncmp(line, "FATAL: ", 7) == 0)
		take_first_line(kept, kept_bytes, is_cut, line, size);
}

void engine_log_silence(int saved[2])
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (aside < 0)
		aside = memfd_create("quern-stderr", MFD_CLOEXEC);
	if (aside >= 0 && ftruncate(aside, 0) == 0)
		lseek(aside, 0, SEEK_SET);
	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++) {
		int to = fd == 2 && aside >= 0 ? aside : nowhere;

		saved[fd - 1] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (saved[fd - 1] >= 0 && to >= 0)
			dup2(to, fd);
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
