/* cli_signal.h - SIGINT and SIGTERM as a number that the control thread looks at. */
#ifndef CLI_SIGNAL_H
#define CLI_SIGNAL_H

#include <stdbool.h>

/* Catches SIGINT and SIGTERM from now on. */
void cli_signal_catch(void);

/* How many came so far, and the first of them (0 for none). */
int cli_signal_count(void);
int cli_signal_first(void);

/* Whether any came. */
bool cli_signal_came(void);

#endif
