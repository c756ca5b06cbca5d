/* report_files.c - opened for appending, so that a run that fails leaves an older report as it was. */
#include "report/report_files.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int report_file_open(struct report_file *file, const struct report_form *form, const char *path)
{
	*file = (struct report_file){.form = NULL};
	if (!path)
		return 0;
	file->is_new = access(path, F_OK) != 0;
	file->out = fopen(path, "a");
	if (!file->out)
		return -errno;
	file->form = form;
	file->path = path;
	return 0;
}

int report_file_write(struct report_file *file, const json_t *document)
{
	int rc = 0;

	if (!file->out)
		return 0;
	/* A device has no end to cut off. */
	if (ftruncate(fileno(file->out), 0) != 0 && errno != EINVAL)
		rc = -errno;
	if (rc == 0)
		rc = document ? file->form->write(file->out, document) : -ENOMEM;
	if (fclose(file->out) != 0 && rc == 0)
		rc = -errno;
	file->out = NULL;
	return rc;
}

void report_file_close(struct report_file *file)
{
	if (!file->out)
		return;
	fclose(file->out);
	if (file->is_new)
		unlink(file->path);
	file->out = NULL;
}

/* 0 for a folder that is empty, or has a result in it that this one replaces. */
static int check_folder(const char *path)
{
	DIR *folder = opendir(path);
	bool is_empty = true, has_result = false;
	const struct dirent *entry;

	if (!folder)
		return -errno;
	while ((entry = readdir(folder)) != NULL) {
		is_empty &= entry->d_name[0] == '.';
		has_result |= strcmp(entry->d_name, "run.json") == 0;
	}
	closedir(folder);
	return is_empty || has_result ? 0 : -ENOTEMPTY;
}

int report_folder_make(const char *path)
{
	char part[CLI_FILE_TEXT];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0777) != 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(path, 0777) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	return check_folder(path);
}
