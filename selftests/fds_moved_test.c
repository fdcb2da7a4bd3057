// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that are others than was told at first, as a security module may want, or
 * another thread of the receiver: the number is corrected; or there is none, and no file.
 */
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "call.h"
#include "stall.h"

#define PAGE 4096

enum kind { RECV, SELECT, CALL };

/*
 * A call in a thread, which stops where its struct is written, after @numbers was told; of CALL
 * only a part of it comes after that.
 */
struct call {
	enum kind kind;
	int fd;
	int ctl;
	int ret;
	union {
		struct ipcmbox_recv *recv;
		struct ipcmbox_call *call;
	};
	pthread_t thread;
};

FIXTURE(moved)
{
	int ends[2];
	int low;
	int *numbers;
	char *before;
	struct stall stall;
	struct call call;
};

FIXTURE_VARIANT(moved)
{
	enum kind kind;
};

FIXTURE_VARIANT_ADD(moved, recv) { .kind = RECV };
FIXTURE_VARIANT_ADD(moved, select) { .kind = SELECT };
FIXTURE_VARIANT_ADD(moved, call) { .kind = CALL };

static unsigned int count_fds(void)
{
	unsigned int count = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void *run(void *arg)
{
	struct call *call = arg;
	struct ipcmbox_case one = {
		.fd = call->fd,
		.kind = IPCMBOX_CASE_RECV,
		.arg = (uintptr_t)call->recv,
	};
	struct ipcmbox_select select = {
		.size = sizeof(select),
		.cases = (uintptr_t)&one,
		.count = 1,
		.stride = sizeof(one),
	};

	switch (call->kind) {
	case RECV:
		call->ret = mbox_ioctl(call->fd, IPCMBOX_IOC_RECV, call->recv);
		break;
	case SELECT:
		call->ret = mbox_ioctl(call->ctl, IPCMBOX_IOC_SELECT, &select);
		break;
	case CALL:
		call->ret = mbox_ioctl(call->fd, IPCMBOX_IOC_CALL, call->call);
		break;
	}
	return NULL;
}

/* It waits; what it is sent has a file. */
static bool receive(struct call *call, struct stall *stall, int *numbers,
		    int fd)
{
	struct mbox_op send = {
		.fd = call->fd,
		.kind = OP_SEND,
		.fds = &fd,
		.nr_fds = 1,
	};

	*call->recv = (struct ipcmbox_recv){
		.size = sizeof(*call->recv),
		.fds = (uintptr_t)numbers,
		.nr_fds = 1,
		.flags = IPCMBOX_TRUNCATE,
	};
	return !pthread_create(&call->thread, NULL, run, call) &&
	       mbox_wait_receivers(call->fd, 1) &&
	       !stall_protect(stall, true) && !mbox_op_run(&send);
}

static bool be_answered(struct call *call, struct stall *stall, int *numbers,
			int fd)
{
	uint32_t num = 7;
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.fds = (uintptr_t)&fd,
		.nr_fds = 1,
	};

	*call->call = (struct ipcmbox_call){
		.size = sizeof(*call->call),
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.answer_fds = (uintptr_t)numbers,
		.nr_answer_fds = 1,
	};
	if (pthread_create(&call->thread, NULL, run, call))
		return false;
	reply.token = serve_take(call->fd, num);
	return reply.token && !stall_protect(stall, true) &&
	       !mbox_ioctl(call->fd, IPCMBOX_IOC_REPLY, &reply);
}

/* Lets it go on; what came of it. */
static int go_on(struct stall *stall, struct call *call)
{
	int ret = stall_protect(stall, false);

	pthread_join(call->thread, NULL);
	return ret ?: call->ret;
}

FIXTURE_SETUP(moved)
{
	struct call *call = &self->call;
	bool fine;

	/* Below those that are made later. */
	self->low = open("/dev/null", O_RDWR | O_CLOEXEC);
	call->kind = variant->kind;
	call->fd = mbox_create(1, O_RDWR);
	ASSERT_LE(0, call->fd);
	if (!stall_init_to_write(&self->stall, call->fd))
		SKIP(return, "no userfaultfd for writes: %s", strerror(errno));
	call->ctl = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);
	self->before =
		mmap(self->stall.page - PAGE, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_EQ(self->stall.page - PAGE, self->before);
	if (call->kind == CALL)
		call->call = (void *)(self->stall.page -
				      offsetof(struct ipcmbox_call, msg_fds));
	else
		call->recv = (void *)self->stall.page;
	ASSERT_EQ(0, pipe2(self->ends, O_CLOEXEC));
	self->numbers = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->numbers);
	*self->numbers = -2;
	fine = call->kind == CALL ? be_answered(call, &self->stall,
						self->numbers, self->ends[1]) :
				    receive(call, &self->stall, self->numbers,
					    self->ends[1]);
	ASSERT_TRUE(fine);
	ASSERT_TRUE(stall_wait(&self->stall));
	EXPECT_LT(self->low, *self->numbers);
}

FIXTURE_TEARDOWN(moved)
{
	stall_exit(&self->stall);
	munmap(self->before, PAGE);
	munmap(self->numbers, PAGE);
	close(self->ends[0]);
	close(self->ends[1]);
	close(self->call.ctl);
	close(self->call.fd);
	close(self->low);
}

TEST_F(moved, another)
{
	int told = *self->numbers;

	close(self->low);
	EXPECT_EQ(0, go_on(&self->stall, &self->call));
	EXPECT_EQ(self->low, *self->numbers);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->low, F_GETFD));
	EXPECT_EQ(1, write(self->low, "x", 1));
	EXPECT_EQ(-1, fcntl(told, F_GETFD));
}

TEST_F(moved, none)
{
	struct rlimit limit, less;
	unsigned int before = count_fds();

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	less = limit;
	less.rlim_cur = self->low;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &less));
	EXPECT_EQ(0, go_on(&self->stall, &self->call));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, *self->numbers);
	EXPECT_EQ(before, count_fds());
	EXPECT_EQ(1, variant->kind == CALL ? self->call.call->msg_fds :
					     self->call.recv->msg_fds);
}

/* It cannot be told of the other. */
TEST_F(moved, untold)
{
	ASSERT_EQ(0, mprotect(self->numbers, PAGE, PROT_READ));
	close(self->low);
	EXPECT_EQ(0, go_on(&self->stall, &self->call));
	EXPECT_EQ(-1, fcntl(self->low, F_GETFD));
	EXPECT_EQ(-1, fcntl(*self->numbers, F_GETFD));
}

/* Nor of the rest: a message stays, an answer is lost, and the file is not given. */
TEST_F(moved, fails)
{
	unsigned int before = count_fds();

	ASSERT_EQ(0, stall_fail(&self->stall));
	pthread_join(self->call.thread, NULL);
	EXPECT_EQ(-EFAULT, self->call.ret);
	EXPECT_EQ(before, count_fds());
	EXPECT_EQ(-1, fcntl(*self->numbers, F_GETFD));
	EXPECT_EQ(variant->kind != CALL, mbox_info(self->call.fd).queued);
}

TEST_HARNESS_MAIN
