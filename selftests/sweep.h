/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault sweep: what its operations work on, and the table of them.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "call.h"

#define LARGE		(100 * 1024)
#define REGION		(64 * 1024)
#define SUBSCRIBERS	4	/* at most */

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
	bool ordered;
	atomic_bool over;
	pthread_t thread;
	int ret;
	/* A call that waits for the answer to its token, unless it has got it. */
	bool called;
	bool answered;
	uint64_t token;
	struct caller caller;
	/* The descriptors that an answer brought. */
	int room[2];
	/* The lowest descriptor that is free. */
	int next;
	/* How far a batch has come. */
	unsigned int sent;
	/* Subscriptions, and how many messages each must have got in the end. */
	int subs[SUBSCRIBERS];
	uint64_t expected[SUBSCRIBERS];
	/* There may be a name, and a mount. */
	bool named;
	bool mounted;
	/* How many a last message must reach, if one is to be sent. */
	uint32_t reach;
};

struct operation {
	const char *name;
	int64_t (*run)(struct scene *scene);
	bool (*prepare)(struct scene *scene);
	uint64_t capacity;
	size_t len;
	/* The least number of faults that a pass must meet. */
	unsigned int faults;
	/* Its mailbox is by priority, and receivers choose. */
	bool ordered;
	/* Further attributes of its mailbox. One that broadcasts has capacity 0. */
	unsigned int attributes;
};

/*
 * Has all memory of the test in place: a page that is missing when a fault is armed
 * would be what fails, and the kernel tells of it.
 */
bool operations_init(void);
/* Whether bytes are those of a message of these operations. */
bool operations_is_message(const void *data, size_t len);
/* The message, and where it is received. */
extern char sweep_bytes[LARGE];
extern char sweep_into[LARGE];
/* What was received is what was sent, or the operation gives an errno of its own. */
int64_t sweep_received(const struct scene *scene, int64_t ret, size_t len);
/* What has to be there: /dev/ipcmbox; a message; who sends late. */
bool sweep_prepare_device(struct scene *scene);
bool sweep_prepare_message(struct scene *scene);
bool sweep_prepare_late_sender(struct scene *scene);

extern const struct operation operations[];
extern const unsigned int nr_operations;
/* Those of calls, selections and descriptors. */
extern const struct operation call_operations[];
extern const unsigned int nr_call_operations;
/* Those of batches, CANCEL and what callers leave behind. */
extern const struct operation batch_operations[];
extern const unsigned int nr_batch_operations;
/* Those of broadcasts, inboxes and events. */
extern const struct operation cast_operations[];
extern const unsigned int nr_cast_operations;

/* Those of names. */
extern const struct operation name_operations[];
extern const unsigned int nr_name_operations;
/* Those by a user without an account, and of events at both ends. */
extern const struct operation user_operations[];
extern const unsigned int nr_user_operations;
/* Takes away what they left. */
void sweep_forget_names(struct scene *scene);

#endif /* SWEEP_H */
