/* cli_signal.h - signals as numbers that the control thread looks at. */
#ifndef CLI_SIGNAL_H
#define CLI_SIGNAL_H

#include <stdbool.h>

/* Catches SIGINT, SIGTERM and SIGHUP from now on. */
void cli_signal_catch(void);

/* How many came so far, and the first of them (0 for none). */
int cli_signal_count(void);
int cli_signal_first(void);

/* Whether any came. */
bool cli_signal_came(void);

/* As if Ctrl-C had been pressed so often. */
void cli_signal_give(int times);

/* From now on SIGHUP is none of these, and does not end a run: it is counted for itself. */
void cli_signal_spare_hangups(void);
int cli_signal_hangups(void);

#endif
