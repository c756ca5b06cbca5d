/* nic_rss.c - by what a port spreads frames over shards: receive-side scaling of its hardware, asked for and read back,
 * or a plan of our own. */
#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "nic/nic_spread.h"

enum { PLAN_ENTRIES = 128 }; /* of a plan of our own */

/* What is asked for beside TCP over IPv4, where the port has it. The fields hashed are the same for all four, so one
 * plan is right for all. */
static const uint64_t welcome =
	RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;

bool nic_rss_is_offered(const struct rte_eth_dev_info *info)
{
	return (info->flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_TCP) != 0 &&
	       info->hash_key_size >= PORT_PLAN_KEY_BYTES &&
	       info->hash_key_size <= sizeof(((struct nic *)NULL)->rss_key) && info->reta_size > 0 &&
	       info->reta_size <= PORT_PLAN_ENTRIES_MAX && (info->reta_size & (info->reta_size - 1)) == 0;
}

/* Under some keys the low bits of the hash do not depend on the local port, and shards find none whose answers are
 * theirs: another is drawn. */
static void draw_plan(struct nic *nic, uint16_t entries)
{
	struct random random;

	random_seed(&random, nic->config.seed + nic->config.number);
	nic->plan.entries = entries;
	do {
		for (size_t byte = 0; byte < sizeof(nic->rss_key); byte++)
			nic->rss_key[byte] = (uint8_t)random_next(&random);
		memcpy(nic->plan.key, nic->rss_key, PORT_PLAN_KEY_BYTES);
		port_plan_prepare(&nic->plan);
	} while (port_plan_ports(&nic->plan) * entries != UINT16_MAX + 1u ||
		 port_plan_ports6(&nic->plan) * entries != UINT16_MAX + 1u);
}

void nic_plan_make(struct nic *nic, uint16_t shards, bool spread_by_port)
{
	draw_plan(nic, PLAN_ENTRIES);
	nic->plan.spread_by_port = spread_by_port;
	port_plan_share(&nic->plan, shards);
}

void nic_rss_ask(struct nic *nic, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	draw_plan(nic, info->reta_size);
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){
		.rss_key = nic->rss_key,
		.rss_key_len = info->hash_key_size,
		/* What is not spread comes to one queue, and is moved from there. */
		.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_TCP | (info->flow_type_rss_offloads & welcome)};
}

static int read_table(const struct nic *nic, struct port_plan *plan)
{
	struct rte_eth_rss_reta_entry64 groups[PORT_PLAN_ENTRIES_MAX / RTE_ETH_RETA_GROUP_SIZE];
	uint32_t named = 0;
	int code;

	memset(groups, 0, sizeof(groups));
	for (uint16_t entry = 0; entry < plan->entries; entry++)
		groups[entry / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << entry % RTE_ETH_RETA_GROUP_SIZE;
	code = rte_eth_dev_rss_reta_query(nic->port, groups, plan->entries);
	for (uint16_t entry = 0; entry < plan->entries && code == 0; entry++) {
		uint16_t queue = groups[entry / RTE_ETH_RETA_GROUP_SIZE].reta[entry % RTE_ETH_RETA_GROUP_SIZE];

		if (queue >= nic->queues)
			return -ERANGE;
		plan->queue[entry] = (uint8_t)queue;
		named |= 1u << queue;
	}
	return code == 0 && named != (1u << nic->queues) - 1 ? -ERANGE : code;
}

int nic_rss_read(struct nic *nic)
{
	struct rte_eth_dev_info info; /* a table may be as long as there are queues: known only now */
	struct rte_eth_rss_conf conf = {.rss_key = nic->rss_key};
	int code = rte_eth_dev_info_get(nic->port, &info);

	if (code == 0 && !nic_rss_is_offered(&info))
		code = -ENOTSUP;
	if (code != 0)
		return code;
	conf.rss_key_len = info.hash_key_size;
	code = rte_eth_dev_rss_hash_conf_get(nic->port, &conf);
	if (code == 0 && (conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_TCP) == 0)
		code = -ENOTSUP;
	nic->plan.entries = info.reta_size;
	nic->plan.spread_by_port = true;
	if (code == 0)
		code = read_table(nic, &nic->plan);
	if (code != 0)
		return code;
	memcpy(nic->plan.key, nic->rss_key, PORT_PLAN_KEY_BYTES);
	port_plan_prepare(&nic->plan);
	return 0;
}
