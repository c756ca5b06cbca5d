/* http_site.h - what a server answers with: bodies of any length, or the files below a folder, read at the start. */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_SITE_ERROR = 512, HTTP_ROOT_FILES_MAX = 65536 };
#define HTTP_ROOT_BYTES_MAX (UINT64_C(4) << 30)
#define HTTP_SIZE_MAX UINT64_C(1000000000000)

/* Pages that are no files. */
#define HTTP_PAGE_PATTERN UINT32_MAX      /* the letters of base64, over and over */
#define HTTP_PAGE_STATUS (UINT32_MAX - 1) /* the text of the answer's status */

struct http_page {
	char *path; /* decoded, with its first slash */
	uint8_t *text;
	uint64_t bytes;
	const char *type;
};

struct http_site {
	bool has_root;
	uint64_t body_bytes; /* of / where there is no root */
	struct http_page *pages;
	uint32_t page_count;
	uint64_t page_bytes; /* of all pages */
	uint32_t left_out;   /* files that are not served: links that lead elsewhere, devices, too long paths */
	uint32_t *places;    /* hash of a path -> page + 1 */
	uint32_t place_mask;
	uint8_t *pattern;
};

/* What a target is answered with: HTTP_OK, or HTTP_BAD_REQUEST or HTTP_NOT_FOUND with the text of that. */
struct http_found {
	uint16_t status;
	uint32_t page;
	uint64_t bytes;
};

/* A site of bodies where `root` is null, else of the files below it. 0, or -errno with one line in `error`. */
int http_site_open(struct http_site *site, const char *root, uint64_t body_bytes, char error[HTTP_SITE_ERROR]);
void http_site_close(struct http_site *site);

/* Looks a request's target up. */
struct http_found http_site_find(const struct http_site *site, const char *target, uint8_t target_bytes);

/* The text of a page from `offset` on, and how many bytes of it lie there together; HTTP_PAGE_STATUS is not its. */
const uint8_t *http_site_text(const struct http_site *site, uint32_t page, uint64_t offset, uint64_t *bytes);

/* Its Content-Type. */
const char *http_site_type(const struct http_site *site, uint32_t page);

/* Adds the files below `root` as pages. 0, or -errno with one line in `error`. */
int http_root_read(struct http_site *site, const char *root, char error[HTTP_SITE_ERROR]);

#endif
