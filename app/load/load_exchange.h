/* load_exchange.h - what a client says once it is connected, and when it has heard enough. */
#ifndef LOAD_EXCHANGE_H
#define LOAD_EXCHANGE_H

#include "load/load_client.h"

struct load_exchange {
	/* When the time is over, connections are let come to their end before what is left is reset. */
	bool is_let_finish;
	/* The connection is established. Returns whether that is all: it may be closed. */
	bool (*start)(struct load_client *client, struct quern_shard *shard, struct quern_conn conn);
	/* load_next() was called, and the think time is over. Likewise. */
	bool (*again)(struct load_client *client, struct quern_shard *shard, struct quern_conn conn);
	/* Text has come. Likewise. */
	bool (*take)(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, const void *text,
		     uint32_t bytes);
	/* There is room to send what found none. */
	void (*room)(struct load_client *client, struct quern_shard *shard, struct quern_conn conn);
	/* The peer says no more, and is answered with a close behind this. */
	void (*peer_closed)(struct load_client *client, struct quern_shard *shard, struct quern_conn conn);
	/* The connection is gone. Returns whether the whole answer had come. */
	bool (*ended)(struct load_client *client, struct quern_shard *shard, struct quern_conn conn);
	/* The counts are closed, and what is still on its way is counted as that. */
	void (*settle)(struct load_client *client, uint32_t index);
};

/* The exchange that a service asks for. */
const struct load_exchange *load_exchange_of(const struct cli_service *service);

extern const struct load_exchange load_http_exchange, load_text_exchange;

/* Prepares a client that speaks HTTP. 0 or -ENOMEM; undone by load_http_close(). */
int load_http_open(struct load_client *client);
void load_http_close(struct load_client *client);

/* Prepares a client whose text is exchanged. 0 or -ENOMEM; undone by load_text_close(). */
int load_text_open(struct load_client *client);
void load_text_close(struct load_client *client);

#endif
