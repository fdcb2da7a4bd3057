// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault sweep: each operation is run again and again while its first, second,
 * third ... allocation or user copy fails, until it passes untouched. Whatever
 * fails, the operation gives a documented errno and has changed nothing, or it
 * succeeds as if nothing had been; then it works, and the mailbox and what is in it
 * are as after a run without a fault. The operations are in sweep.c, sweep_call.c,
 * sweep_batch.c, sweep_cast.c, sweep_name.c and sweep_user.c.
 */
#include "ipcmbox_fault.h"
#include "kselftest_harness.h"
#include "sweep.h"

/* No operation has more chances to fail than this. */
#define FAULTS_MAX 200

/*
 * Detectors allocate too, now and then, and count as chances; a chance that one pass
 * stepped over is met by the next.
 */
#define PASSES 4

static bool scene_open(struct scene *scene, const struct operation *operation)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.flags = operation->attributes |
			 (operation->ordered ? IPCMBOX_SELECTIVE : 0),
		.capacity = operation->capacity,
		.region_size = REGION,
		.order = operation->ordered ? IPCMBOX_PRIORITY : IPCMBOX_FIFO,
	};

	*scene = (struct scene){
		.made = { -1, -1 },
		.room = { -1, -1 },
		.subs = { -1, -1, -1, -1 },
		.len = operation->len,
		.capacity = operation->capacity,
		.ordered = operation->ordered,
	};
	scene->fd = mbox_create_as(&create);
	return scene->fd >= 0 &&
	       (!operation->prepare || operation->prepare(scene));
}

/* How an operation ends: what it gave, and the mailbox when all others have ended. */
struct outcome {
	int64_t ret;
	struct ipcmbox_info info;
};

/* What is stored is what was sent. */
static bool rest_is_right(const struct scene *scene)
{
	static char buffer[LARGE];
	int64_t ret;

	do {
		ret = mbox_recv(scene->fd, buffer, sizeof(buffer),
				IPCMBOX_DONTWAIT);
		if (ret >= 0 && !scene->thread &&
		    (ret != (int64_t)scene->len ||
		     !operations_is_message(buffer, ret)))
			return false;
	} while (ret >= 0);
	return true;
}

/* Each subscription has got what it should, whatever failed meanwhile. */
static bool subs_close(struct scene *scene)
{
	struct ipcmbox_send last = { .size = sizeof(last) };
	bool fine = true;
	int i;

	if (scene->reach)
		fine = !mbox_ioctl(scene->fd, IPCMBOX_IOC_SEND, &last) &&
		       last.reached == scene->reach;
	for (i = 0; i < SUBSCRIBERS; i++) {
		if (scene->subs[i] < 0)
			continue;
		fine = mbox_info(scene->subs[i]).sent == scene->expected[i] &&
		       mbox_is_calm(scene->subs[i]) && fine;
		close(scene->subs[i]);
	}
	return fine;
}

static void close_all(const int *fds, unsigned int count)
{
	for (; count; count--, fds++)
		if (*fds >= 0)
			close(*fds);
}

/* Whoever still waits gets what it waits for; false if that fails. */
static bool scene_close(struct scene *scene, struct ipcmbox_info *info)
{
	bool fine = true;

	scene->over = true;
	if (scene->thread)
		fine = !pthread_join(scene->thread, NULL) && !scene->ret;
	if (scene->peer.tid)
		fine = !mbox_op_join(&scene->peer);
	if (scene->called)
		fine = !caller_join(&scene->caller) && fine;
	*info = mbox_info(scene->fd);
	info->mailbox = 0;
	fine = fine && rest_is_right(scene) && mbox_is_calm(scene->fd);
	fine = subs_close(scene) && fine;
	close_all(scene->made, 2);
	close_all(scene->room, 2);
	close(scene->fd);
	sweep_forget_names(scene);
	return fine;
}

static bool is_documented(int64_t ret)
{
	return ret == -ENOMEM || ret == -EFAULT;
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
	return a->ret == b->ret && !memcmp(&a->info, &b->info, sizeof(a->info));
}

/* One run without a fault, against which the others are held. */
static bool sweep_reference(const struct operation *operation,
			    struct outcome *outcome)
{
	struct scene scene;

	if (!scene_open(&scene, operation))
		return false;
	outcome->ret = operation->run(&scene);
	return scene_close(&scene, &outcome->info) && outcome->ret >= 0;
}

