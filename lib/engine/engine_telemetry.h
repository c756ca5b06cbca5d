/* engine_telemetry.h - what the commands of telemetry share; inside lib/engine only. */
#ifndef ENGINE_ENGINE_TELEMETRY_H
#define ENGINE_ENGINE_TELEMETRY_H

#include <rte_telemetry.h>

#include <quern/engine.h>

enum { ENGINE_PARAMETER_TEXT = 64 };

/* Takes the next "name=value" off comma-separated parameters. 1; 0 at the end; -EINVAL for what is neither. */
int engine_next_parameter(const char **parameters, char name[ENGINE_PARAMETER_TEXT], char value[ENGINE_PARAMETER_TEXT]);

/* Reads a whole decimal number up to `last`. 0 or -EINVAL. */
int engine_parse_number(const char *text, uint64_t last, uint64_t *number);

/* Makes the answer say that the parameters are wrong: {"error": text}. */
int engine_telemetry_error(struct rte_tel_data *answer, const char *text);

/* A dictionary inside another; null with no memory left. */
struct rte_tel_data *engine_telemetry_inner(struct rte_tel_data *outer, const char *name);

/* /quern/ports: what each port is, and what its bad lines do. */
int engine_answer_ports(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer);

/* /quern/forward: a rule of forwarding and its targets. */
int engine_answer_forward(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer);

/* /quern/conns: connections of a shard, a page of columns, and where to go on. */
int engine_answer_conns(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer);

/* /quern/order and /quern/reload: wait some seconds for engine_serve_order(), on a thread of telemetry's own. */
int engine_answer_order(const char *parameters, struct rte_tel_data *answer);
int engine_answer_reload(const char *parameters, struct rte_tel_data *answer);

/* The engine is being closed: who waits for an order to be done is told so. */
void engine_forget_order(void);

#endif
