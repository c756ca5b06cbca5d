/* forward_plan.c - what a seed draws: ports, rules, clients. */
#include "sim/forward/forward_world.h"

#include <string.h>

#include "support/raw_words.h"

enum { IDLE_MAX_MS = 4000, LISTEN = 53, RANGE = 20000, RANGE_PORTS = 50, TO_PORT = 5300, GATEWAY = 9 };

#define FAR 0xc0a80000U /* 192.168.0.0/16, by the gateway */

static const char *const names[FORWARD_RULES] = {"a", "b", "c", "d", "e", "f"};

bool forward_one_in(struct random *random, uint32_t n)
{
	return random_below(random, n) == 0;
}

struct quern_endpoint forward_host(uint16_t port, uint16_t host, uint16_t number, bool is_ip6)
{
	struct quern_endpoint end = {.port = number};

	if (is_ip6)
		end.ip6 = (struct quern_ip6){UINT64_C(0x20010db800000000) | (uint64_t)port << 16, host};
	else
		end.address = 0x0a000000u | (uint32_t)port << 16 | host;
	return end;
}

bool forward_same_host(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->address == b->address && a->ip6.high == b->ip6.high && a->ip6.low == b->ip6.low;
}

bool forward_same(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->port == b->port && forward_same_host(a, b);
}

void forward_mac(const struct quern_endpoint *host, uint8_t mac[6])
{
	uint32_t word = host->address;

	if (word >> 16 == FAR >> 16)
		word = 0x0a000000u | GATEWAY;
	if (quern_ip6_is_set(&host->ip6))
		word = (uint32_t)host->ip6.high << 8 | (uint32_t)host->ip6.low;
	mac[0] = 2;
	mac[1] = quern_ip6_is_set(&host->ip6) ? 6 : 4;
	put32(mac + 2, word);
}

void forward_port_mac(uint16_t port, uint8_t mac[6])
{
	memcpy(mac, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(port + 1)}, 6);
}

uint8_t forward_port_towards(const struct forward_plan *plan, const struct quern_endpoint *host)
{
	uint32_t port = quern_ip6_is_set(&host->ip6) ? (uint32_t)host->ip6.high >> 16 : host->address >> 16 & 0xff;
	bool is_near = quern_ip6_is_set(&host->ip6) || host->address >> 24 == 10;

	return is_near && port < plan->port_count ? (uint8_t)port : 0;
}

bool forward_is_own(const struct forward_plan *plan, uint16_t port, const struct quern_endpoint *end)
{
	for (uint16_t host = 1; host <= plan->own; host++) {
		const struct quern_endpoint own = forward_host(port, host, 0, quern_ip6_is_set(&end->ip6));

		if (forward_same_host(&own, end))
			return true;
	}
	return false;
}

bool forward_is_ours(const struct forward_plan *plan, uint16_t port, const struct quern_endpoint *source,
		     const struct quern_endpoint *dest)
{
	const struct flow_key key = {dest->address, source->address, dest->port, source->port};
	const struct ip6_pair pair = {dest->ip6, source->ip6};

	if (!plan->is_shared)
		return true;
	return (quern_ip6_is_set(&dest->ip6) ? port_plan_queue6(&plan->plans[port], &pair, &key)
					     : port_plan_queue(&plan->plans[port], &key)) == 0;
}

/* A thin plan leaves us one entry of 512. */
static void draw_port_plan(struct forward_plan *plan, struct random *random, struct port_plan *port_plan)
{
	port_plan->entries = plan->is_thin ? 512 : 128;
	port_plan->spread_by_port = true;
	do {
		for (size_t i = 0; i < PORT_PLAN_KEY_BYTES; i++)
			port_plan->key[i] = (uint8_t)random_next(random);
		port_plan_prepare(port_plan);
	} while (port_plan_ports(port_plan) * port_plan->entries != 65536 ||
		 port_plan_ports6(port_plan) * port_plan->entries != 65536);
	for (uint16_t entry = 0; entry < port_plan->entries; entry++)
		port_plan->queue[entry] = plan->is_thin ? entry != 0 : (uint8_t)(entry % 4);
}

static void draw_ports_of(struct quern_forward_rule *rule, struct random *random)
{
	switch (random_below(random, 4)) {
	case 0:
		rule->listen.port = (uint16_t)(RANGE + random_below(random, 20));
		rule->last_port = (uint16_t)(rule->listen.port + random_below(random, RANGE_PORTS));
		break;
	case 1:
		rule->listen.port = 0;
		break;
	default:
		rule->listen.port = (uint16_t)(LISTEN + random_below(random, 3));
		break;
	}
}

static struct quern_endpoint draw_target(const struct forward_plan *plan, const struct quern_forward_rule *rule,
					 struct random *random, bool is_ip6)
{
	uint16_t port = (uint16_t)random_below(random, plan->port_count);
	uint16_t to = rule->keep_port ? 0 : (uint16_t)(TO_PORT + random_below(random, 2));
	uint16_t host = (uint16_t)(100 + random_below(random, 10));

	if (!is_ip6 && forward_one_in(random, 12))
		return (struct quern_endpoint){.address = FAR + host, .port = to};
	return forward_host(port, host, to, is_ip6);
}

