/* engine_runtime.c - a private directory for what EAL writes while it runs: telemetry's socket. Gone when it ends; what
 * a process that was killed has left goes at the next start of its user. */
#include "engine/engine_parts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>

enum { ATTEMPTS = 8 };

static const char *parent_directory(void)
{
	const char *parent = getenv("TMPDIR");

	return parent == NULL || parent[0] != '/' ? "/tmp" : parent;
}

/* What EAL makes below dpdk/PREFIX, with and without shared configuration. */
static bool is_of_eal(const char *name)
{
	static const char *const words[] = {"dpdk_telemetry", "config", "fbarray_", "hugepage_", "mp_socket"};

	for (size_t number = 0; number < RTE_DIM(words); number++) {
		if (strncmp(name, words[number], strlen(words[number])) == 0)
			return true;
	}
	return false;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	if (type == FTW_DP)
		rmdir(path);
	else if (place->level == 2 && is_of_eal(path + place->base))
		unlink(path);
	return 0;
}

/* A user's own directory may have such a name: with anything in it that is not EAL's, it stays. */
static void remove_runtime(const char *path)
{
	char below[PATH_MAX];

	if (snprintf(below, sizeof(below), "%s/dpdk", path) >= (int)sizeof(below))
		return;
	nftw(below, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	rmdir(path);
}

/* "quern-PID-" and the six letters of mkdtemp(): a name that we have given. */
static bool is_our_name(const char *name)
{
	size_t digits, letters;

	if (strncmp(name, "quern-", 6) != 0)
		return false;
	digits = strspn(name + 6, "0123456789");
	if (digits == 0 || name[6 + digits] != '-')
		return false;
	name += 6 + digits + 1;
	for (letters = 0; isalnum((unsigned char)name[letters]); letters++)
		;
	return letters == 6 && name[letters] == '\0';
}

/* A directory of ours whose lock nobody holds belongs to a process that is dead. */
static void remove_if_left(int parent_fd, const char *parent, const char *name)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	char path[PATH_MAX];

	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && status.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    snprintf(path, sizeof(path), "%s/%s", parent, name) < (int)sizeof(path))
		remove_runtime(path);
	close(fd);
}

static void remove_leftovers(const char *parent)
{
	DIR *entries = opendir(parent);
	const struct dirent *entry;

	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL) {
		if (is_our_name(entry->d_name))
			remove_if_left(dirfd(entries), parent, entry->d_name);
	}
	closedir(entries);
}

/* Holds the lock that says that the directory is in use, for as long as this process lives. False where another process
 * was just about to remove it. A file system without locks has no such processes. */
static bool take_lock(struct quern_engine *engine)
{
	struct stat status;

	engine->runtime_lock = open(engine->runtime_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (engine->runtime_lock < 0)
		return errno != ENOENT;
	if ((flock(engine->runtime_lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
	    stat(engine->runtime_directory, &status) == 0)
		return true;
	close(engine->runtime_lock);
	engine->runtime_lock = -1;
	return false;
}

int engine_make_runtime_directory(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	const char *parent = parent_directory();
	char *path = engine->runtime_directory;

	engine->runtime_lock = -1;
	remove_leftovers(parent);
	errno = EBUSY;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int length = snprintf(path, sizeof(engine->runtime_directory), "%s/quern-%d-XXXXXX", parent, getpid());

		if (length >= (int)sizeof(engine->runtime_directory) || mkdtemp(path) == NULL)
			break;
		if (take_lock(engine))
			return 0;
	}
	/* Whatever it is, it is this machine's matter. */
	return engine_fail(error, -EACCES, "no directory for runtime files in %.256s: %s\n  Name one: TMPDIR=DIR",
			   parent, strerror(errno));
}

void engine_remove_runtime_directory(struct quern_engine *engine)
{
	remove_runtime(engine->runtime_directory);
	if (engine->runtime_lock >= 0)
		close(engine->runtime_lock);
	engine->runtime_lock = -1;
}

bool engine_socket_fits(const struct quern_engine *engine)
{
	struct sockaddr_un address;

	return snprintf(NULL, 0, "%s/dpdk/quern-%d/dpdk_telemetry.v2", engine->runtime_directory, getpid()) <
	       (int)sizeof(address.sun_path);
}
