/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault sweep: what its operations work on, and the table of them.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "ipcmbox_util.h"

#define LARGE		(100 * 1024)
#define REGION		(64 * 1024)

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

/* What one run of an operation works on. */
struct scene {
	int fd;
	int made[2];
	struct mbox_op peer;
	size_t len;
	uint64_t capacity;
	atomic_bool over;
	pthread_t thread;
	int ret;
};

struct operation {
	const char *name;
	int64_t (*run)(struct scene *scene);
	bool (*prepare)(struct scene *scene);
	uint64_t capacity;
	size_t len;
	/* The least number of faults that a pass must meet. */
	unsigned int faults;
};

/*
 * Has all memory of the test in place: a page that is missing when a fault is armed
 * would be what fails, and the kernel tells of it.
 */
bool operations_init(void);
/* Whether bytes are those of a message of these operations. */
bool operations_is_message(const void *data, size_t len);
extern const struct operation operations[];
extern const unsigned int nr_operations;

#endif /* SWEEP_H */
