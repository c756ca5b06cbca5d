/* reload.h - other rules for an engine that runs. Who asks for them does so by an order: <quern/order.h>. */
#ifndef QUERN_RELOAD_H
#define QUERN_RELOAD_H

#include <stdbool.h>

#include <quern/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Gives an engine that runs other rules, on the thread that runs it, as in on_tick. Rules are checked as at opening,
 * and copied. New sessions go by them from each worker's next turn on. Sessions whose rule, by its name, still listens
 * where their client sends, and still has their target, go on;
 * others end, and the client's next datagram begins anew. Returns when all workers have done with the rules before, or
 * after a second: who does not turn will take them when it does. 0; or -errno with `error`, and nothing has changed:
 * -EINVAL for rules that are wrong, or need a restart (max_sessions), -ENOTSUP, -ENETUNREACH, -ENOMEM, -EBUSY while
 * workers still have to take the rules given last. */
int quern_engine_reload_forward(struct quern_engine *engine, const struct quern_forward_config *forward,
				char error[QUERN_ERROR_TEXT]);

/* True where all workers have done with the rules before those that were given last. On the same thread. */
bool quern_engine_reload_is_done(const struct quern_engine *engine);

#ifdef __cplusplus
}
#endif

#endif
