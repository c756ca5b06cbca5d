/* order.h - what others ask of an application whose engine runs: by telemetry, and so by quern ctl. */
#ifndef QUERN_ORDER_H
#define QUERN_ORDER_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { QUERN_ORDER_NAME = 32, QUERN_ORDER_WORDS = 512, QUERN_ORDER_TEXT = 8192 };

/* Somebody's order, /quern/order,NAME or /quern/order,NAME,WORDS; /quern/reload is the one that is named "reload". The
 * application does it, or does not, and fills in what came of it. */
struct quern_order {
	char name[QUERN_ORDER_NAME];
	char words[QUERN_ORDER_WORDS]; /* as they came; empty for none */
	bool is_taken;
	char text[QUERN_ORDER_TEXT]; /* lines for who asked; what is longer is cut. One who is refused must hear why */
};

#ifdef __cplusplus
}
#endif

#endif
