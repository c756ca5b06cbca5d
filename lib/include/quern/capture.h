/* capture.h - the frames that ports send and receive, written to a file that tcpdump, Wireshark and quern trace read.
 */
#ifndef QUERN_CAPTURE_H
#define QUERN_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QUERN_CAPTURE_FRAMES UINT64_C(100000) /* what 0 in max_frames means */

/* Frames of all ports, but of a cable those of the end that stands first alone, since what one end sends the other
 * receives. A frame is seen between the shard and the port's bad lines: as it is sent, before they lose or change it,
 * and as it is received, after they did. Its time is that of the worker's turn. Times ascend, whichever port and worker
 * a frame is of. Sums that a NIC makes are not made yet, and what it cuts is whole. */
struct quern_capture_config {
	const char *path;    /* a plain file, or a device like /dev/null; null for no capture */
	uint64_t max_frames; /* the capture ends with so many; UINT64_MAX for no end */
	/* Nanoseconds since 1970, asked once as the run begins, since the library asks no clock that can be set. Null:
	 * times begin in 1970. */
	uint64_t (*wall_ns)(void);
};

/* What has come of it so far. */
struct quern_capture_report {
	uint64_t frames;  /* in the file; all of them once quern_engine_run() has returned */
	uint64_t bytes;   /* of the file */
	uint64_t missing; /* frames that came faster than the file takes them: no worker waits */
	bool is_full;     /* there were more than max_frames */
	int code;         /* 0, or the -errno that ended it; the frames before that are in the file */
};

#ifdef __cplusplus
}
#endif

#endif
