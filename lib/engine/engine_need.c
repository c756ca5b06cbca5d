/* engine_need.c - what an engine would need, found out without one. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <quern/inventory.h>

int quern_engine_need(const struct quern_engine_config *config, struct quern_need *need, char error[QUERN_ERROR_TEXT])
{
	struct quern_engine *engine = aligned_alloc(64, RTE_ALIGN_CEIL(sizeof(*engine), 64));
	int code;

	*need = (struct quern_need){.bytes = 0};
	if (engine == NULL)
		return engine_fail(error, -ENOMEM, "no memory to think about memory");
	memset(engine, 0, sizeof(*engine));
	engine->config = *config;
	code = engine_check(engine, error);
	if (code == 0)
		code = engine_check_forward(engine, error);
	if (code == 0) {
		code = engine_plan_memory(engine, error);
		*need = (struct quern_need){.bytes = engine->memory.need_bytes, .is_huge = engine->memory.huge};
	}
	free(engine);
	return code;
}