static void draw_rule(struct forward_plan *plan, struct random *random, uint16_t number)
{
	struct quern_forward_rule *rule = &plan->rules[number];
	bool is_ip6 = forward_one_in(random, 4);

	*rule = (struct quern_forward_rule){.name = names[number], .targets = plan->targets[number]};
	rule->port = (uint16_t)random_below(random, plan->port_count);
	if (!forward_one_in(random, 4))
		rule->listen = forward_host(rule->port, (uint16_t)(1 + random_below(random, plan->own)), 0, is_ip6);
	draw_ports_of(rule, random);
	rule->keep_port = !plan->is_thin && forward_one_in(random, 4);
	rule->balance = (enum quern_balance)random_below(random, plan->is_thin ? 3 : QUERN_BALANCES_END);
	rule->answers_refresh = forward_one_in(random, 3);
	rule->idle_ms = 1000 + random_below(random, IDLE_MAX_MS - 1000);
	if (!plan->is_thin && forward_one_in(random, 3))
		rule->max_sessions = 1 + random_below(random, 20);
	if (!plan->is_thin && forward_one_in(random, 3))
		rule->max_sessions_per_source = 1 + random_below(random, 4);
	rule->target_count = plan->is_thin ? 1 : (uint16_t)(1 + random_below(random, FORWARD_TARGETS));
	for (uint16_t i = 0; i < rule->target_count; i++)
		plan->targets[number][i] = (struct quern_forward_target){.to = draw_target(plan, rule, random, is_ip6),
									 .weight = (uint16_t)random_below(random, 3)};
}

bool forward_plan_rule(struct forward_plan *plan, struct random *random)
{
	draw_rule(plan, random, plan->rule_count);
	if (quern_forward_faults(plan->rules, plan->rule_count + 1u, NULL, 0) != 0)
		return false;
	plan->rule_count++;
	return true;
}

static void draw_rules(struct forward_plan *plan, struct random *random)
{
	uint32_t wanted = plan->is_thin ? 1 : 1 + random_below(random, FORWARD_RULES);

	for (uint32_t i = 0; plan->rule_count < wanted && (i < 20 || plan->rule_count == 0); i++)
		forward_plan_rule(plan, random);
}

/* Where a client of a rule may send to. */
static struct quern_endpoint draw_listen(const struct forward_plan *plan, const struct quern_forward_rule *rule,
					 struct random *random)
{
	struct quern_endpoint to = rule->listen;
	bool is_ip6 = quern_ip6_is_set(&rule->targets[0].to.ip6);

	if (to.address == 0 && !quern_ip6_is_set(&to.ip6))
		to = forward_host(rule->port, (uint16_t)(1 + random_below(random, plan->own)), to.port, is_ip6);
	if (to.port == 0)
		to.port = (uint16_t)(100 + random_below(random, 30));
	else if (rule->last_port > to.port)
		to.port = (uint16_t)(to.port + random_below(random, rule->last_port - to.port + 1u));
	return to;
}

void forward_plan_client(const struct forward_plan *plan, struct random *random, struct forward_client *client)
{
	const struct quern_forward_rule *rule = &plan->rules[random_below(random, plan->rule_count)];
	bool is_ip6 = quern_ip6_is_set(&rule->targets[0].to.ip6);

	client->port = (uint8_t)rule->port;
	client->to = draw_listen(plan, rule, random);
	/* A thin plan's one entry may be one that no port of these few hosts leads to. */
	for (uint32_t tries = 0; tries == 0 || !forward_is_ours(plan, client->port, &client->from, &client->to);
	     tries++)
		client->from =
			forward_host(rule->port, (uint16_t)(200 + random_below(random, tries < UINT16_MAX ? 8 : 20000)),
				     (uint16_t)(1024 + random_below(random, 60000)), is_ip6);
	memcpy(client->mac, (uint8_t[]){2, 9, 0, 0, 0, (uint8_t)random_next(random)}, 6);
}

void forward_plan_draw(struct forward_plan *plan, uint64_t seed)
{
	static const uint16_t mtus[] = {1500, 1400, 1280};
	struct random random;

	memset(plan, 0, sizeof(*plan));
	random_seed(&random, seed);
	plan->seed = seed;
	/* Also where the 32 bits of milliseconds come round. */
	plan->start_ns = (forward_one_in(&random, 4) ? UINT32_MAX - 5000 : 1000000) * UINT64_C(1000000) +
			 random_below(&random, FORWARD_MS);
	plan->steps = 200 + random_below(&random, 200);
	plan->port_count = (uint16_t)(1 + random_below(&random, FORWARD_PORTS));
	plan->mtu = mtus[random_below(&random, 3)];
	plan->ethernet = !forward_one_in(&random, 3);
	plan->is_shared = forward_one_in(&random, 3);
	plan->is_thin = plan->is_shared && forward_one_in(&random, 3);
	plan->loses_asked = plan->ethernet && !plan->is_thin && forward_one_in(&random, 3);
	plan->gathers = forward_one_in(&random, 2);
	plan->own = plan->is_thin ? 1 : 2;
	plan->max_sessions = plan->is_thin ? 240 : 3 + random_below(&random, forward_one_in(&random, 2) ? 20 : 200);
	for (uint16_t port = 0; plan->is_shared && port < plan->port_count; port++)
		draw_port_plan(plan, &random, &plan->plans[port]);
	draw_rules(plan, &random);
	for (uint16_t i = 0; i < FORWARD_CLIENTS; i++)
		forward_plan_client(plan, &random, &plan->clients[i]);
}
