/* ctl_instance.h - querns that run, and questions to one of them. */
#ifndef CTL_CTL_INSTANCE_H
#define CTL_CTL_INSTANCE_H

#include <stddef.h>

#include <jansson.h>

enum { CTL_MAX_INSTANCES = 64, CTL_TEXT = 160 };

struct ctl_instance {
	long pid;
	int sock;
	int code;             /* 0, or the -errno that its greeting came to: it runs, and does not answer */
	char words[CTL_TEXT]; /* its command line */
};

/* Connects to all querns below TMPDIR, or /tmp where that is not set, which this user may ask. Sockets of processes
 * that are dead are passed over. Returns their number; close each by ctl_hang_up(). */
size_t ctl_find(struct ctl_instance instances[CTL_MAX_INSTANCES]);

void ctl_hang_up(const struct ctl_instance *instance);

/* Asks `question`, a command of telemetry with its parameters. 0 and the answer, to be given back by json_decref(); or
 * -errno: -ECONNRESET where the process has ended, -EAGAIN where it begins or ends just now, -ETIMEDOUT where it is
 * silent, -EPROTO where it says nonsense. */
int ctl_ask(const struct ctl_instance *instance, const char *question, json_t **answer);

/* A number below `key`, 0 where there is none. */
json_int_t ctl_number(const json_t *object, const char *key);

/* A text below `key`, "" where there is none. */
const char *ctl_text(const json_t *object, const char *key);

#endif
