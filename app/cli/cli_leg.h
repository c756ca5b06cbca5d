/* cli_leg.h - a stretch of time in which a rate changes evenly: what the shape of a load is made of. */
#ifndef CLI_LEG_H
#define CLI_LEG_H

#include <stdint.h>

/* The next leg begins where one ends, not always at the same rate. */
struct cli_leg {
	uint64_t ns;
	uint64_t from; /* starts a second, as it begins */
	uint64_t to;   /* and as it ends */
};

#endif
