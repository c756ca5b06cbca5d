/* engine_capture.h - a thread that takes frames from the rings of all captured queues and writes them in order of time.
 */
#ifndef ENGINE_ENGINE_CAPTURE_H
#define ENGINE_ENGINE_CAPTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <quern/capture.h>

#include "engine/engine_pcap.h"
#include "nic/nic_capture.h"

struct engine_capture {
	int file;       /* -1 for no capture */
	bool is_new;    /* the file was not there before */
	bool has_begun; /* and something was written */
	struct nic_capture **rings;
	uint16_t ring_count;
	uint64_t max_frames;
	uint64_t epoch_ns; /* after 1970, when the workers' clock stood at 0 */
	pthread_t thread;
	bool is_running;
	bool ends; /* released: the workers have ended, and so does the thread once the rings are empty */
	struct engine_pcap *pcap;
	struct quern_capture_report report; /* written by the thread; others read it relaxed */
};

/* Writes what the rings hold from before `until_ns`, and is over where there is more than `max_frames` or the file
 * takes no more. Whether there was anything. */
bool engine_capture_take(struct engine_capture *capture, uint64_t until_ns);

#endif
