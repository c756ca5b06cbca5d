/* sim_app.h - applications: they open, send, read fast or slowly, half-close, close, abort or hold, each end by a
 * character that its seed draws. */
#ifndef SIM_SIM_APP_H
#define SIM_SIM_APP_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/calls.h>

#include "sim/sim_seed.h"
#include "sim/sim_wire.h"

enum { SIM_ENDS_MAX = 128, SIM_PIECE = 8192 /* bytes that are sent or read at a time */ };

/* What an end does once it has sent all that it has. */
enum sim_finish {
	SIM_FINISH_SHUTDOWN, /* half-close, and close when the peer has */
	SIM_FINISH_CLOSE,
	SIM_FINISH_WAIT, /* close when the peer has */
	SIM_FINISH_HOLD, /* nothing, until faults are over */
	SIM_FINISH_ABORT,
	SIM_FINISHES
};

/* What an end does besides, within a callback. */
enum sim_quirk {
	SIM_QUIRK_CLOSE, /* these in on_data, once it has so many bytes */
	SIM_QUIRK_ABORT,
	SIM_QUIRK_SHUTDOWN,
	SIM_QUIRK_ECHO,   /* sends more each time that it is given text */
	SIM_QUIRK_RESUME, /* asks for what is held, which it is shown already */
	SIM_QUIRK_REOPEN, /* opens another connection when it hears of the end */
	SIM_QUIRKS
};

/* One end of a connection. */
struct sim_end {
	struct quern_conn conn;
	struct sim_tuple tuple; /* from this end */
	uint8_t host;
	bool is_active, pulls, is_established, peer_closed, has_shut, has_closed, has_aborted, has_ended, is_ghost;
	bool is_lost; /* its host has begun anew since: the handle may be of another connection */

	enum quern_end how;
	uint32_t number; /* of the open */
	uint32_t peer;   /* index + 1, 0 while it is not known */
	uint32_t iss;
	uint32_t resets_before; /* that had come for its ends when it began */
	uint64_t since_ns;
	uint64_t since_turn; /* the world's */
	/* Its character. */
	enum sim_finish finish;
	enum sim_quirk quirk; /* SIM_QUIRKS for none */
	uint32_t quirk_at;
	bool is_early; /* sends before the peer has answered */
	uint32_t to_send;
	uint32_t sip;      /* bytes that it takes at a time; 0 for all */
	uint32_t pause_ms; /* between two sips */
	uint64_t held_until_ns;
	uint64_t wake_ns; /* UINT64_MAX for never */
	uint32_t sent, received;
	/* As it was found after the turn before. */
	enum quern_state state;
	uint32_t rcv_nxt, snd_una;
};

struct sim_world;

extern const struct quern_events sim_app_events;      /* of SIM_PORT, and of opens */
extern const struct quern_events sim_app_pull_events; /* of SIM_PULL_PORT */

/* sim_text.c */

/* Draws the character of an end, by the number of its open. */
void sim_app_draw_character(struct sim_world *world, struct sim_end *end);

/* How many bytes of what an end says were given to its host to send. */
uint32_t sim_app_given(const struct sim_world *world, const struct sim_end *end);

/* Writes the next bytes that an end says. */
void sim_app_text(const struct sim_world *world, const struct sim_end *end, uint8_t *text, uint32_t bytes);

/* How many of these bytes are what an end says from a place on. */
uint32_t sim_app_matches(const struct sim_world *world, const struct sim_end *end, uint32_t place, const uint8_t *text,
			 uint32_t bytes);

/* sim_app.c */

/* The end of a number, its index + 1; null for 0. */
struct sim_end *sim_app_end(const struct sim_world *world, uint32_t number);

/* An end of a connection that its host has just got; null, and the run has failed, where it is none. */
struct sim_end *sim_app_add(struct sim_world *world, uint8_t host, struct quern_conn conn);

/* The same of one that a peer has opened, with its character; its peer is found. */
struct sim_end *sim_app_take_passive(struct sim_world *world, uint8_t host, struct quern_conn conn, bool pulls);

/* Sends as much as there is room for, and goes on to sim_app_finish(). */
void sim_app_push(struct sim_world *world, struct sim_end *end);

/* Where all is sent, or the peer has closed, does what the end's character says. */
void sim_app_finish(struct sim_world *world, struct sim_end *end);

/* Whether it is over but for text that is still to be read. */
static inline bool sim_app_lingers(const struct sim_end *end)
{
	return end->state == QUERN_TIME_WAIT || end->state == QUERN_CLOSED;
}

/* Text is the peer's at its place. */
void sim_app_check_text(struct sim_world *world, const struct sim_end *end, uint32_t place, const uint8_t *text,
			uint32_t bytes);

/* sim_end.c */

/* An application is told of an end: orderly where both FINs have come, or with a cause that others can see. */
void sim_end_check(struct sim_world *world, const struct sim_end *end, enum quern_end how);

/* sim_act.c */

/* The host whose application an event of the plan is for; SIM_HOSTS_MAX where it is for none that is there. */
uint8_t sim_app_host_of(struct sim_world *world, const struct sim_event *event);

/* Carries out such an event, within a turn of that host. */
void sim_app_act(struct sim_world *world, const struct sim_event *event);

/* What an end does within on_data, on_unanswered or on_icmp, and on_ended, beside what all do. */
void sim_app_on_text(struct sim_world *world, struct sim_end *end);
void sim_app_on_trouble(struct sim_world *world, struct sim_end *end);
void sim_app_on_ended(struct sim_world *world, const struct sim_end *end);

/* What applications of a host do of their own accord at this time. */
void sim_app_turn(struct sim_world *world, uint8_t host);

/* When an application of a host next does something; UINT64_MAX for never. */
uint64_t sim_app_next_ns(const struct sim_world *world, uint8_t host);

/* Faults are over: every application sends what it has, reads, and closes. */
void sim_app_heal(struct sim_world *world);

#endif
