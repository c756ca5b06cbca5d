/* udp_maglev.h - tables of Maglev hashing (Eisenbud et al., NSDI 2016): a number of a target in each entry. */
#ifndef UDP_UDP_MAGLEV_H
#define UDP_UDP_MAGLEV_H

#include <stddef.h>
#include <stdint.h>

#include <quern/forward.h>

/* Both are primes. All sets of targets but those of very unequal weights have a table of the first size, since a table
 * of another size moves nearly every client. */
enum { UDP_MAGLEV_ENTRIES = 8191, UDP_MAGLEV_ENTRIES_MAX = 65521 };

/* How many entries the table of these targets has: at least 100 for the one of the least weight, unless that takes more
 * than UDP_MAGLEV_ENTRIES_MAX. */
uint32_t udp_maglev_entries(const struct quern_forward_target *targets, uint32_t count);

/* Fills a table with numbers of targets, each as often as its weight says, to an entry or a few. Which entries it has
 * depends on endpoints and weights alone, and not on the order of the targets or on who builds it. */
void udp_maglev_fill(uint8_t *table, uint32_t entries, const struct quern_forward_target *targets, uint32_t count);

#endif
