/* report_steered.c - changes by hand, as JSON and as lines. */
#include "report/report_steered.h"

#include "report/report_format.h"

static uint32_t kept(const struct report_steered *steered)
{
	return steered->count < REPORT_STEERED_MAX ? steered->count : REPORT_STEERED_MAX;
}

static json_t *numbers(const uint64_t *numbers, uint16_t count)
{
	json_t *array = json_array();

	for (uint16_t i = 0; i < count; i++)
		json_array_append_new(array, numbers[i] ? json_integer((json_int_t)numbers[i]) : json_null());
	return array;
}

json_t *report_steered_json(const struct report_steered *steered, uint16_t service_count)
{
	json_t *array = json_array();

	for (uint32_t i = 0; steered && i < kept(steered); i++) {
		const struct report_change *change = &steered->changes[i];

		json_array_append_new(array,
				      json_pack("{s:f, s:b, s:o, s:o}", "t_s", change->t_s, "paused",
						(int)change->is_paused, "cps", numbers(change->cps, service_count),
						"cc", numbers(change->cc, service_count)));
	}
	return array;
}

static void print_levels(FILE *out, const struct report_change *change, uint16_t service_count)
{
	char number[REPORT_NUMBER_TEXT];
	bool is_first = true;

	for (uint16_t i = 0; i < service_count; i++) {
		uint64_t value = change->cps[i] ? change->cps[i] : change->cc[i];

		if (value == 0)
			continue;
		fprintf(out, "%s%s %s", is_first ? " " : ", ", report_format_count(value, number),
			change->cps[i] ? "a second" : "held");
		is_first = false;
	}
}

void report_steered_text(FILE *out, const struct report_steered *steered, uint16_t service_count)
{
	if (!steered || steered->count == 0)
		return;
	fputs("by hand      ", out);
	for (uint32_t i = 0; i < kept(steered); i++) {
		const struct report_change *change = &steered->changes[i];

		fprintf(out, "%s at %.1f s", i == 0 ? "" : ";", change->t_s);
		if (change->is_paused)
			fputs(" paused", out);
		else
			print_levels(out, change, service_count);
	}
	fputs(steered->count > REPORT_STEERED_MAX ? "; and more\n" : "\n", out);
}
