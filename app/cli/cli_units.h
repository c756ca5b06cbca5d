/* cli_units.h - numbers, times, addresses and lists of cores as users write them. */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_NS_PER_US UINT64_C(1000)
#define CLI_NS_PER_MS UINT64_C(1000000)
#define CLI_NS_PER_S UINT64_C(1000000000)

enum { CLI_MAX_CORES = 64, CLI_MAX_CPU = 1023 };

/* CPU numbers in the order given, one a worker; count 0 means that the program chooses. */
struct cli_cores {
	uint16_t cpu[CLI_MAX_CORES];
	uint16_t count;
};

struct cli_keepalive {
	bool on;
	uint32_t idle_ms;
	uint32_t interval_ms;
	uint8_t probes;
};

/* Each parser takes the whole text or nothing: true, or false and the result untouched. */
bool cli_parse_count(const char *text, uint64_t *count);                     /* 250, 50k, 1.5M, 2G: decimal */
bool cli_parse_time(const char *text, uint64_t *ns);                         /* 10s, 1.5ms, 5m; 0 needs no unit */
bool cli_parse_percent(const char *text, uint64_t *share);                   /* 1%, 0.05%: in billionths */
bool cli_parse_cores(const char *text, struct cli_cores *cores);             /* auto, 2-5, 0,1,4-6; 1,1: two on one */
bool cli_parse_keepalive(const char *text, struct cli_keepalive *keepalive); /* off, 2h/75s/10 */

/* The same within bounds, which are accepted too. */
bool cli_count_within(const char *text, uint64_t least, uint64_t most, uint64_t *count);
bool cli_time_within(const char *text, uint64_t least, uint64_t most, uint64_t *ns);

#endif
