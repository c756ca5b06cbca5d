/* metrics_text.c - lines of the text format. What a user has named may hold any letter: values of labels are escaped.
 */
#include "metrics/metrics_text.h"

#include <stdarg.h>

#define NS_PER_S 1e9

const struct metrics_info metrics_infos[METRICS_END] = {
#define COUNTER "counter"
#define GAUGE "gauge"
#define HISTOGRAM "histogram"
#define X(id, name, type, labels, help) {name, type, labels, help},
	METRICS(X)
#undef X
};

void metrics_text_family(FILE *out, enum metrics_name name)
{
	const struct metrics_info *info = &metrics_infos[name];

	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", info->name, info->help, info->name, info->type);
}

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_labels(FILE *out, va_list labels)
{
	const char *label;
	char lead = '{';

	while ((label = va_arg(labels, const char *)) != NULL) {
		fprintf(out, "%c%s=\"", lead, label);
		print_escaped(out, va_arg(labels, const char *));
		fputc('"', out);
		lead = ',';
	}
	if (lead == ',')
		fputc('}', out);
}

void metrics_text_count(FILE *out, enum metrics_name name, uint64_t value, ...)
{
	va_list labels;

	fputs(metrics_infos[name].name, out);
	va_start(labels, value);
	print_labels(out, labels);
	va_end(labels);
	fprintf(out, " %llu\n", (unsigned long long)value);
}

void metrics_text_value(FILE *out, enum metrics_name name, double value, ...)
{
	va_list labels;

	fputs(metrics_infos[name].name, out);
	va_start(labels, value);
	print_labels(out, labels);
	va_end(labels);
	fprintf(out, " %.9g\n", value);
}

void metrics_text_setups(FILE *out, enum metrics_name name, const struct metrics_setups *setups, const char *role)
{
	const char *family = metrics_infos[name].name;
	unsigned long long all = setups->counts[METRICS_BOUNDS];

	for (int i = 0; i < METRICS_BOUNDS; i++)
		fprintf(out, "%s_bucket{role=\"%s\",le=\"%g\"} %llu\n", family, role,
			(double)metrics_bounds_ns[i] / NS_PER_S, (unsigned long long)setups->counts[i]);
	fprintf(out, "%s_bucket{role=\"%s\",le=\"+Inf\"} %llu\n", family, role, all);
	fprintf(out, "%s_sum{role=\"%s\"} %.9f\n%s_count{role=\"%s\"} %llu\n", family, role,
		(double)setups->sum_ns / NS_PER_S, family, role, all);
}
