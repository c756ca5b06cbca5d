/* http_root.c - reads the files below a folder into memory, so that answering never waits for a disk, and a file that
 * is changed meanwhile harms nobody. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/http_request.h"
#include "http/http_site.h"

struct reader {
	struct http_site *site;
	const char *root;
	char real_root[PATH_MAX];
	uint32_t capacity;
	char *error;
};

static const struct {
	const char *suffix;
	const char *type;
} types[] = {{".html", "text/html; charset=utf-8"},
	     {".htm", "text/html; charset=utf-8"},
	     {".css", "text/css; charset=utf-8"},
	     {".js", "text/javascript; charset=utf-8"},
	     {".json", "application/json"},
	     {".txt", "text/plain; charset=utf-8"},
	     {".xml", "application/xml"},
	     {".svg", "image/svg+xml"},
	     {".png", "image/png"},
	     {".jpg", "image/jpeg"},
	     {".jpeg", "image/jpeg"},
	     {".gif", "image/gif"},
	     {".webp", "image/webp"},
	     {".ico", "image/vnd.microsoft.icon"},
	     {".pdf", "application/pdf"},
	     {".wasm", "application/wasm"},
	     {".woff2", "font/woff2"},
	     {".mp4", "video/mp4"}};

static const char *type_of(const char *path)
{
	const char *suffix = strrchr(path, '.');

	for (unsigned int i = 0; suffix && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcasecmp(suffix, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static int refuse(const struct reader *reader, const char *path, int error)
{
	snprintf(reader->error, HTTP_SITE_ERROR, "--root %.200s: %.200s: %s", reader->root, path, strerror(error));
	return -error;
}

/* Reads as much as the file has, up to what it had when it was opened. */
static int read_text(int file, struct http_page *page, uint64_t bytes)
{
	page->text = malloc(bytes > 0 ? bytes : 1);
	if (!page->text)
		return ENOMEM;
	while (page->bytes < bytes) {
		ssize_t got = read(file, page->text + page->bytes, bytes - page->bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			break;
		page->bytes += (uint64_t)got;
	}
	return 0;
}

static int check_bounds(const struct reader *reader, uint64_t bytes)
{
	const struct http_site *site = reader->site;

	if (site->page_count == HTTP_ROOT_FILES_MAX) {
		snprintf(reader->error, HTTP_SITE_ERROR, "--root %.200s: more than %d files; name a smaller folder",
			 reader->root, HTTP_ROOT_FILES_MAX);
		return -EFBIG;
	}
	if (site->page_bytes + bytes > HTTP_ROOT_BYTES_MAX) {
		snprintf(reader->error, HTTP_SITE_ERROR,
			 "--root %.200s: more than 4 GiB, and all is kept in memory; name a smaller folder",
			 reader->root);
		return -EFBIG;
	}
	return 0;
}

/* A page more, empty; null where there is no memory. */
static struct http_page *next_page(struct reader *reader, const char *path)
{
	struct http_site *site = reader->site;
	struct http_page *page;

	if (site->page_count == reader->capacity) {
		uint32_t capacity = reader->capacity ? 2 * reader->capacity : 64;
		struct http_page *pages = realloc(site->pages, capacity * sizeof(*pages));

		if (!pages)
			return NULL;
		site->pages = pages;
		reader->capacity = capacity;
	}
	page = &site->pages[site->page_count];
	*page = (struct http_page){.path = strdup(path), .type = type_of(path)};
	if (!page->path)
		return NULL;
	site->page_count++;
	return page;
}

static int add_file(struct reader *reader, const char *name, const char *path)
{
	int file = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	struct http_page *page;
	struct stat about;

	if (file < 0)
		return refuse(reader, path, errno);
	if (fstat(file, &about) != 0) {
		rc = refuse(reader, path, errno);
		goto close_file;
	}
	if (!S_ISREG(about.st_mode)) {
		reader->site->left_out++;
		rc = 0;
		goto close_file;
	}
	rc = check_bounds(reader, (uint64_t)about.st_size);
	if (rc != 0)
		goto close_file;
	page = next_page(reader, path);
	rc = page ? read_text(file, page, (uint64_t)about.st_size) : ENOMEM;
	if (rc != 0)
		rc = refuse(reader, path, rc);
	else
		reader->site->page_bytes += page->bytes;
close_file:
	close(file);
	return rc;
}

/* A link may lead to a file below the same root, and nowhere else. */
static int add_link(struct reader *reader, const char *name, const char *path)
{
	size_t length = strlen(reader->real_root);
	char real[PATH_MAX];

	if (realpath(name, real) && strncmp(real, reader->real_root, length) == 0 &&
	    (real[length] == '/' || reader->real_root[length - 1] == '/'))
		return add_file(reader, real, path);
	reader->site->left_out++;
	return 0;
}

static int add_entry(struct reader *reader, const FTSENT *entry)
{
	/* Without the root, with a slash before it. */
	const char *path = entry->fts_path + strlen(reader->real_root);
	const char *rooted = reader->real_root[1] == '\0' ? entry->fts_path : path;

	switch (entry->fts_info) {
	case FTS_F:
	case FTS_SL:
		if (strlen(rooted) > HTTP_TARGET_MAX)
			break;
		return entry->fts_info == FTS_F ? add_file(reader, entry->fts_accpath, rooted)
						: add_link(reader, entry->fts_accpath, rooted);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return refuse(reader, rooted, entry->fts_errno);
	case FTS_D:
	case FTS_DP:
		return 0;
	default:
		break;
	}
	reader->site->left_out++;
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int refuse_root(const char *root, int error, char text[HTTP_SITE_ERROR])
{
	snprintf(text, HTTP_SITE_ERROR, "--root %.200s: %s", root, strerror(error));
	return -error;
}

int http_root_read(struct http_site *site, const char *root, char error[HTTP_SITE_ERROR])
{
	struct reader reader = {.site = site, .root = root, .error = error};
	char *roots[] = {reader.real_root, NULL};
	struct stat about;
	FTSENT *entry;
	FTS *tree;
	int rc = 0;

	if (!realpath(root, reader.real_root) || stat(reader.real_root, &about) != 0)
		return refuse_root(root, errno, error);
	if (!S_ISDIR(about.st_mode))
		return refuse_root(root, ENOTDIR, error);
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!tree)
		return refuse_root(root, errno, error);
	while (rc == 0 && (entry = fts_read(tree)) != NULL)
		rc = add_entry(&reader, entry);
	fts_close(tree);
	return rc;
}
