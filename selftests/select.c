// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selections of the tests. See select.h.
 */
#include "select.h"

void select_point(struct selector *selector)
{
	unsigned int i;

	selector->arg.cases = (uintptr_t)selector->cases;
	for (i = 0; i < selector->arg.count; i++) {
		bool sends = selector->cases[i].kind == IPCMBOX_CASE_SEND;

		selector->send[i].data = (uintptr_t)&selector->num[i];
		selector->recv[i].data = (uintptr_t)&selector->num[i];
		selector->cases[i].arg = (uintptr_t)&selector->recv[i];
		if (sends)
			selector->cases[i].arg = (uintptr_t)&selector->send[i];
	}
}

static unsigned int add(struct selector *selector, int fd, uint32_t kind)
{
	unsigned int i = selector->arg.count++;

	selector->arg.size = sizeof(selector->arg);
	selector->arg.stride = sizeof(selector->cases[i]);
	selector->cases[i] = (struct ipcmbox_case){ .fd = fd, .kind = kind };
	selector->send[i] = (struct ipcmbox_send){
		.size = sizeof(selector->send[i]),
		.len = sizeof(selector->num[i]),
	};
	selector->recv[i] = (struct ipcmbox_recv){
		.size = sizeof(selector->recv[i]),
		.len = sizeof(selector->num[i]),
	};
	select_point(selector);
	return i;
}

void select_send(struct selector *selector, int fd, uint32_t num)
{
	selector->num[add(selector, fd, IPCMBOX_CASE_SEND)] = num;
}

void select_recv(struct selector *selector, int fd)
{
	add(selector, fd, IPCMBOX_CASE_RECV);
}

int select_run(struct selector *selector)
{
	selector->arg.size = sizeof(selector->arg);
	selector->arg.index = -2;
	selector->ret = mbox_device_ioctl(IPCMBOX_IOC_SELECT, &selector->arg);
	selector->done = true;
	return selector->ret;
}

static void *thread_run(void *arg)
{
	select_run(arg);
	return NULL;
}

int select_start(struct selector *selector)
{
	selector->done = false;
	return -pthread_create(&selector->thread, NULL, thread_run, selector);
}

bool select_park(struct selector *selector)
{
	bool sends = selector->cases[0].kind == IPCMBOX_CASE_SEND;
	int fd = selector->cases[0].fd;
	struct ipcmbox_info info = mbox_info(fd);

	if (select_start(selector))
		return false;
	return sends ? mbox_wait_senders(fd, info.senders_waiting + 1) :
		       mbox_wait_receivers(fd, info.receivers_waiting + 1);
}

int select_join(struct selector *selector)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!selector->done) {
		if (mbox_now() > end)
			return -ETIME;
		mbox_nap();
	}
	pthread_join(selector->thread, NULL);
	return selector->ret;
}
