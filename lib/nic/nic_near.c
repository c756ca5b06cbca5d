/* nic_near.c - the interfaces that there are, for somebody who has named one that is not. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "nic/nic_kinds.h"

/* Whether one letter too many, too few, or another one, or two in the wrong order make the difference. */
static bool is_one_slip(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);

	for (; *a != '\0' && *a == *b; a++, b++, a_length--, b_length--)
		continue;
	for (; a_length > 0 && b_length > 0 && a[a_length - 1] == b[b_length - 1]; a_length--, b_length--)
		continue;
	return (a_length <= 1 && b_length <= 1) || (a_length == 2 && b_length == 2 && a[0] == b[1] && a[1] == b[0]);
}

void nic_near_text(const char *interface, char near[NIC_INTERFACE_TEXT], char *all, size_t size)
{
	struct if_nameindex *list = if_nameindex();
	size_t used = 0;

	near[0] = '\0';
	all[0] = '\0';
	for (const struct if_nameindex *entry = list; entry != NULL && entry->if_index != 0; entry++) {
		if (is_one_slip(interface, entry->if_name))
			snprintf(near, NIC_INTERFACE_TEXT, "%s", entry->if_name);
		if (used < size)
			used += (size_t)snprintf(all + used, size - used, "%s%s", used == 0 ? "" : ", ",
						 entry->if_name);
	}
	if (list != NULL)
		if_freenameindex(list);
}
