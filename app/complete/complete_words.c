/* complete_words.c - words out of the sentence that says what a flag accepts. */
#include "complete/complete.h"

#include <ctype.h>
#include <string.h>

static bool is_of_word(char letter)
{
	return islower((unsigned char)letter) || isdigit((unsigned char)letter) || letter == '-';
}

/* Behind what joins two words: ", ", " or ", and both, with a remark in brackets before it. Null where there is neither
 * that nor the end. */
static const char *pass_joint(const char *text)
{
	if (strncmp(text, " (", 2) == 0) {
		text = strchr(text, ')');
		if (!text)
			return NULL;
		text++;
	}
	if (strncmp(text, ", or ", 5) == 0)
		return text + 5;
	if (strncmp(text, ", ", 2) == 0)
		return text + 2;
	if (strncmp(text, " or ", 4) == 0)
		return text + 4;
	return *text == '\0' ? text : NULL;
}

bool complete_closed_list(const char *accepts, char words[COMPLETE_WORDS_TEXT])
{
	size_t used = 0;
	bool has_letter = false;

	while (*accepts) {
		size_t length = 0;

		while (is_of_word(accepts[length])) {
			has_letter |= islower((unsigned char)accepts[length]) != 0;
			length++;
		}
		if (length == 0 || used + length + 2 > COMPLETE_WORDS_TEXT)
			return false;
		if (used > 0)
			words[used++] = ' ';
		memcpy(words + used, accepts, length);
		used += length;
		accepts = pass_joint(accepts + length);
		if (!accepts)
			return false;
	}
	words[used] = '\0';
	return has_letter;
}
