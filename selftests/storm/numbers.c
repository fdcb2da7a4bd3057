// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers: messages by the number that the kernel gave them.
 */
#include <stdlib.h>

#include "check.h"

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = message_id(*(struct message *const *)a);
	uint64_t y = message_id(*(struct message *const *)b);

	return x < y ? -1 : x > y;
}

/* Notes the messages whose numbers are known, once it is known who received them. */
bool check_numbers(struct check *check)
{
	size_t i;

	check->numbered =
		check_alloc(check->nr_messages, sizeof(*check->numbered));
	for (i = 0; i < check->nr_messages; i++)
		if (message_id(&check->messages[i]))
			check->numbered[check->nr_numbered++] =
				&check->messages[i];
	qsort(check->numbered, check->nr_numbered, sizeof(*check->numbered),
	      compare_ids);
	for (i = 1; i < check->nr_numbered; i++)
		if (message_id(check->numbered[i]) ==
		    message_id(check->numbered[i - 1]))
			return check_fail(check, "two messages of one number",
					  check->numbered[i - 1]->send,
					  check->numbered[i]->send, NULL);
	return true;
}

struct message *check_find_id(const struct check *check, uint64_t id)
{
	size_t low = 0, high = check->nr_numbered;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (message_id(check->numbered[middle]) < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < check->nr_numbered && message_id(check->numbered[low]) == id)
		return check->numbered[low];
	return NULL;
}
