/* model_host.h - an endpoint: what lib/shard does around lib/tcp, for one connection and without buffers. */
#ifndef MODEL_MODEL_HOST_H
#define MODEL_MODEL_HOST_H

#include "model/model_turn.h"

/* A packet arrives. */
void model_host_hears(struct model_turn *turn, const struct model_packet *packet);

/* The connection's timer fires; with `gives_up`, when patience is over. */
void model_host_fires(struct model_turn *turn, bool gives_up);

/* 2MSL is over. */
void model_host_rests_no_more(struct model_turn *turn);

/* What the application asks for. Each may be asked only where model_app.h says so. */
void model_host_opens(struct model_turn *turn);
void model_host_sends(struct model_turn *turn);
void model_host_shuts(struct model_turn *turn);
void model_host_closes(struct model_turn *turn);
void model_host_aborts(struct model_turn *turn);
void model_host_reads(struct model_turn *turn);

#endif
