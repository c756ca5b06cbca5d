/* config_text.c - reads a file that may be anything, and shows a place of it. */
#include "config/config_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How much of a line is shown, and how much of that before the mark. */
enum { SHOWN_COLUMNS = 100, SHOWN_BEFORE = 60 };

static int refuse(int rc, const char *path, const char *why, char error[CLI_ERROR_TEXT])
{
	snprintf(error, CLI_ERROR_TEXT, "%.300s: %s", path, why);
	return rc;
}

/* Reads up to one byte more than a file may have. */
static int read_all(int file, struct config_text *text)
{
	text->bytes = malloc(CONFIG_MAX_BYTES + 2);
	text->length = 0;
	if (!text->bytes)
		return -ENOMEM;
	while (text->length <= CONFIG_MAX_BYTES) {
		ssize_t count = read(file, text->bytes + text->length, CONFIG_MAX_BYTES + 1 - text->length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		text->length += (size_t)count;
	}
	text->bytes[text->length] = '\0';
	return text->length <= CONFIG_MAX_BYTES ? 0 : -EFBIG;
}

/* A pipe that nobody writes to must not hold up the open, nor a device the reading. */
static int open_plain(const char *path, char error[CLI_ERROR_TEXT])
{
	int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat status;

	if (file < 0)
		return refuse(-errno, path, strerror(errno), error);
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
		return file;
	close(file);
	if (S_ISDIR(status.st_mode))
		return refuse(-EINVAL, path, "is a folder; name a file in it", error);
	return refuse(-EINVAL, path, "is no plain file; name one, or - for standard input", error);
}

int config_text_read(struct config_text *text, const char *path, char error[CLI_ERROR_TEXT])
{
	bool is_standard = strcmp(path, "-") == 0;
	int file = is_standard ? STDIN_FILENO : open_plain(path, error), rc;

	if (file < 0)
		return file;
	text->name = is_standard ? "(standard input)" : path;
	rc = read_all(file, text);
	if (!is_standard)
		close(file);
	if (rc == 0)
		return 0;
	config_text_free(text);
	return refuse(rc, path, rc == -EFBIG ? "is larger than 1 MiB, which no configuration is" : strerror(-rc),
		      error);
}

int config_text_copy(struct config_text *text, const char *name, const char *bytes, size_t length)
{
	*text = (struct config_text){.name = name, .bytes = malloc(length + 1), .length = length};
	if (!text->bytes)
		return -ENOMEM;
	memcpy(text->bytes, bytes, length);
	text->bytes[length] = '\0';
	return 0;
}

void config_text_free(struct config_text *text)
{
	free(text->bytes);
	*text = (struct config_text){0};
}

/* How many bytes the character has that begins here; 0 for what is none (RFC 3629 4), or is not printed. */
static size_t character_length(const unsigned char *at, size_t left)
{
	static const unsigned char leads[] = {0xc2, 0xe0, 0xf0, 0xf5};
	size_t length = 1;

	if (at[0] < 0x80)
		return at[0] == '\t' || at[0] == '\n' || at[0] == '\r' || (at[0] >= ' ' && at[0] != 0x7f);
	if (at[0] < leads[0] || at[0] >= leads[3])
		return 0;
	length = at[0] < leads[1] ? 2 : at[0] < leads[2] ? 3 : 4;
	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf0 && at[1] < 0x90) ||
	    (at[0] == 0xf4 && at[1] >= 0x90))
		return 0;
	/* The control characters of Latin-1. */
	return at[0] == 0xc2 && at[1] < 0xa0 ? 0 : length;
}

bool config_text_fault(const struct config_text *text, struct config_mark *mark)
{
	const unsigned char *bytes = (const unsigned char *)text->bytes;
	size_t length;

	for (size_t at = 0; at < text->length; at += length) {
		length = character_length(bytes + at, text->length - at);
		if (length != 0)
			continue;
		*mark = (struct config_mark){at, 1};
		return true;
	}
	return false;
}

static bool continues_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

struct config_mark config_text_at(const struct config_text *text, size_t line, size_t column)
{
	size_t at = 0;

	for (; line > 1 && at < text->length; line--) {
		const char *end = memchr(text->bytes + at, '\n', text->length - at);

		at = end ? (size_t)(end - text->bytes) + 1 : text->length;
	}
	for (; column > 1 && at < text->length && text->bytes[at] != '\n'; column--) {
		at++;
		while (at < text->length && continues_character(text->bytes[at]))
			at++;
	}
	return (struct config_mark){at, 1};
}

static size_t columns_between(const struct config_text *text, size_t from, size_t to)
{
	size_t columns = 0;

	for (; from < to; from++)
		columns += !continues_character(text->bytes[from]);
	return columns;
}

/* Moves back by so many characters, and not over `least`. */
static size_t back_from(const struct config_text *text, size_t at, size_t least, size_t columns)
{
	while (at > least && columns > 0) {
		at--;
		columns -= !continues_character(text->bytes[at]);
	}
	return at;
}

/* Prints a part of a line, where a tab is as wide as any letter and what is no text is a dot. */
static void print_part(FILE *out, const struct config_text *text, size_t from, size_t to)
{
	const unsigned char *bytes = (const unsigned char *)text->bytes;

	while (from < to) {
		size_t length = character_length(bytes + from, to - from);

		if (length == 0)
			fputc('.', out);
		else if (bytes[from] == '\t' || bytes[from] == '\r')
			fputc(' ', out);
		else
			fwrite(bytes + from, 1, length, out);
		from += length ? length : 1;
	}
}

void config_text_show(FILE *out, const struct config_text *text, struct config_mark mark)
{
	size_t at = mark.offset < text->length ? mark.offset : text->length;
	size_t begin = at, end = at, line = 1, from, to, marked;
	int indent;

	while (begin > 0 && text->bytes[begin - 1] != '\n')
		begin--;
	while (end < text->length && text->bytes[end] != '\n')
		end++;
	for (size_t i = 0; i < begin; i++)
		line += text->bytes[i] == '\n';
	from = back_from(text, at, begin, SHOWN_BEFORE);
	for (to = from; to < end && columns_between(text, from, to + 1) <= SHOWN_COLUMNS;)
		to++;
	marked = mark.offset + mark.length < to ? mark.offset + mark.length : to;
	indent = fprintf(out, "  %s:%zu:%zu: %s", text->name, line, columns_between(text, begin, at) + 1,
			 from > begin ? "…" : "  ");
	/* The dots are one column of three bytes. */
	if (from > begin)
		indent -= 2;
	print_part(out, text, from, to);
	fprintf(out, "%s\n%*s^", to < end ? "…" : "", (int)(indent + (int)columns_between(text, from, at)), "");
	for (size_t i = 1; i < (marked > at ? columns_between(text, at, marked) : 1); i++)
		fputc('~', out);
	fputc('\n', out);
}
