/* hdr_sample.c - puts the numbers of standard input into a histogram, and prints how a report tells of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/report_hdr.h"

static const double percentiles[] = {0, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100};

int main(void)
{
	struct quern_histogram *histogram = malloc(sizeof(*histogram));
	uint64_t value;
	char *hdr;

	if (!histogram)
		return 1;
	quern_histogram_reset(histogram);
	while (scanf("%" SCNu64, &value) == 1)
		quern_histogram_record(histogram, value);
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", histogram->count, histogram->min, histogram->max);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++)
		printf("%g=%" PRIu64 " ", percentiles[i], quern_histogram_percentile(histogram, percentiles[i]));
	hdr = report_hdr(histogram);
	printf("\n%s\n", hdr ? hdr : "");
	free(hdr);
	free(histogram);
	return 0;
}
