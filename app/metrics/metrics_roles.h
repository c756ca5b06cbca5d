/* metrics_roles.h - what the page says of connections, for each role: client and server. */
#ifndef METRICS_ROLES_H
#define METRICS_ROLES_H

#include <stdio.h>

#include "metrics/metrics_look.h"

void metrics_roles_write(FILE *out, const struct metrics_look *look);

#endif
