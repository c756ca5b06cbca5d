/* test_report_hdr_read.c - a histogram as text, read back; and texts that are none. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_hdr.h"

static struct quern_histogram *new_histogram(void)
{
	struct quern_histogram *histogram = malloc(sizeof(*histogram));

	cr_assert_not_null(histogram);
	quern_histogram_reset(histogram);
	return histogram;
}

static void fill(struct quern_histogram *histogram, int count)
{
	uint64_t value = 88172645463325252;

	for (int i = 0; i < count; i++) {
		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
		quern_histogram_record(histogram, value >> (24 + value % 40));
	}
}

Test(report_hdr_read, gives_every_bucket_back)
{
	struct quern_histogram *made = new_histogram(), *read = new_histogram();
	char *text;

	fill(made, 100000);
	text = report_hdr(made);
	cr_assert_eq(report_hdr_read(text, read), 0);
	cr_assert_eq(read->count, made->count);
	cr_assert_arr_eq(read->buckets, made->buckets, sizeof(made->buckets));
	cr_assert_eq(quern_histogram_percentile(read, 50), quern_histogram_percentile(made, 50));
	cr_assert_eq(quern_histogram_percentile(read, 99.9), quern_histogram_percentile(made, 99.9));
	cr_assert_leq(read->min, made->min);
	cr_assert_geq(read->max, made->max);
	cr_assert_float_eq(quern_histogram_mean(read), quern_histogram_mean(made), quern_histogram_mean(made) / 1000);
	free(text);
	free(read);
	free(made);
}

Test(report_hdr_read, of_nothing_is_empty)
{
	struct quern_histogram *made = new_histogram(), *read = new_histogram();
	char *text = report_hdr(made);

	fill(read, 10);
	cr_assert_eq(report_hdr_read(text, read), 0);
	cr_assert_eq(read->count, 0);
	cr_assert_eq(read->min, UINT64_MAX);
	free(text);
	free(read);
	free(made);
}

Test(report_hdr_read, knows_the_edges_of_a_bucket)
{
	/* Of three digits: 1 wide below 2048, then twice as wide with each doubling. */
	static const struct {
		uint64_t value, low, high;
	} edges[] = {{0, 0, 0},
		     {2047, 2047, 2047},
		     {2049, 2048, 2049},
		     {4097, 4096, 4099},
		     {1000000, 999936, 1000447},
		     {(UINT64_C(1) << 40) - 1, (UINT64_C(1) << 40) - (UINT64_C(1) << 29), (UINT64_C(1) << 40) - 1}};
	struct quern_histogram *made = new_histogram(), *read = new_histogram();

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		char *text;

		quern_histogram_reset(made);
		quern_histogram_record(made, edges[i].value);
		text = report_hdr(made);
		cr_assert_eq(report_hdr_read(text, read), 0);
		cr_assert_eq(read->min, edges[i].low, "%lu", (unsigned long)read->min);
		cr_assert_eq(read->max, edges[i].high, "%lu", (unsigned long)read->max);
		free(text);
	}
	free(read);
	free(made);
}

Test(report_hdr_read, refuses_what_is_cut_off_or_changed)
{
	struct quern_histogram *made = new_histogram(), *read = new_histogram();
	static const char *const none[] = {"", "HISTF", "====", "not base64 at all", "HISTFAAAAAA="};
	char *text;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_assert_eq(report_hdr_read(none[i], read), -EINVAL, "%s", none[i]);
	fill(made, 300);
	text = report_hdr(made);
	for (size_t length = strlen(text) - 1; length > 4; length -= 5) {
		char *part = strndup(text, length);

		fill(read, 3);
		cr_assert_eq(report_hdr_read(part, read), -EINVAL, "the first %zu", length);
		cr_assert_eq(read->count, 0);
		free(part);
	}
	/* The checksum of zlib sees what was changed within. */
	for (size_t at = 12; at + 4 < strlen(text); at += 7) {
		char kept = text[at];

		text[at] = kept == 'A' ? 'B' : 'A';
		cr_assert_eq(report_hdr_read(text, read), -EINVAL, "letter %zu", at);
		text[at] = kept;
	}
	cr_assert_eq(report_hdr_read(text, read), 0);
	free(text);
	free(read);
	free(made);
}
