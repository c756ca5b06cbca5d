/* ctl_instance.c - telemetry's sockets: found by name, asked one question at a time. */
#include "ctl/ctl_instance.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536, PATIENCE_S = 5 };

static void read_words(struct ctl_instance *instance)
{
	char path[64];
	FILE *file;
	size_t bytes = 0;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", instance->pid);
	file = fopen(path, "re");
	if (file) {
		bytes = fread(instance->words, 1, CTL_TEXT - 1, file);
		fclose(file);
	}
	for (size_t i = 0; i + 1 < bytes; i++)
		if ((unsigned char)instance->words[i] < ' ')
			instance->words[i] = ' ';
	instance->words[bytes] = '\0';
}

/* The bytes of an answer, or -errno. */
static ssize_t receive(const struct ctl_instance *instance, char text[ANSWER_BYTES])
{
	ssize_t bytes;

	do
		bytes = recv(instance->sock, text, ANSWER_BYTES, 0);
	while (bytes < 0 && errno == EINTR);
	if (bytes == 0)
		return -ECONNRESET;
	if (bytes < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return bytes;
}

/* Whose process it is: this user's own, or anybody's for root. The kernel knows; what others say of themselves may be
 * made up. */
static bool may_be_asked(struct ctl_instance *instance)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	if (getsockopt(instance->sock, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
		return false;
	instance->pid = peer.pid;
	return geteuid() == 0 || peer.uid == geteuid();
}

/* Takes the line up and reads who is there. */
static int greet(struct ctl_instance *instance, const char *path)
{
	static char text[ANSWER_BYTES];
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t bytes;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	instance->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (instance->sock < 0)
		return -errno;
	setsockopt(instance->sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(instance->sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(instance->sock, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    !may_be_asked(instance)) {
		close(instance->sock);
		return -ECONNREFUSED;
	}
	bytes = receive(instance, text);
	instance->code = bytes < 0 ? (int)bytes : 0;
	read_words(instance);
	return 0;
}

size_t ctl_find(struct ctl_instance instances[CTL_MAX_INSTANCES])
{
	const char *parent = getenv("TMPDIR");
	char pattern[4096];
	size_t count = 0;
	glob_t found;
	int length = snprintf(pattern, sizeof(pattern), "%s/quern-*/dpdk/*/dpdk_telemetry.v2*",
			      parent && parent[0] == '/' ? parent : "/tmp");

	if (length >= (int)sizeof(pattern) || glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && count < CTL_MAX_INSTANCES; i++)
		count += greet(&instances[count], found.gl_pathv[i]) == 0;
	globfree(&found);
	return count;
}

void ctl_hang_up(const struct ctl_instance *instance)
{
	close(instance->sock);
}

int ctl_ask(const struct ctl_instance *instance, const char *question, json_t **answer)
{
	static char text[ANSWER_BYTES];
	json_t *said, *value;
	ssize_t bytes;
	int code;

	if (instance->code != 0)
		return instance->code;
	if (send(instance->sock, question, strlen(question), MSG_NOSIGNAL) < 0)
		return errno == EPIPE ? -ECONNRESET : errno == EAGAIN ? -ETIMEDOUT : -errno;
	bytes = receive(instance, text);
	if (bytes < 0)
		return (int)bytes;
	/* No word of ours needs an escape: what has one is meant for the terminal. */
	if (memmem(text, (size_t)bytes, "\\u", 2))
		return -EPROTO;
	said = json_loadb(text, (size_t)bytes, 0, NULL);
	value = json_object_iter_value(json_object_iter(said));
	/* Null is the answer of a quern that is about to end, or has only begun. */
	code = json_is_null(value)                                         ? -EAGAIN
	       : json_is_object(value) && !json_object_get(value, "error") ? 0
									   : -EPROTO;
	if (code == 0)
		*answer = json_incref(value);
	json_decref(said);
	return code;
}

json_int_t ctl_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *ctl_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
