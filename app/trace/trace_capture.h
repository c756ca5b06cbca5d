/* trace_capture.h - frames of a capture file, or of an interface of the kernel's, by libpcap. */
#ifndef TRACE_CAPTURE_H
#define TRACE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/dissect.h>

enum { TRACE_ERROR_TEXT = 768 };

struct trace_capture {
	struct pcap *pcap;
	enum quern_link link;
	bool is_live;
	uint64_t frames; /* given so far */
};

/* `bytes` of the frame's `wire_bytes` are at `at`, until the next one is asked for. */
struct trace_frame {
	const uint8_t *at;
	uint32_t bytes;
	uint32_t wire_bytes;
	uint64_t at_ns;
};

enum trace_read { TRACE_READ_FRAME, TRACE_READ_NOTHING, TRACE_READ_END, TRACE_READ_FAILED };

/* Opens a file, standard input where it is "-", or an interface. 0, or the exit code with cause and remedy in `error`.
 */
int trace_capture_open_file(struct trace_capture *capture, const char *path, char error[TRACE_ERROR_TEXT]);
int trace_capture_open_live(struct trace_capture *capture, const char *interface, char error[TRACE_ERROR_TEXT]);

/* The next frame. Live, nothing after a tenth of a second without one. Where it failed, the cause is in `error`, and
 * what was given so far holds. */
enum trace_read trace_capture_next(struct trace_capture *capture, struct trace_frame *frame,
				   char error[TRACE_ERROR_TEXT]);

/* Frames that the kernel had no room for, live; 0 for a file. */
uint64_t trace_capture_lost(const struct trace_capture *capture);

void trace_capture_close(struct trace_capture *capture);

#endif
