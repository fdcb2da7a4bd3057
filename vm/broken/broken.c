// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does wrong: for each detector of the kernels in vm/config, the
 * mistake that it is there to find. vm/selfcheck-detectors loads it with fault=NAME
 * and fails if no report arrives. It never runs but in the VM.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

#include "broken.h"

/* Longer than the limits that the self-check sets. */
#define IMB_BROKEN_STALL_MS 12000

static char *fault = "";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "Which mistake to make");

/* These two only read: a write could destroy what KASAN keeps in a freed object. */
static int imb_broken_out_of_bounds(void)
{
	volatile char *bytes = kmalloc(24, GFP_KERNEL);

	if (!bytes)
		return -ENOMEM;
	(void)bytes[24];
	kfree((void *)bytes);
	return 0;
}

static int imb_broken_use_after_free(void)
{
	volatile char *bytes = kmalloc(24, GFP_KERNEL);

	if (!bytes)
		return -ENOMEM;
	kfree((void *)bytes);
	(void)bytes[0];
	return 0;
}

/* In its page, whose end the MMU would find anyway. */
static int imb_broken_vmalloc(void)
{
	volatile char *bytes = vmalloc(24);

	if (!bytes)
		return -ENOMEM;
	(void)bytes[24];
	vfree((void *)bytes);
	return 0;
}

/* Hides from the compiler where the reader goes. */
static volatile unsigned int imb_broken_length = 24;

static int imb_broken_stack(void)
{
	volatile char bytes[24] = {};

	return *(bytes + imb_broken_length) ? 0 : 0;
}

static int imb_broken_index(void)
{
	static unsigned int table[24], after[24];

	after[0] = table[imb_broken_length % 25];
	return 0;
}

static DEFINE_SPINLOCK(imb_broken_a);
static DEFINE_SPINLOCK(imb_broken_b);

static int imb_broken_lock_order(void)
{
	spin_lock(&imb_broken_a);
	spin_lock(&imb_broken_b);
	spin_unlock(&imb_broken_b);
	spin_unlock(&imb_broken_a);

	spin_lock(&imb_broken_b);
	spin_lock(&imb_broken_a);
	spin_unlock(&imb_broken_a);
	spin_unlock(&imb_broken_b);
	return 0;
}

static int imb_broken_atomic_sleep(void)
{
	spin_lock(&imb_broken_a);
	might_sleep();
	spin_unlock(&imb_broken_a);
	return 0;
}

static void imb_broken_tick(struct timer_list *timer)
{
}

static int imb_broken_object(void)
{
	static struct timer_list timer;

	timer_setup(&timer, imb_broken_tick, 0);
	mod_timer(&timer, jiffies + 3600 * HZ);
	timer_setup(&timer, imb_broken_tick, 0);
	timer_delete_sync(&timer);
	return 0;
}

static int imb_broken_shift(void)
{
	static volatile unsigned int places = 40, one = 1;

	places = one << places;
	return 0;
}

static int imb_broken_list(void)
{
	static LIST_HEAD(head);
	static struct list_head entry;

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
	return 0;
}

static int imb_broken_refcount(void)
{
	static refcount_t refs;

	refcount_set(&refs, 0);
	refcount_inc(&refs);
	return 0;
}

/* Out of KASAN's sight, which would find it first. */
static noinline __no_sanitize_address void imb_broken_overwrite(char *end)
{
	*(volatile char *)end = 1;
}

static int imb_broken_redzone(void)
{
	struct kmem_cache *cache;
	char *object;

	cache = kmem_cache_create("imb_broken", 24, 0, SLAB_RED_ZONE, NULL);
	if (!cache)
		return -ENOMEM;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	if (object) {
		imb_broken_overwrite(object + 24);
		kmem_cache_free(cache, object);
	}
	kmem_cache_destroy(cache);
	return 0;
}

static int imb_broken_leftover(void)
{
	struct kmem_cache *cache;

	cache = kmem_cache_create("imb_broken_left", 24, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	if (!kmem_cache_alloc(cache, GFP_KERNEL))
		pr_err("out of memory\n");
	kmem_cache_destroy(cache);
	return 0;
}

static int imb_broken_leak(void)
{
	return kmalloc(24, GFP_KERNEL) ? 0 : -ENOMEM;
}

static int imb_broken_hang(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(msecs_to_jiffies(IMB_BROKEN_STALL_MS));
	return 0;
}

static int imb_broken_lockup(void)
{
	u64 end = local_clock() + IMB_BROKEN_STALL_MS * NSEC_PER_MSEC;
	unsigned long last = jiffies + msecs_to_jiffies(IMB_BROKEN_STALL_MS);

	/*
	 * The detector is driven by the tick and reads the scheduler's clock. Where the
	 * processor is emulated on a busy machine these and a delay loop disagree.
	 */
	preempt_disable();
	while (local_clock() < end || time_before(jiffies, last))
		cpu_relax();
	preempt_enable();
	return 0;
}

static const struct {
	const char *name;
	int (*commit)(void);
} imb_broken_faults[] = {
	{ "out-of-bounds", imb_broken_out_of_bounds },
	{ "use-after-free", imb_broken_use_after_free },
	{ "vmalloc", imb_broken_vmalloc },
	{ "stack", imb_broken_stack },
	{ "index", imb_broken_index },
	{ "lock-order", imb_broken_lock_order },
	{ "atomic-sleep", imb_broken_atomic_sleep },
	{ "object", imb_broken_object },
	{ "shift", imb_broken_shift },
	{ "list", imb_broken_list },
	{ "refcount", imb_broken_refcount },
	{ "redzone", imb_broken_redzone },
	{ "leftover", imb_broken_leftover },
	{ "leak", imb_broken_leak },
	{ "hang", imb_broken_hang },
	{ "lockup", imb_broken_lockup },
	{ "data-race", imb_broken_data_race },
	{ "missing-barrier", imb_broken_missing_barrier },
};

static int __init imb_broken_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(imb_broken_faults); i++)
		if (!strcmp(imb_broken_faults[i].name, fault))
			return imb_broken_faults[i].commit();
	return -EINVAL;
}

static void __exit imb_broken_exit(void)
{
}

module_init(imb_broken_init);
module_exit(imb_broken_exit);

MODULE_DESCRIPTION("Mistakes that detectors must find");
MODULE_AUTHOR("The ipcmbox developers");
MODULE_LICENSE("GPL");
