/* cli_suggest.c - edit distance (Levenshtein) and the choice of the nearest word. */
#include "cli/cli_suggest.h"

#include <string.h>

enum { LONGEST = 31, FAR = LONGEST + 1, NEAR = 2 };

static unsigned int min_of_three(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

unsigned int cli_edit_distance(const char *a, const char *b)
{
	unsigned int row[LONGEST + 1];
	size_t rows = strlen(a), columns = strlen(b);

	if (rows > LONGEST || columns > LONGEST)
		return FAR;
	for (unsigned int column = 0; column <= columns; column++)
		row[column] = column;
	for (unsigned int i = 1; i <= rows; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= columns; j++) {
			unsigned int above = row[j];

			row[j] = min_of_three(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[columns];
}

const char *cli_suggest(const char *word, const char *const words[], size_t count)
{
	const char *nearest = NULL;
	unsigned int least = NEAR + 1;

	for (size_t i = 0; i < count; i++) {
		unsigned int distance = cli_edit_distance(word, words[i]);

		/* A word of which nothing is left was not meant. */
		if (distance < least && distance < strlen(words[i])) {
			least = distance;
			nearest = words[i];
		}
	}
	return nearest;
}
