/* engine_cgroup.c - what this process's control groups leave to it, by version 1 of them or version 2. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "engine/engine_files.h"
#include "engine/engine_machine.h"

/* The files of one controller: a limit, what counts against it, and what of that can be given back, by the key in
 * memory.stat; null for nothing. */
struct files {
	const char *limit, *used, *reclaimable;
};

/* What a cgroup and those above it leave, each less what it holds and cannot give back. */
static uint64_t room_of_cgroup(const char *top, const char *path, const struct files *files)
{
	uint64_t room = UINT64_MAX;
	char folder[PATH_MAX];
	char file[PATH_MAX + 64];
	size_t least = strlen(top);

	if (snprintf(folder, sizeof(folder), "%s%s", top, path) >= (int)sizeof(folder))
		return room;
	while (strlen(folder) >= least) {
		uint64_t most, held, back = 0;
		char *slash;

		/* A cgroup without a limit says "max". */
		snprintf(file, sizeof(file), "%s/%s", folder, files->limit);
		most = engine_files_number_or(file, UINT64_MAX);
		snprintf(file, sizeof(file), "%s/%s", folder, files->used);
		held = engine_files_number_or(file, 0);
		snprintf(file, sizeof(file), "%s/memory.stat", folder);
		if (files->reclaimable != NULL)
			back = engine_files_field_or(file, files->reclaimable, 0);
		held -= RTE_MIN(held, back);
		if (most != UINT64_MAX)
			room = RTE_MIN(room, most - RTE_MIN(most, held));
		slash = strrchr(folder, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	return room;
}

static uint64_t room_of_all(const char *root, const char *controller, const struct files *first,
			    const struct files *second)
{
	uint64_t room = UINT64_MAX;
	char path[PATH_MAX];
	char line[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *controllers = strchr(line, ':');
		char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

		if (group == NULL)
			continue;
		*group++ = '\0';
		group[strcspn(group, "\n")] = '\0';
		if (controllers[1] == '\0') {
			snprintf(path, sizeof(path), "%s/sys/fs/cgroup", root);
			room = RTE_MIN(room, room_of_cgroup(path, group, second));
		} else if (strcmp(controllers + 1, controller) == 0) {
			snprintf(path, sizeof(path), "%s/sys/fs/cgroup/%s", root, controller);
			room = RTE_MIN(room, room_of_cgroup(path, group, first));
		}
	}
	if (file != NULL)
		fclose(file);
	return room;
}

uint64_t engine_cgroup_memory(const char *root)
{
	static const struct files first = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
	static const struct files second = {"memory.max", "memory.current", "inactive_file"};

	return room_of_all(root, "memory", &first, &second);
}

uint64_t engine_cgroup_huge(const char *root, uint64_t page_kib)
{
	/* What is in use has a limit, and what is reserved has another. */
	static const char *const kinds[] = {"", "rsvd."};
	const char *unit = page_kib >> 20 ? "GB" : page_kib >> 10 ? "MB" : "KB";
	unsigned int size = (unsigned int)(page_kib >> 20   ? page_kib >> 20
					   : page_kib >> 10 ? page_kib >> 10
							    : page_kib);
	uint64_t room = UINT64_MAX;

	for (size_t kind = 0; kind < RTE_DIM(kinds); kind++) {
		char texts[4][64];
		struct files first = {texts[0], texts[1], NULL}, second = {texts[2], texts[3], NULL};

		snprintf(texts[0], sizeof(texts[0]), "hugetlb.%u%s.%slimit_in_bytes", size, unit, kinds[kind]);
		snprintf(texts[1], sizeof(texts[1]), "hugetlb.%u%s.%susage_in_bytes", size, unit, kinds[kind]);
		snprintf(texts[2], sizeof(texts[2]), "hugetlb.%u%s.%smax", size, unit, kinds[kind]);
		snprintf(texts[3], sizeof(texts[3]), "hugetlb.%u%s.%scurrent", size, unit, kinds[kind]);
		room = RTE_MIN(room, room_of_all(root, "hugetlb", &first, &second));
	}
	return room;
}
