/* compare_trim.c - trimmed means: a fifth of each end is left out, and in the deviation stands for the last that is
 * not. */
#include "compare/compare_trim.h"

#include <math.h>
#include <stdlib.h>

/* The normal's place of 97.5 %. */
#define PLACE 1.959963984540054

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Student's place of 97.5 %, by its expansion about the normal's: to 2 % with two degrees of freedom, to 0.1 % from
 * five on. */
static double student(double freedom)
{
	double z = PLACE, z2 = z * z, z3 = z * z2, z5 = z3 * z2, z7 = z5 * z2, z9 = z7 * z2;
	double first = (z3 + z) / 4, second = (5 * z5 + 16 * z3 + 3 * z) / 96;
	double third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384;
	double fourth = (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / 92160;

	return z + first / freedom + second / pow(freedom, 2) + third / pow(freedom, 3) + fourth / pow(freedom, 4);
}

static double clamp(double value, double least, double most)
{
	return value < least ? least : value > most ? most : value;
}

void compare_trim(double *differences, size_t count, double *mean, double *low, double *high)
{
	size_t cut = count / 5, kept = count - 2 * cut;
	double sum = 0, winsorized = 0, squares = 0, half;

	*mean = *low = *high = NAN;
	if (count == 0)
		return;
	qsort(differences, count, sizeof(*differences), ascending);
	for (size_t i = 0; i < count; i++) {
		sum += i >= cut && i < count - cut ? differences[i] : 0;
		winsorized += clamp(differences[i], differences[cut], differences[count - cut - 1]);
	}
	winsorized /= (double)count;
	*mean = sum / (double)kept;
	if (count < COMPARE_TRIM_LEAST)
		return;
	for (size_t i = 0; i < count; i++)
		squares += pow(clamp(differences[i], differences[cut], differences[count - cut - 1]) - winsorized, 2);
	half = student((double)kept - 1) * sqrt(squares / ((double)kept * ((double)kept - 1)));
	*low = *mean - half;
	*high = *mean + half;
}
