// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overtaking, where nobody may: message a was surely in the mailbox before b was sent,
 * and b was received or seen while a surely was still there. Of the older messages, as
 * many may have been out of sight as receives that failed were under way. Of messages
 * whose sends overlap, the numbers that the kernel gave them tell which is older.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* How many of a set of numbers are larger than one (a Fenwick tree). */
struct ranks {
	uint64_t *numbers;
	uint32_t *tree;
	size_t count;
	size_t total;
};

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* How many of the sorted numbers are less than @limit, or not more if @equal. */
static size_t count_below(const uint64_t *numbers, size_t count, uint64_t limit,
			  bool equal)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (numbers[middle] < limit ||
		    (equal && numbers[middle] == limit))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void ranks_add(struct ranks *ranks, uint64_t number)
{
	size_t i = count_below(ranks->numbers, ranks->count, number, false) + 1;

	for (; i <= ranks->count; i += i & -i)
		ranks->tree[i]++;
	ranks->total++;
}

static size_t ranks_above(const struct ranks *ranks, uint64_t number)
{
	size_t i = count_below(ranks->numbers, ranks->count, number, true);
	size_t below = 0;

	for (; i; i -= i & -i)
		below += ranks->tree[i];
	return ranks->total - below;
}

/* A receive or a peek of a message. */
struct look {
	const struct event *event;
	const struct message *message;
};

static int compare_looks(const void *a, const void *b)
{
	const struct look *x = a, *y = b;

	return compare_u64(&x->message->send->begin, &y->message->send->begin);
}

static int compare_placed(const void *a, const void *b)
{
	const struct message *const *x = a, *const *y = b;

	return compare_u64(&(*x)->placed_by, &(*y)->placed_by);
}

/* The receives that may have had a message and put it back. */
struct returns {
	uint64_t *begins;
	uint64_t *ends;
	size_t count;
};

static struct returns returns_new(const struct history *history)
{
	struct returns returns = {
		.begins = check_alloc(history->count, sizeof(uint64_t)),
		.ends = check_alloc(history->count, sizeof(uint64_t)),
	};
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		if (!event_may_return(event))
			continue;
		returns.begins[returns.count] = event->begin;
		returns.ends[returns.count++] = event->end;
	}
	qsort(returns.begins, returns.count, sizeof(uint64_t), compare_u64);
	qsort(returns.ends, returns.count, sizeof(uint64_t), compare_u64);
	return returns;
}

static size_t returns_during(const struct returns *returns,
			     const struct event *event)
{
	return count_below(returns->begins, returns->count, event->end, false) -
	       count_below(returns->ends, returns->count, event->begin, false);
}

static size_t collect_looks(const struct check *check, struct look *looks)
{
	size_t i, count = 0;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if ((event->kind != EVENT_RECV && event->kind != EVENT_PEEK) ||
		    event->ret || !event->value)
			continue;
		looks[count].event = event;
		looks[count++].message = check_find(check, event->value);
	}
	qsort(looks, count, sizeof(*looks), compare_looks);
	return count;
}

/* One that stayed behind while a younger one was received, to tell of it. */
static const struct event *find_overtaken(const struct check *check,
					  const struct look *look)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++)
		if (check->messages[i].placed_by < look->message->send->begin &&
		    check->messages[i].gone_from > look->event->end)
			return check->messages[i].send;
	return NULL;
}

static bool check_overtaking(struct check *check, const struct message **placed,
			     struct ranks *ranks)
{
	struct look *looks = check_alloc(check->history->count, sizeof(*looks));
	struct returns returns = returns_new(check->history);
	size_t i, next = 0, count = collect_looks(check, looks);
	bool fine = true;

	for (i = 0; fine && i < count; i++) {
		const struct look *look = &looks[i];

		while (next < check->nr_messages &&
		       placed[next]->placed_by < look->message->send->begin)
			ranks_add(ranks, placed[next++]->gone_from);
		if (ranks_above(ranks, look->event->end) >
		    returns_during(&returns, look->event))
			fine = check_fail(check,
					  "a message overtook an older one",
					  find_overtaken(check, look),
					  look->message->send, look->event);
	}
	free(looks);
	free(returns.begins);
	free(returns.ends);
	return fine;
}

static int compare_begins(const void *a, const void *b)
{
	const struct message *const *x = a, *const *y = b;

	return compare_u64(&(*x)->send->begin, &(*y)->send->begin);
}

