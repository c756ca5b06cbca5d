/* load_client_parts.h - what the client's files share: the pace, and the events of its connections. */
#ifndef LOAD_CLIENT_PARTS_H
#define LOAD_CLIENT_PARTS_H

#include "load/load_client.h"

enum {
	LOAD_SLOT_LIVE = 1,
	LOAD_SLOT_ESTABLISHED = 2,
	LOAD_SLOT_MEASURED = 4,
	LOAD_SLOT_HEARD = 8,
	LOAD_SLOT_THINKS = 16,
	LOAD_SLOT_TARGET = 8 /* from this bit on: the number of the target */
};

/* Which of its client's targets a connection with these flags has. */
static inline uint32_t load_target_number(uint32_t flags)
{
	return flags >> LOAD_SLOT_TARGET;
}

/* What is counted of that target. */
static inline struct report_target *load_target_of(const struct load_client *client, uint32_t flags)
{
	return &client->tally->targets[load_target_number(flags)];
}

/* A connection with these flags was never established. */
static inline void load_count_failed(struct load_client *client, uint32_t flags, enum report_failure why)
{
	report_count(&client->tally->failed[why]);
	report_count(&load_target_of(client, flags)->failed);
}

extern const struct quern_events load_client_events;

/* The schedule begins, and a ramp. */
void load_open_begin(struct load_client *client, uint64_t now);

/* What client `number` of `count` has of so many. */
static inline uint64_t load_share(uint64_t all, uint16_t number, uint16_t count)
{
	return all / count + (number < all % count);
}

/* Takes over what was changed by hand since the last look. */
void load_open_steer(struct load_client *client, uint64_t now);

/* Opens what is due, or what there is room for, a bounded number. Returns whether there was any. */
bool load_open(struct load_client *client, struct quern_shard *shard, uint64_t now);

/* Counts the starts that the end of the measured time has come before, and why they were late. */
void load_open_miss(struct load_client *client, uint64_t now);

/* Remembers a connection that was just opened, to the target of that number. */
void load_slot_open(struct load_client *client, struct quern_conn conn, uint8_t target, uint64_t intended_ns,
		    uint64_t now, bool is_measured);

/* Makes a client that has done a run as it was before: counts, and what it remembers of that run. */
void load_client_renew(struct load_client *client);

/* Counts a connection as what it is when the counts are closed, and forgets it. */
void load_slot_settle(struct load_client *client, struct load_slot *slot);

/* Begins the next exchange of a connection, or has it think first. Returns whether that was all: it may be closed. */
bool load_next(struct load_client *client, struct quern_shard *shard, struct quern_conn conn);

/* Has the exchange begin again after a time, by which it may mean whatever it likes. */
void load_wake_after(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, uint64_t wait_ns);

/* Closes the connections that were held long enough, and goes on with those that have thought: a bounded number.
 * Returns whether there were any. */
bool load_wake_due(struct load_client *client, struct quern_shard *shard, uint64_t now);

#endif
