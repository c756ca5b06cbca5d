/* doctor_text.c - the screen: what there is at the left, what to make of it at the right. */
#include <string.h>

#include "doctor/doctor.h"

enum { LABEL_COLUMNS = 11, FACT_COLUMNS = 52, VERDICT_TEXT = 8192, HUGE_PAGE = 2 << 20 };

/* Letters of UTF-8 on the screen: bytes that do not continue another. */
static int columns_of(const char *text)
{
	int columns = 0;

	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

void doctor_row(FILE *out, const char *label, const char *fact, const char *remark)
{
	int gap = FACT_COLUMNS - columns_of(fact);

	fprintf(out, "%-*s%s", LABEL_COLUMNS, label, fact);
	if (remark[0] != '\0')
		fprintf(out, "%*s%s", gap > 2 ? gap : 2, "", remark);
	fputc('\n', out);
}

static void print_cores(FILE *out, const struct quern_inventory_cores *cores)
{
	char fact[2 * DOCTOR_LINE], remark[DOCTOR_LINE], online[32] = "number unknown", isolated[DOCTOR_LINE] = "none";

	if (cores->online != 0)
		snprintf(online, sizeof(online), "%u online", cores->online);
	if (cores->isolated != 0)
		snprintf(isolated, sizeof(isolated), "%.64s", cores->isolated_list);
	snprintf(fact, sizeof(fact), "%s, %u NUMA node%s; %s isolated%s%s%.32s", online, cores->nodes,
		 cores->nodes == 1 ? "" : "s", isolated, cores->smt == QUERN_YES ? "; SMT" : "",
		 cores->governor[0] != '\0' ? "; " : "", cores->governor);
	if (cores->isolated == 0)
		snprintf(remark, sizeof(remark), "ok for trying, isolate cores for real numbers");
	else
		snprintf(remark, sizeof(remark), "ok: --cores %.64s", cores->isolated_list);
	if (cores->governor[0] != '\0' && strcmp(cores->governor, "performance") != 0)
		snprintf(remark, sizeof(remark), "set the governor to performance for real numbers");
	doctor_row(out, "cores", fact, remark);
	if (cores->usable_list[0] != '\0' && cores->online_list[0] != '\0' &&
	    strcmp(cores->usable_list, cores->online_list) != 0) {
		snprintf(fact, sizeof(fact), "this process may use %.64s", cores->usable_list);
		doctor_row(out, "", fact, "");
	}
}

/* "2 MiB" or "1 GiB", as pages are called, and "231 MiB" for the rest. */
static const char *bytes_text(uint64_t bytes, char text[32])
{
	bool is_whole = bytes >> 30 > 0 && bytes % ((uint64_t)1 << 30) == 0;

	if (is_whole)
		snprintf(text, 32, "%llu GiB", (unsigned long long)(bytes >> 30));
	else if (bytes >= (uint64_t)10 << 30)
		snprintf(text, 32, "%.1f GiB", (double)bytes / (1 << 30));
	else
		snprintf(text, 32, "%llu %s", (unsigned long long)(bytes >> 20 ? bytes >> 20 : bytes >> 10),
			 bytes >> 20 ? "MiB" : "KiB");
	return text;
}

/* The pools of one page size, on all nodes, if there are such pages; returns the first pool of the next size. */
static uint16_t print_pools(FILE *out, const struct quern_inventory *inventory, uint16_t first, const char **label)
{
	char fact[DOCTOR_LINE], nodes[DOCTOR_LINE] = "", page[32];
	uint64_t total = 0, free_pages = 0;
	uint16_t next = first;
	size_t used = 0;

	for (; next < inventory->pool_count && inventory->pools[next].page_bytes == inventory->pools[first].page_bytes;
	     next++) {
		const struct quern_inventory_pool *pool = &inventory->pools[next];

		total += pool->total;
		free_pages += pool->free;
		if (used < sizeof(nodes))
			used += (size_t)snprintf(nodes + used, sizeof(nodes) - used, "%snode %u: %llu",
						 used == 0 ? "" : ", ", pool->node, (unsigned long long)pool->free);
	}
	if (total == 0)
		return next;
	snprintf(fact, sizeof(fact), "%llu × %s hugepages, %llu free%s%.100s%s", (unsigned long long)total,
		 bytes_text(inventory->pools[first].page_bytes, page), (unsigned long long)free_pages,
		 next - first > 1 ? " (" : "", next - first > 1 ? nodes : "", next - first > 1 ? ")" : "");
	doctor_row(out, *label, fact, "");
	*label = "";
	return next;
}

static uint64_t huge_bytes(const struct quern_inventory *inventory, bool of_all)
{
	uint64_t bytes = 0;

	for (uint16_t number = 0; number < inventory->pool_count; number++) {
		const struct quern_inventory_pool *pool = &inventory->pools[number];

		bytes += pool->page_bytes * (of_all ? pool->total : pool->free);
	}
	return bytes;
}

/* As many 2 MiB pages as there are, and what is missing, with an eighth on top for their ends. */
static uint64_t pages_for_bench(const struct doctor_look *look)
{
	uint64_t need = look->need.bytes + look->need.bytes / 8, has = huge_bytes(&look->inventory, false), pages = 0;

	for (uint16_t number = 0; number < look->inventory.pool_count; number++) {
		if (look->inventory.pools[number].page_bytes == HUGE_PAGE)
			pages += look->inventory.pools[number].total;
	}
	return need > has ? pages + (need - has + HUGE_PAGE - 1) / HUGE_PAGE : pages;
}

static void print_memory(FILE *out, const struct doctor_look *look)
{
	const struct quern_inventory *inventory = &look->inventory;
	bool has_huge = huge_bytes(inventory, true) > 0;
	const char *label = "memory";
	char fact[DOCTOR_LINE], remark[DOCTOR_LINE], available[32], need[32];

	for (uint16_t number = 0; has_huge && number < inventory->pool_count;)
		number = print_pools(out, inventory, number, &label);
	snprintf(fact, sizeof(fact), "%s%s available", has_huge ? "" : "no hugepages; ",
		 inventory->available_bytes != 0 ? bytes_text(inventory->available_bytes, available)
						 : "unknown amount");
	bytes_text(look->need.bytes, need);
	if (!look->has_memory)
		snprintf(remark, sizeof(remark), "not enough: quern bench needs %s; --max-connections lowers it", need);
	else if (look->need.is_huge)
		snprintf(remark, sizeof(remark), "ok: quern bench needs %s", need);
	else if (huge_bytes(inventory, false) >= look->need.bytes)
		snprintf(remark, sizeof(remark),
			 "ok: quern bench needs %s, and takes 4 KiB pages; why: quern bench --memory huge", need);
	else
		snprintf(remark, sizeof(remark),
			 "ok: quern bench needs %s; faster: echo %llu > "
			 "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
			 need, (unsigned long long)pages_for_bench(look));
	doctor_row(out, label, fact, remark);
}

static void print_rights(FILE *out, const struct quern_inventory *inventory)
{
	bool has_all = inventory->may_use_raw && inventory->may_configure && inventory->may_load_bpf;
	char fact[DOCTOR_LINE];

	snprintf(fact, sizeof(fact), "%s%s%s%s%s", inventory->is_root ? "root" : "not root", has_all ? "" : "; no",
		 inventory->may_use_raw ? "" : " CAP_NET_RAW", inventory->may_configure ? "" : " CAP_NET_ADMIN",
		 inventory->may_load_bpf ? "" : " CAP_BPF");
	doctor_row(out, "rights", fact, has_all ? "ok" : "bench, memif and pcap work; the rest needs root or these");
}

static void print_verdict(FILE *out, const struct doctor_verdict *verdict)
{
	char ready[VERDICT_TEXT] = "", not_ready[VERDICT_TEXT] = "";
	size_t ready_used = 0, not_used = 0;

	for (uint16_t number = 0; number < verdict->count; number++) {
		const struct doctor_item *item = &verdict->items[number];

		if (item->why[0] == '\0')
			ready_used += (size_t)snprintf(ready + ready_used, sizeof(ready) - ready_used, "%s%s",
						       ready_used == 0 ? "" : ", ", item->what);
		else
			not_used += (size_t)snprintf(not_ready + not_used, sizeof(not_ready) - not_used, "%s%s (%s)",
						     not_used == 0 ? "" : ", ", item->what, item->why);
	}
	fprintf(out, "%-*sready for: %s%s%s\n", LABEL_COLUMNS, "verdict", ready_used == 0 ? "nothing" : ready,
		not_used == 0 ? "" : " · not ready for: ", not_ready);
}

void doctor_text(FILE *out, const struct doctor_look *look, const struct doctor_verdict *verdict)
{
	print_cores(out, &look->inventory.cores);
	print_memory(out, look);
	doctor_nics(out, &look->inventory);
	print_rights(out, &look->inventory);
	print_verdict(out, verdict);
}
