// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistakes between two tasks, for KCSAN: a plain data race, and a message that is
 * published without the barrier that its reader relies on.
 */
#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "broken.h"

#define IMB_BROKEN_RACE_MS 4000

static unsigned long imb_broken_shared;
static int imb_broken_flag;

static int imb_broken_racer(void *unused)
{
	while (!kthread_should_stop()) {
		imb_broken_shared++;
		cond_resched();
	}
	return 0;
}

static int imb_broken_publisher(void *unused)
{
	while (!kthread_should_stop()) {
		/* Pairs with the release of the reader. */
		if (!smp_load_acquire(&imb_broken_flag)) {
			imb_broken_shared++;
			/* Should be smp_store_release(). */
			WRITE_ONCE(imb_broken_flag, 1);
		}
		cond_resched();
	}
	return 0;
}

static int imb_broken_reader(void *unused)
{
	unsigned long sum = 0;

	while (!kthread_should_stop()) {
		/* Would pair with a release of the publisher. */
		if (smp_load_acquire(&imb_broken_flag)) {
			sum += imb_broken_shared;
			/* Pairs with the acquire of the publisher. */
			smp_store_release(&imb_broken_flag, 0);
		}
		cond_resched();
	}
	return sum == 0;
}

static int imb_broken_run_two(int (*one)(void *), int (*two)(void *))
{
	struct task_struct *first, *second;

	first = kthread_run(one, NULL, "imb_broken_1");
	if (IS_ERR(first))
		return PTR_ERR(first);
	second = kthread_run(two, NULL, "imb_broken_2");
	if (!IS_ERR(second)) {
		msleep(IMB_BROKEN_RACE_MS);
		kthread_stop(second);
	}
	kthread_stop(first);
	return PTR_ERR_OR_ZERO(second);
}

int imb_broken_data_race(void)
{
	return imb_broken_run_two(imb_broken_racer, imb_broken_racer);
}

int imb_broken_missing_barrier(void)
{
	return imb_broken_run_two(imb_broken_publisher, imb_broken_reader);
}
