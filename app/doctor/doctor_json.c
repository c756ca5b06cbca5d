/* doctor_json.c - the machine's contract: every key, always; null where something is not known. */
#include "doctor/doctor.h"

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *known_or_null(enum quern_known known)
{
	return known == QUERN_UNKNOWN ? json_null() : json_boolean(known == QUERN_YES);
}

static json_t *integer_or_null(uint64_t value)
{
	return value != 0 ? integer(value) : json_null();
}

static json_t *cores_json(const struct quern_inventory_cores *cores)
{
	return json_pack("{s:o, s:o, s:o, s:i, s:s, s:i, s:o, s:o}", "online", integer_or_null(cores->online), "list",
			 text_or_null(cores->online_list), "usable", text_or_null(cores->usable_list), "isolated",
			 (int)cores->isolated, "isolated_list", cores->isolated_list, "numa_nodes", (int)cores->nodes,
			 "smt", known_or_null(cores->smt), "governor", text_or_null(cores->governor));
}

static json_t *memory_json(const struct doctor_look *look)
{
	const struct quern_inventory *inventory = &look->inventory;
	json_t *pools = json_array();

	for (uint16_t number = 0; number < inventory->pool_count; number++) {
		const struct quern_inventory_pool *pool = &inventory->pools[number];

		json_array_append_new(pools, json_pack("{s:o, s:i, s:o, s:o}", "page_bytes", integer(pool->page_bytes),
						       "node", (int)pool->node, "total", integer(pool->total), "free",
						       integer(pool->free)));
	}
	return json_pack("{s:o, s:o, s:o, s:b, s:o}", "total_bytes", integer_or_null(inventory->memory_bytes),
			 "available_bytes", integer_or_null(inventory->available_bytes), "bench_bytes",
			 integer_or_null(look->need.bytes), "is_enough", (int)look->has_memory, "hugepages", pools);
}

static json_t *nics_json(const struct quern_inventory *inventory)
{
	json_t *nics = json_array();
	char why[DOCTOR_WHY], id[16];

	for (uint16_t number = 0; number < inventory->nic_count; number++) {
		const struct quern_inventory_nic *nic = &inventory->nics[number];

		snprintf(id, sizeof(id), "%04x:%04x", nic->vendor, nic->device);
		json_array_append_new(nics,
				      json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:b}", "address", nic->address,
						"id", id, "name", nic->name, "node",
						nic->node < 0 ? json_null() : json_integer(nic->node), "driver",
						text_or_null(nic->driver), "interface", text_or_null(nic->interface),
						"has_default_route", (int)nic->has_default_route, "is_ready",
						doctor_nic_why(inventory, nic, why)[0] == '\0' ? 1 : 0));
	}
	return nics;
}

static json_t *interfaces_json(const struct quern_inventory *inventory)
{
	json_t *interfaces = json_array();

	for (uint16_t number = 0; number < inventory->interface_count; number++) {
		const struct quern_inventory_interface *interface = &inventory->interfaces[number];

		json_array_append_new(interfaces, json_pack("{s:s, s:o, s:b}", "name", interface->name, "state",
							    text_or_null(interface->state), "has_default_route",
							    (int)interface->has_default_route));
	}
	return interfaces;
}

static json_t *verdict_json(const struct doctor_verdict *verdict)
{
	json_t *ready = json_array(), *not_ready = json_array();

	for (uint16_t number = 0; number < verdict->count; number++) {
		const struct doctor_item *item = &verdict->items[number];

		if (item->why[0] == '\0')
			json_array_append_new(ready, json_string(item->what));
		else
			json_array_append_new(not_ready, json_pack("{s:s, s:s}", "what", item->what, "why", item->why));
	}
	return json_pack("{s:b, s:o, s:o}", "is_ready", (int)verdict->is_ready, "ready_for", ready, "not_ready_for",
			 not_ready);
}

json_t *doctor_json(const struct doctor_look *look, const struct doctor_verdict *verdict)
{
	const struct quern_inventory *inventory = &look->inventory;

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:{s:b, s:b, s:b, s:b}, s:{s:b, s:b, s:b, s:b, s:b, s:b}, s:o}",
			 "schema", "quern-doctor/1", "cores", cores_json(&inventory->cores), "memory",
			 memory_json(look), "nics", nics_json(inventory), "interfaces", interfaces_json(inventory),
			 "vfio", "iommu", (int)inventory->has_iommu, "driver", (int)inventory->has_vfio, "noiommu",
			 (int)inventory->has_noiommu, "may_open", (int)inventory->may_use_vfio, "rights", "root",
			 (int)inventory->is_root, "net_raw", (int)inventory->may_use_raw, "net_admin",
			 (int)inventory->may_configure, "bpf", (int)inventory->may_load_bpf, "tun",
			 (int)inventory->has_tun, "af_xdp", (int)inventory->has_af_xdp, "verdict",
			 verdict_json(verdict));
}
