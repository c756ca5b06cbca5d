/* sim_link.h - one way from host to host: delay, loss, copies, late and broken frames, by lib/base's model of a bad
 * line; and what is on its way. */
#ifndef SIM_SIM_LINK_H
#define SIM_SIM_LINK_H

#include <rte_mbuf.h>

#include "base/impair_line.h"
#include "base/impair_model.h"
#include "sim/sim_seed.h"
#include "support/raw_frame.h"

enum {
	SIM_LINE_MAX = 1024,   /* frames on one way at a time */
	SIM_FRAMES_MAX = 4096, /* on all */
	SIM_HARMED_MAX = 8192  /* frames of one way whose harm may be left out */
};

/* A frame on its way, read once where it was sent. */
struct sim_frame {
	struct rte_mbuf *mbuf;
	struct raw_segment segment;
	bool is_tcp;
	bool is_corrupt;
	uint32_t next_free; /* index + 1 */
};

struct sim_frames {
	struct sim_frame frames[SIM_FRAMES_MAX];
	uint32_t first_free, used;
};

struct sim_link {
	struct impair impair;
	struct impair_line line;
	struct impair_entry entries[SIM_LINE_MAX];
	uint64_t seed;
	uint32_t count; /* frames that were sent */
	uint64_t dark_until_ns, narrow_until_ns;
	uint16_t narrow_mtu;
	uint8_t spared[SIM_HARMED_MAX / 8]; /* frames that come to no harm */
};

struct sim_world;

/* Begins all ways of a world. */
void sim_link_open(struct sim_world *world);

/* A frame that a host has sent: it is the link's from here on. */
void sim_link_send(struct sim_world *world, uint8_t from, struct rte_mbuf *mbuf);

/* A frame that a host wanted to send, and its port has refused for good. */
void sim_link_refuse(struct sim_world *world, uint8_t from, struct rte_mbuf *mbuf);

/* When the next frame arrives at a host; UINT64_MAX for never. */
uint64_t sim_link_next_ns(const struct sim_world *world, uint8_t to);

/* Takes the next frame that is due at a host; null for none. It goes back by sim_link_free(). */
struct sim_frame *sim_link_take(struct sim_world *world, uint8_t to);

/* Gives back what describes a frame, but not its buffer. */
void sim_link_free(struct sim_world *world, struct sim_frame *frame);

/* Buffers of all frames that are on their way. */
uint32_t sim_link_buffers(const struct sim_world *world);

/* Frees all frames that are on their way. */
void sim_link_close(struct sim_world *world);

#endif