/* Ids rise in the order in which messages got their places. */
static bool check_ids(struct check *check, const struct message **placed)
{
	const struct message **begun =
		check_alloc(check->nr_messages, sizeof(*begun));
	const struct event *youngest = NULL;
	size_t i, next = 0;
	bool fine = true;

	memcpy(begun, placed, check->nr_messages * sizeof(*begun));
	qsort(begun, check->nr_messages, sizeof(*begun), compare_begins);
	for (i = 0; fine && i < check->nr_messages; i++) {
		const struct event *send = begun[i]->send;

		for (; next < check->nr_messages &&
		       placed[next]->placed_by < send->begin;
		     next++)
			if (!youngest || placed[next]->send->id > youngest->id)
				youngest = placed[next]->send;
		if (send->id && youngest && youngest->id >= send->id)
			fine = check_fail(check, "ids do not rise", youngest,
					  send, NULL);
	}
	free(begun);
	return fine;
}

/* The number of a message; read(2) does not tell, but its sender may know. */
static uint64_t look_id(const struct look *look)
{
	return look->event->id ? look->event->id : look->message->send->id;
}

static int compare_look_begins(const void *a, const void *b)
{
	const struct look *x = a, *y = b;

	return compare_u64(&x->event->begin, &y->event->begin);
}

static int compare_look_ends(const void *a, const void *b)
{
	const struct look *x = a, *y = b;

	return compare_u64(&x->event->end, &y->event->end);
}

/*
 * From the last look to the first: of the messages received later, none may have a
 * lower number. @received and @looks are sorted by begin and by end.
 */
static bool check_lower(struct check *check, const struct look *looks,
			size_t count, const struct look *received, size_t next,
			struct ranks *ranks)
{
	struct returns returns = returns_new(check->history);
	bool fine = true;
	size_t i;

	for (i = count; fine && i--;) {
		const struct look *look = &looks[i];
		uint64_t id = look_id(look);

		for (;
		     next && received[next - 1].event->begin > look->event->end;
		     next--)
			ranks_add(ranks, look_id(&received[next - 1]));
		if (id && ranks->total - ranks_above(ranks, id - 1) >
				  returns_during(&returns, look->event))
			fine = check_fail(check,
					  "overtook one with a lower number",
					  look->event, NULL, NULL);
	}
	free(returns.begins);
	free(returns.ends);
	return fine;
}

static bool check_received_numbers(struct check *check)
{
	size_t i, count, nr_received = 0, size = check->history->count;
	struct look *looks = check_alloc(size, sizeof(*looks));
	struct look *received = check_alloc(size, sizeof(*received));
	struct ranks ranks = {
		.numbers = check_alloc(size, sizeof(uint64_t)),
		.tree = check_alloc(size + 1, sizeof(uint32_t)),
	};
	bool fine;

	count = collect_looks(check, looks);
	for (i = 0; i < count; i++)
		if (looks[i].event->kind == EVENT_RECV && look_id(&looks[i]))
			received[nr_received++] = looks[i];
	for (i = 0; i < nr_received; i++)
		ranks.numbers[i] = look_id(&received[i]);
	ranks.count = nr_received;
	qsort(ranks.numbers, nr_received, sizeof(uint64_t), compare_u64);
	qsort(received, nr_received, sizeof(*received), compare_look_begins);
	qsort(looks, count, sizeof(*looks), compare_look_ends);
	fine = check_lower(check, looks, count, received, nr_received, &ranks);
	free(looks);
	free(received);
	free(ranks.numbers);
	free(ranks.tree);
	return fine;
}

bool check_order(struct check *check)
{
	size_t i, count = check->nr_messages;
	const struct message **placed = check_alloc(count, sizeof(*placed));
	struct ranks ranks = {
		.numbers = check_alloc(count, sizeof(uint64_t)),
		.tree = check_alloc(count + 1, sizeof(uint32_t)),
		.count = count,
	};
	bool fine;

	for (i = 0; i < count; i++) {
		placed[i] = &check->messages[i];
		ranks.numbers[i] = check->messages[i].gone_from;
	}
	qsort(placed, count, sizeof(*placed), compare_placed);
	qsort(ranks.numbers, count, sizeof(uint64_t), compare_u64);
	fine = check_ids(check, placed) &&
	       (check_reorders(check) ||
		(check_overtaking(check, placed, &ranks) &&
		 check_received_numbers(check)));
	free(placed);
	free(ranks.numbers);
	free(ranks.tree);
	return fine;
}
