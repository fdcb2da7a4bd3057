/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of mq_notify() share.
 */
#ifndef NOTIFY_UTIL_H
#define NOTIFY_UTIL_H

#include "mq_test.h"

#define SIGNO	(SIGRTMIN + 1)

/* In ms: until what must come counts as lost, and for what must not come. */
#define SOON	20000
#define NEVER	300

static inline int ask_by_signal(mqd_t mqdes, int value)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGNO };

	event.sigev_value.sival_int = value;
	return mq_notify(mqdes, &event);
}

static inline int ask_for_nothing(mqd_t mqdes)
{
	return mq_notify(mqdes,
			 &(struct sigevent){ .sigev_notify = SIGEV_NONE });
}

/* The value of the signal that comes, -1 if none does so soon. */
static inline int signal_within(const sigset_t *set, long ms, siginfo_t *info)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000 };
	siginfo_t ignored;

	if (!info)
		info = &ignored;
	return sigtimedwait(set, info, &span) < 0 ? -1 :
						    info->si_value.sival_int;
}

#endif /* NOTIFY_UTIL_H */
