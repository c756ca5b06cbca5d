/* ctl_answers.h - what quern ctl prints of an instance's answers. */
#ifndef CTL_CTL_ANSWERS_H
#define CTL_CTL_ANSWERS_H

#include "ctl/ctl_instance.h"
#include "ctl/ctl_request.h"

/* Each prints to standard output: 0, or -errno as ctl_ask(). What has been printed until then is whole. */
int ctl_stats(const struct ctl_instance *instance, const struct ctl_request *request);
int ctl_conns(const struct ctl_instance *instance, const struct ctl_request *request);
int ctl_top(const struct ctl_instance *instance, const struct ctl_request *request);

/* The same, but what keeps an order from being taken, and has then set `is_taken` to false, goes to standard error. */
int ctl_order(const struct ctl_instance *instance, const struct ctl_request *request, bool *is_taken);

#endif
