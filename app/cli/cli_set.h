/* cli_set.h - setters of the table of flags: each reads one value, or refuses it. */
#ifndef CLI_SET_H
#define CLI_SET_H

#include "cli/cli_settings.h"

enum { CLI_MAX_RECORDS = 1 << 30 };
#define CLI_MAX_TIMER (24 * 3600 * CLI_NS_PER_S)

/* The service that flags of a load or an answer speak of. Of several that a lower place has begun, none is meant. */
static inline struct cli_service *cli_spoken_service(struct cli_settings *settings)
{
	settings->service_is_astray |= settings->service_count > 1 && settings->older & CLI_GROUP_SERVICES;
	return &settings->service[settings->service_spoken];
}

/* What a higher place says of a rate, or of a number held, stands in the place of all that lower ones have said. */
void cli_replace_rate(struct cli_settings *settings);

/* Ports, and what hangs on the --port before it; addresses of either end. */
bool cli_set_port(struct cli_settings *settings, const char *value);
bool cli_set_ip(struct cli_settings *settings, const char *value);
bool cli_set_gateway(struct cli_settings *settings, const char *value);
bool cli_set_vlan(struct cli_settings *settings, const char *value);
bool cli_set_mtu(struct cli_settings *settings, const char *value);
bool cli_set_impair(struct cli_settings *settings, const char *value);
bool cli_set_listen(struct cli_settings *settings, const char *value);
bool cli_set_source(struct cli_settings *settings, const char *value);
bool cli_set_ip6(struct cli_settings *settings, const char *value);
bool cli_set_wait_link(struct cli_settings *settings, const char *value);

/* What clients do, and what a server answers. */
bool cli_set_duration(struct cli_settings *settings, const char *value);
bool cli_set_connections(struct cli_settings *settings, const char *value);
bool cli_set_cps(struct cli_settings *settings, const char *value);
bool cli_set_cc(struct cli_settings *settings, const char *value);
bool cli_set_ramp(struct cli_settings *settings, const char *value);
bool cli_set_profile(struct cli_settings *settings, const char *value);
bool cli_set_strict(struct cli_settings *settings, const char *value);
bool cli_set_hold(struct cli_settings *settings, const char *value);
bool cli_set_think(struct cli_settings *settings, const char *value);
bool cli_set_close(struct cli_settings *settings, const char *value);
bool cli_set_requests(struct cli_settings *settings, const char *value);
bool cli_set_body(struct cli_settings *settings, const char *value);
bool cli_set_root(struct cli_settings *settings, const char *value);
bool cli_set_warmup(struct cli_settings *settings, const char *value);
bool cli_set_seed(struct cli_settings *settings, const char *value);
bool cli_set_connect_timeout(struct cli_settings *settings, const char *value);
bool cli_set_discard(struct cli_settings *settings, const char *value);
bool cli_set_echo(struct cli_settings *settings, const char *value);
bool cli_set_http(struct cli_settings *settings, const char *value);

/* Cores, memory, the times of TCP, and the output. */
bool cli_set_cores(struct cli_settings *settings, const char *value);
bool cli_set_client_cores(struct cli_settings *settings, const char *value);
bool cli_set_server_cores(struct cli_settings *settings, const char *value);
bool cli_set_memory(struct cli_settings *settings, const char *value);
bool cli_set_max_connections(struct cli_settings *settings, const char *value);
bool cli_set_max_time_wait(struct cli_settings *settings, const char *value);
bool cli_set_time_wait(struct cli_settings *settings, const char *value);
bool cli_set_keepalive(struct cli_settings *settings, const char *value);
bool cli_set_json(struct cli_settings *settings, const char *value);
bool cli_set_hlog(struct cli_settings *settings, const char *value);
bool cli_set_html(struct cli_settings *settings, const char *value);
bool cli_set_junit(struct cli_settings *settings, const char *value);
bool cli_set_csv(struct cli_settings *settings, const char *value);
bool cli_set_out(struct cli_settings *settings, const char *value);
bool cli_set_quiet(struct cli_settings *settings, const char *value);
bool cli_set_verbose(struct cli_settings *settings, const char *value);
bool cli_set_no_color(struct cli_settings *settings, const char *value);

/* Begins a rule of that name, as a file does, which may have several; setters below change the last one. */
bool cli_add_rule(struct cli_settings *settings, const char *name);

/* Of the last rule, which is the only one that flags can say; its --listen comes by way of cli_set_listen(). */
bool cli_set_rule_listen(struct cli_settings *settings, const char *value);
bool cli_set_to(struct cli_settings *settings, const char *value);
bool cli_set_balance(struct cli_settings *settings, const char *value);
bool cli_set_idle(struct cli_settings *settings, const char *value);
bool cli_set_keep_port(struct cli_settings *settings, const char *value);
bool cli_set_max_sessions(struct cli_settings *settings, const char *value);
bool cli_set_source_sessions(struct cli_settings *settings, const char *value);
bool cli_set_rule_sessions(struct cli_settings *settings, const char *value);
bool cli_set_rule_one_way(struct cli_settings *settings, const char *value);
bool cli_set_keep_source(struct cli_settings *settings, const char *value);
bool cli_set_translate(struct cli_settings *settings, const char *value);
bool cli_set_broadcast(struct cli_settings *settings, const char *value);
bool cli_set_answers_refresh(struct cli_settings *settings, const char *value);
bool cli_set_slow_start(struct cli_settings *settings, const char *value);
bool cli_set_on(struct cli_settings *settings, const char *value);

/* How its targets are checked. */
bool cli_set_check(struct cli_settings *settings, const char *value);
bool cli_set_check_every(struct cli_settings *settings, const char *value);
bool cli_set_check_rise(struct cli_settings *settings, const char *value);
bool cli_set_check_fall(struct cli_settings *settings, const char *value);
bool cli_set_check_send(struct cli_settings *settings, const char *value);
bool cli_set_check_expect(struct cli_settings *settings, const char *value);

/* The rule that a setter changes by that flag. Above a file it is the file's only one: of several it cannot be said
 * which. */
struct quern_forward_rule *cli_last_rule(struct cli_settings *settings, const char *flag);

/* A port of decimal digits alone, 1 to 65535. */
bool cli_read_port(const char *text, size_t length, uint16_t *port);

#endif