/*
 * One run, with the @nth fault; 1 if it met the fault, 0 if it passed untouched, -1
 * if it did what it must not.
 */
static int sweep_once(const struct operation *operation, unsigned int nth,
		      const struct outcome *reference)
{
	struct ipcmbox_info before, after;
	struct outcome outcome;
	struct scene scene;
	int64_t ret;
	bool met, fine;

	if (!scene_open(&scene, operation))
		return -1;
	before = mbox_info(scene.fd);
	fault_arm(nth);
	ret = operation->run(&scene);
	met = fault_disarm();
	after = mbox_info(scene.fd);
	/* An answer may have been given before the rest failed, and this was told. */
	before.calls -= scene.answered;

	outcome.ret = ret;
	fine = ret >= 0 || (met && is_documented(ret));
	if (ret < 0) {
		/* Of the late peer alone the message may have come or gone meanwhile. */
		if (!scene.thread && memcmp(&before, &after, sizeof(after))) {
			ksft_print_msg("the state has changed\n");
			fine = false;
		}
		outcome.ret = operation->run(&scene);
	}
	fine = scene_close(&scene, &outcome.info) && fine;
	if (!is_same(&outcome, reference)) {
		ksft_print_msg("it ends in another way than without a fault\n");
		fine = false;
	}
	if (fine)
		return met;
	ksft_print_msg("%s, fault %u: gave %lld, then %lld\n", operation->name,
		       nth, (long long)ret, (long long)outcome.ret);
	return -1;
}

FIXTURE(sweep)
{
	unsigned int passes;
};

FIXTURE_SETUP(sweep)
{
	if (access("/proc/thread-self/fail-nth", F_OK)) {
		ASSERT_EQ(NULL, getenv("IPCMBOX_FAULTS"));
		SKIP(return, "this kernel injects no faults");
	}
	self->passes = getenv("IPCMBOX_SLICE") ? 1 : PASSES;
	ASSERT_TRUE(fault_init());
	ASSERT_TRUE(operations_init());
}

FIXTURE_TEARDOWN(sweep)
{
}

/* One pass over an operation; how many faults it met, or -1. */
static int sweep_pass(const struct operation *operation)
{
	struct outcome reference;
	unsigned int nth;
	int met;

	if (!sweep_reference(operation, &reference))
		return -1;
	for (nth = 1; nth < FAULTS_MAX; nth++) {
		met = sweep_once(operation, nth, &reference);
		if (met <= 0)
			return met ? met : (int)nth - 1;
	}
	ksft_print_msg("%s: no end of faults\n", operation->name);
	return -1;
}

/* All passes over an operation; whether each met as many faults as it should. */
static bool sweep_operation(const struct operation *operation,
			    unsigned int passes)
{
	unsigned int pass;
	bool fine = true;
	int faults = 0;

	for (pass = 0; pass < passes; pass++) {
		faults = sweep_pass(operation);
		fine = fine && faults >= (int)operation->faults;
	}
	ksft_print_msg("%s: %d faults\n", operation->name, faults);
	return fine;
}

TEST_F_TIMEOUT(sweep, every_operation, 600)
{
	unsigned int i;

	for (i = 0; i < nr_operations; i++)
		EXPECT_TRUE(sweep_operation(&operations[i], self->passes));
	for (i = 0; i < nr_call_operations; i++)
		EXPECT_TRUE(sweep_operation(&call_operations[i], self->passes));
}

TEST_F_TIMEOUT(sweep, every_operation_of_many, 600)
{
	unsigned int i;

	for (i = 0; i < nr_batch_operations; i++)
		EXPECT_TRUE(
			sweep_operation(&batch_operations[i], self->passes));
	for (i = 0; i < nr_cast_operations; i++)
		EXPECT_TRUE(sweep_operation(&cast_operations[i], self->passes));
}

TEST_F_TIMEOUT(sweep, every_operation_of_names, 600)
{
	unsigned int i;

	for (i = 0; i < nr_name_operations; i++)
		EXPECT_TRUE(sweep_operation(&name_operations[i], self->passes));
}

TEST_F_TIMEOUT(sweep, every_operation_of_another_user, 600)
{
	unsigned int i;

	for (i = 0; i < nr_user_operations; i++)
		EXPECT_TRUE(sweep_operation(&user_operations[i], self->passes));
}

TEST_HARNESS_MAIN
