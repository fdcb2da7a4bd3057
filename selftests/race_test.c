// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completed > signal > deadline: operations are raced against what ends them,
 * many times. Both sides must tell the same story of each message, whoever wins. Here
 * one follows the other without a stop; IPCMBOX_RACES= sets how often.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define ROUNDS 300

static void on_signal(int signo)
{
}

/* A fast source of small differences in time. */
static void stagger(unsigned int round)
{
	unsigned int i;

	for (i = 0; i < (round * 7919) % 997; i++)
		atomic_signal_fence(memory_order_seq_cst);
}

struct racer {
	int fd;
	unsigned int flags;
	unsigned int rounds;
	bool by_deadline;
	atomic_bool done;
	atomic_uint sent;
	unsigned int failed;
	unsigned int odd;
	pthread_t thread;
};

/* Sends round numbers until each was accepted, or given up. */
static void *racing_sender(void *arg)
{
	struct racer *racer = arg;
	struct mbox_op op;
	unsigned int i;

	for (i = 0; i < racer->rounds; i++) {
		op = (struct mbox_op){
			.fd = racer->fd,
			.flags = racer->flags,
			.num = i,
		};
		if (racer->by_deadline)
			op.deadline = mbox_now() + (i * 7919) % 60000;
		mbox_op_run(&op);
		if (!op.ret)
			racer->sent++;
		else if ((op.ret == -EINTR || op.ret == -ETIMEDOUT) &&
			 op.disposition == IPCMBOX_WITHDRAWN)
			racer->failed++;
		else
			racer->odd++;
	}
	racer->done = true;
	return NULL;
}

MBOX_FIXTURE(race);

/* Receives all there is; the count, or -errno if order or number are wrong. */
static int64_t receive_all(struct racer *racer)
{
	int64_t got, last = -1;
	unsigned int count = 0;
	bool done;

	for (;;) {
		done = racer->done;
		got = mbox_recv_num(racer->fd, IPCMBOX_DONTWAIT);
		if (got == -EAGAIN && done)
			return count;
		if (got == -EAGAIN)
			continue;
		if (got <= last)
			return got < 0 ? got : -EBADMSG;
		last = got;
		stagger(count++);
	}
}

TEST_F_TIMEOUT(race, send_against_deadline, 600)
{
	struct racer racer = {
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.rounds = mbox_rounds(ROUNDS),
		.by_deadline = true,
	};
	struct ipcmbox_info info;
	int64_t count;

	ASSERT_EQ(0,
		  pthread_create(&racer.thread, NULL, racing_sender, &racer));
	count = receive_all(&racer);
	pthread_join(racer.thread, NULL);
	info = mbox_info(self->fd);
	EXPECT_EQ(racer.sent, count);
	EXPECT_EQ(0, racer.odd);
	EXPECT_EQ(racer.sent, info.received);
	EXPECT_EQ(racer.failed, info.expired);
	EXPECT_EQ(racer.rounds, info.sent);
}

TEST_F_TIMEOUT(race, send_against_signal, 2400)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct racer racer = {
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.rounds = mbox_rounds(ROUNDS),
	};
	int64_t got, last = -1, count = 0;
	struct ipcmbox_info info;
	unsigned int i = 0;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0,
		  pthread_create(&racer.thread, NULL, racing_sender, &racer));
	while (!racer.done) {
		pthread_kill(racer.thread, SIGUSR1);
		stagger(i++);
		got = mbox_recv_num(self->fd, IPCMBOX_DONTWAIT);
		if (got < 0) {
			ASSERT_EQ(-EAGAIN, got);
			continue;
		}
		ASSERT_LT(last, got);
		last = got;
		count++;
	}
	pthread_join(racer.thread, NULL);
	info = mbox_info(self->fd);
	EXPECT_EQ(racer.sent, count);
	EXPECT_EQ(0, racer.odd);
	EXPECT_EQ(racer.sent, info.received);
	EXPECT_EQ(racer.failed, info.withdrawn);
}

/* A receiver that gives up has not taken the message with it. */
static void *racing_receiver(void *arg)
{
	struct racer *racer = arg;
	struct mbox_op op;
	int64_t last = -1;

	while (!racer->done) {
		op = (struct mbox_op){
			.fd = racer->fd,
			.kind = OP_RECV,
			.deadline = racer->by_deadline ?
					    mbox_now() + racer->failed % 50000 :
					    0,
		};
		mbox_op_run(&op);
		if (op.ret == -ETIMEDOUT || op.ret == -EINTR) {
			racer->failed++;
			continue;
		}
		if (op.ret || op.num != last + 1)
			racer->odd++;
		last = op.num;
		racer->done = last + 1 == racer->rounds;
	}
	return NULL;
}

TEST_F_TIMEOUT(race, receive_against_deadline, 600)
{
	struct racer racer = {
		.fd = self->fd,
		.rounds = mbox_rounds(ROUNDS),
		.by_deadline = true,
	};
	unsigned int i;

	ASSERT_EQ(0,
		  pthread_create(&racer.thread, NULL, racing_receiver, &racer));
	for (i = 0; i < racer.rounds; i++) {
		stagger(i);
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
	}
	pthread_join(racer.thread, NULL);
	EXPECT_EQ(0, racer.odd);
	EXPECT_EQ(racer.rounds, mbox_info(self->fd).received);
}

TEST_F_TIMEOUT(race, receive_against_signal, 600)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct racer racer = { .fd = self->fd, .rounds = mbox_rounds(ROUNDS) };
	unsigned int i;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0,
		  pthread_create(&racer.thread, NULL, racing_receiver, &racer));
	for (i = 0; i < racer.rounds; i++) {
		pthread_kill(racer.thread, SIGUSR1);
		stagger(i);
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
	}
	pthread_join(racer.thread, NULL);
	EXPECT_EQ(0, racer.odd);
	EXPECT_EQ(racer.rounds, mbox_info(self->fd).received);
}

TEST_HARNESS_MAIN
