/* diff_linux.h - plays scripts against the kernel's TCP, in real time and side by side. */
#ifndef DIFFERENTIAL_DIFF_LINUX_H
#define DIFFERENTIAL_DIFF_LINUX_H

#include "differential/diff_view.h"

/* Before the first script. False, with the reason, where this machine or user cannot. */
bool diff_linux_open(const char **why_not);

/* Plays them all; the first is number `first` of this process. Traces are as many. */
void diff_linux_play(const struct diff_script *scripts, struct diff_trace *traces, uint32_t count, uint32_t first);

#endif
