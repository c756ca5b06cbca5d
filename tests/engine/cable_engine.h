/* cable_engine.h - a client and a server over a cable that open and close a number of connections, and what they saw.
 */
#ifndef ENGINE_CABLE_ENGINE_H
#define ENGINE_CABLE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/quern.h>

/* One end's view; written by its worker, read by the control thread. */
struct cable_end {
	uint32_t target; /* connections to open; the client's */
	uint32_t opened;
	uint32_t established;
	uint32_t ended[QUERN_ENDS_END];
	int start_code; /* what on_start returns beside its own failures */
	uint8_t route;
	uint64_t latest_ns;
	bool time_went_back;
};

enum { CABLE_ENDS_MORE = 8 };

struct cable_engine {
	struct quern_engine_config config;
	struct cable_end client;
	struct cable_end server;
	struct cable_end more[CABLE_ENDS_MORE]; /* clients and servers beside these two, on the same ports */
	uint16_t more_count;
	uint32_t ticks;
	uint32_t ticks_max; /* the run is given up then */
};

/* A configuration for `target` connections with the client on one core and the server on another, 4 KiB pages. */
void cable_engine_prepare(struct cable_engine *cable, uint32_t target, uint16_t client_core, uint16_t server_core);

/* Adds another client, for `target` connections, or another server (0) to what is prepared. */
void cable_engine_add(struct cable_engine *cable, uint32_t target, uint16_t core, uint16_t lane);

/* Sums over all clients, or all servers. */
struct cable_sums {
	uint32_t target;
	uint32_t established;
	uint32_t ended;
	uint32_t closed; /* of `ended`, in order */
};
struct cable_sums cable_engine_sums(const struct cable_engine *cable, bool of_clients);

/* Runs it until all connections have ended at both ends or time is up. As quern_engine_run(). */
int cable_engine_run(struct cable_engine *cable, struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

/* The n-th CPU this process may use, or the last one where there are fewer. */
uint16_t cable_engine_core(unsigned int n);

/* Entries named quern-… in `directory`. */
unsigned int cable_engine_leftovers(const char *directory);

#endif
