/* sim_log.h - a run on paper: a capture of all frames, and a ladder diagram of them with what applications did. */
#ifndef SIM_SIM_LOG_H
#define SIM_SIM_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sim_world;
struct sim_frame;

/* Null where nothing is written. */
struct sim_log {
	FILE *pcap;
	FILE *ladder;
	const char *fate; /* of the frame at hand */
};

/* Begins both files; false where one cannot be written. */
bool sim_log_open(struct sim_log *log, const char *pcap, const char *ladder, bool ethernet);

/* A frame that was sent, and what becomes of it. */
void sim_log_frame(struct sim_world *world, uint8_t from, uint8_t to, const struct sim_frame *frame, const char *fate);

/* Something else that happened at a host. */
void sim_log_note(struct sim_world *world, uint8_t host, const char *format, ...) __attribute__((format(printf, 3, 4)));

void sim_log_close(struct sim_log *log);

#endif
