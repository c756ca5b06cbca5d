/* doctor.h - a machine as it was found, what it is ready for, and the two forms of that: text and JSON. */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include <stdio.h>

#include <jansson.h>
#include <quern/inventory.h>

enum { DOCTOR_ITEMS = QUERN_INVENTORY_NICS + 8, DOCTOR_WHY = 96, DOCTOR_LINE = 256 };

/* What `quern bench` without flags would meet. */
struct doctor_look {
	struct quern_inventory inventory;
	struct quern_need need;
	bool has_memory; /* for it */
};

struct doctor_item {
	const char *what;     /* a kind of port, a command, or the address of a NIC */
	char why[DOCTOR_WHY]; /* not; empty where ready */
};

struct doctor_verdict {
	bool is_ready; /* for bench, and so for trying */
	struct doctor_item items[DOCTOR_ITEMS];
	uint16_t count;
};

/* Judges what was found. NICs that carry a default route are no item: nothing is to be done about them. */
void doctor_judge(const struct doctor_look *look, struct doctor_verdict *verdict);

/* Writes why a NIC cannot be used by DPDK as it is, empty where it can; returns the text. */
char *doctor_nic_why(const struct quern_inventory *inventory, const struct quern_inventory_nic *nic,
		     char why[DOCTOR_WHY]);

/* A row of the screen: label, fact and remark; any may be empty. */
void doctor_row(FILE *out, const char *label, const char *fact, const char *remark);

/* The rows of NICs, interfaces and vfio. */
void doctor_nics(FILE *out, const struct quern_inventory *inventory);

/* The whole screen. */
void doctor_text(FILE *out, const struct doctor_look *look, const struct doctor_verdict *verdict);

/* The document with every key of quern-doctor/1; the caller owns it. Null where there is no memory. */
json_t *doctor_json(const struct doctor_look *look, const struct doctor_verdict *verdict);

#endif
