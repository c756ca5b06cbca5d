/* compare_drawn.c - rows of the first file, and the histograms of all. */
#include "compare/compare_drawn.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_document.h"
#include "result/result_parts.h"

static json_t *copy_of(const json_t *value)
{
	return value ? json_deep_copy(value) : NULL;
}

static int take(struct compare_drawn *drawn, const json_t *document, const char *path, char error[CLI_ERROR_TEXT])
{
	bool is_udp = json_is_object(json_object_get(document, "udp"));
	const json_t *times = document_at(document, is_udp ? "udp.latency_ns.rtt" : "latency_ns.setup");

	if (!drawn->is_there) {
		*drawn =
			(struct compare_drawn){.is_there = true,
					       .is_udp = is_udp,
					       .rows = copy_of(document_at(document, is_udp ? "udp.series" : "series")),
					       .times = copy_of(times)};
		return 0;
	}
	if (is_udp != drawn->is_udp) {
		snprintf(error, CLI_ERROR_TEXT, "%s: of the files of one side some are of datagrams, and some not",
			 path);
		return -EINVAL;
	}
	if (!drawn->times || result_add_times(drawn->times, times) != 0) {
		snprintf(error, CLI_ERROR_TEXT, "%s: its histogram cannot be added to those before it", path);
		return -EINVAL;
	}
	return 0;
}

int compare_drawn_read(struct compare_drawn *drawn, const char *files, char error[CLI_ERROR_TEXT])
{
	char *names = strdup(files), *rest = names, *name;
	int rc = 0;

	*drawn = (struct compare_drawn){.is_there = false};
	if (!names) {
		snprintf(error, CLI_ERROR_TEXT, "%s: not enough memory", files);
		return -EINVAL;
	}
	while (rc == 0 && (name = strsep(&rest, ",")) != NULL) {
		json_t *document = result_read(name, error);

		rc = document ? take(drawn, document, name, error) : -EINVAL;
		json_decref(document);
	}
	free(names);
	if (rc != 0)
		compare_drawn_free(drawn);
	return rc;
}

void compare_drawn_free(struct compare_drawn *drawn)
{
	json_decref(drawn->rows);
	json_decref(drawn->times);
	*drawn = (struct compare_drawn){.is_there = false};
}
