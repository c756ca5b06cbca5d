/* report_format.c - counts with commas, times with two digits that matter. */
#include "report/report_format.h"

#include <stdio.h>
#include <string.h>

char *report_format_count(uint64_t count, char text[REPORT_NUMBER_TEXT])
{
	char digits[REPORT_NUMBER_TEXT];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	size_t out = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
	return text;
}

char *report_format_ns(uint64_t ns, char text[REPORT_NUMBER_TEXT])
{
	static const char *const units[] = {"ns", "µs", "ms", "s"};
	double value = (double)ns;
	int unit = 0;

	/* 999.5 would be printed as 1000. */
	for (; value >= 999.5 && unit < 3; unit++)
		value /= 1000;
	/* 9.95 would be printed as 10.0. */
	snprintf(text, REPORT_NUMBER_TEXT, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

char *report_format_span(uint64_t ns, char text[REPORT_NUMBER_TEXT])
{
	static const char *const units[] = {"ns", "µs", "ms", "s"};
	int unit = 0;

	for (; ns != 0 && ns % 1000 == 0 && unit < 3; unit++)
		ns /= 1000;
	snprintf(text, REPORT_NUMBER_TEXT, "%llu %s", (unsigned long long)ns, units[unit]);
	return text;
}

char *report_format_big(double value, char text[REPORT_NUMBER_TEXT])
{
	static const char *const units[] = {"", " k", " M", " G", " T"};
	int unit = 0, decimals;

	for (; value >= 999.5 && unit < 4; unit++)
		value /= 1000;
	decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	snprintf(text, REPORT_NUMBER_TEXT, "%.*f%s", decimals, value, units[unit]);
	return text;
}
