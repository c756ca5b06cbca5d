/* http_site.c - from a target to a page. Paths are looked up whole among those that are known: none leads elsewhere. */
#include "http/http_site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_units.h"
#include "http/http_answer.h"
#include "http/http_request.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char index_name[] = "index.html", bytes_path[] = "/bytes/";

enum { PERIOD = sizeof(letters) - 1, PATTERN_BYTES = 65536, PATH_MAX_BYTES = HTTP_TARGET_MAX + sizeof(index_name) };

static uint32_t hash_of(const char *path, size_t bytes)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ (uint8_t)path[i]) * 16777619u;
	return hash;
}

/* At most half of the places are taken. */
static int index_pages(struct http_site *site)
{
	uint32_t places = 2;

	while (places < 2 * site->page_count)
		places *= 2;
	site->places = calloc(places, sizeof(*site->places));
	if (!site->places)
		return -ENOMEM;
	site->place_mask = places - 1;
	for (uint32_t page = 0; page < site->page_count; page++) {
		uint32_t place = hash_of(site->pages[page].path, strlen(site->pages[page].path)) & site->place_mask;

		while (site->places[place])
			place = (place + 1) & site->place_mask;
		site->places[place] = page + 1;
	}
	return 0;
}

int http_site_open(struct http_site *site, const char *root, uint64_t body_bytes, char error[HTTP_SITE_ERROR])
{
	int rc = 0;

	*site = (struct http_site){.has_root = root != NULL, .body_bytes = body_bytes};
	site->pattern = malloc(PATTERN_BYTES);
	if (site->pattern && root)
		rc = http_root_read(site, root, error);
	if (rc == 0 && (!site->pattern || index_pages(site) != 0)) {
		strcpy(error, "not enough memory for the bodies of answers");
		rc = -ENOMEM;
	}
	if (rc != 0) {
		http_site_close(site);
		return rc;
	}
	for (uint32_t i = 0; i < PATTERN_BYTES; i++)
		site->pattern[i] = (uint8_t)letters[i % PERIOD];
	return 0;
}

void http_site_close(struct http_site *site)
{
	for (uint32_t i = 0; i < site->page_count; i++) {
		free(site->pages[i].path);
		free(site->pages[i].text);
	}
	free(site->pages);
	free(site->places);
	free(site->pattern);
	*site = (struct http_site){.pages = NULL};
}

static int hex_digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* RFC 9112 3.2: the path of a target in origin-form or absolute-form, decoded, without its query. Its length, or 0. */
static size_t path_of(const char *target, size_t bytes, char path[PATH_MAX_BYTES + 1])
{
	static const char scheme[] = "http://";
	size_t at = 0, length = 0;

	if (bytes >= sizeof(scheme) - 1 && strncasecmp(target, scheme, sizeof(scheme) - 1) == 0) {
		at = sizeof(scheme) - 1;
		while (at < bytes && target[at] != '/' && target[at] != '?')
			at++;
		if (at == bytes || target[at] == '?')
			path[length++] = '/';
	}
	if (length == 0 && (at == bytes || target[at] != '/'))
		return 0;
	while (at < bytes && target[at] != '?') {
		char letter = target[at++];

		if (letter == '%') {
			int high = at < bytes ? hex_digit(target[at]) : -1;
			int low = at + 1 < bytes ? hex_digit(target[at + 1]) : -1;

			if (high < 0 || low < 0 || high + low == 0)
				return 0;
			letter = (char)(high << 4 | low);
			at += 2;
		}
		path[length++] = letter;
	}
	path[length] = '\0';
	return length;
}

static struct http_found no_page(uint16_t status)
{
	char text[HTTP_ANSWER_HEAD_MAX];

	return (struct http_found){status, HTTP_PAGE_STATUS, http_answer_text(status, text)};
}

static struct http_found find_file(const struct http_site *site, char path[PATH_MAX_BYTES + 1], size_t length)
{
	uint32_t place;

	if (path[length - 1] == '/') {
		memcpy(path + length, index_name, sizeof(index_name));
		length += sizeof(index_name) - 1;
	}
	place = hash_of(path, length) & site->place_mask;
	for (; site->places[place]; place = (place + 1) & site->place_mask) {
		uint32_t page = site->places[place] - 1;

		if (strcmp(site->pages[page].path, path) == 0)
			return (struct http_found){HTTP_OK, page, site->pages[page].bytes};
	}
	return no_page(HTTP_NOT_FOUND);
}

struct http_found http_site_find(const struct http_site *site, const char *target, uint8_t target_bytes)
{
	char path[PATH_MAX_BYTES + 1];
	size_t length = path_of(target, target_bytes, path);
	uint64_t bytes;

	if (length == 0)
		return no_page(HTTP_BAD_REQUEST);
	if (site->has_root)
		return find_file(site, path, length);
	if (length == 1)
		return (struct http_found){HTTP_OK, HTTP_PAGE_PATTERN, site->body_bytes};
	if (strncmp(path, bytes_path, sizeof(bytes_path) - 1) == 0 &&
	    cli_parse_count(path + sizeof(bytes_path) - 1, &bytes) && bytes <= HTTP_SIZE_MAX)
		return (struct http_found){HTTP_OK, HTTP_PAGE_PATTERN, bytes};
	return no_page(HTTP_NOT_FOUND);
}

const uint8_t *http_site_text(const struct http_site *site, uint32_t page, uint64_t offset, uint64_t *bytes)
{
	if (page == HTTP_PAGE_PATTERN) {
		*bytes = PATTERN_BYTES - offset % PERIOD;
		return site->pattern + offset % PERIOD;
	}
	*bytes = site->pages[page].bytes - offset;
	return site->pages[page].text + offset;
}

const char *http_site_type(const struct http_site *site, uint32_t page)
{
	return page >= HTTP_PAGE_STATUS ? "text/plain" : site->pages[page].type;
}
