// SPDX-License-Identifier: GPL-2.0-only
/*
 * The form that all ioctls share: the sweep of sizes, flags and
 * reserved members, and arguments that are not there.
 */
#include "kselftest_harness.h"
#include "ipcmbox_layout.h"
#include "ipcmbox_util.h"

union argument {
	struct {
		__u32 size;
		__u32 flags;
	};
	struct ipcmbox_version version;
	struct ipcmbox_create create;
	struct ipcmbox_pair pair;
	struct ipcmbox_send send;
	struct ipcmbox_recv recv;
	struct ipcmbox_info info;
	struct ipcmbox_set set;
	struct ipcmbox_drain drain;
	struct ipcmbox_destroy destroy;
	struct ipcmbox_reopen reopen;
	struct ipcmbox_call call;
	struct ipcmbox_reply reply;
	struct ipcmbox_reply_recv reply_recv;
	struct ipcmbox_cancel cancel;
	struct ipcmbox_batch batch;
	struct ipcmbox_notify notify;
	struct ipcmbox_inbox inbox;
	struct ipcmbox_open_pid open_pid;
	struct ipcmbox_subscribe subscribe;
	struct ipcmbox_open open;
	struct ipcmbox_unlink unlink;
	struct ipcmbox_list list;
	struct ipcmbox_select select;
	char bytes[512];
};

/*
 * What every test here walks over: flags are those with which it gives the result,
 * least is how long the struct was at first.
 */
struct command {
	const char *name;
	unsigned long command;
	bool on_device;
	size_t size;
	size_t least;
	__u32 known_flags;
	__u32 flags;
	size_t reserved;
	int result;
};

#define COMMAND(NAME, type, ...)                                   \
	{                                                          \
		.name = #NAME, .command = IPCMBOX_IOC_##NAME,      \
		.size = sizeof(struct ipcmbox_##type), __VA_ARGS__ \
	}
#define LEAST(type, last)                                \
	.least = offsetof(struct ipcmbox_##type, last) + \
		 sizeof(((struct ipcmbox_##type *)0)->last)
#define RESERVED(type) .reserved = offsetof(struct ipcmbox_##type, __reserved)

static const struct command commands[] = {
	COMMAND(VERSION, version, .on_device = true, RESERVED(version)),
	COMMAND(CREATE, create, LEAST(create, region_size), .on_device = true,
		RESERVED(create),
		.known_flags = IPCMBOX_NO_HANGUP | IPCMBOX_SELECTIVE |
			       IPCMBOX_BROADCAST | IPCMBOX_HANGUP |
			       IPCMBOX_EXCL | IPCMBOX_OWNED |
			       IPCMBOX_FAIR_SHARE),
	COMMAND(OPEN, open, .on_device = true, .result = -EFAULT,
		.known_flags = IPCMBOX_ADMIN),
	COMMAND(UNLINK, unlink, .on_device = true, .result = -EFAULT),
	COMMAND(LIST, list, .on_device = true, .result = -EINVAL,
		RESERVED(list)),
	COMMAND(PAIR, pair, LEAST(pair, region_size), .on_device = true,
		RESERVED(pair),
		.known_flags = IPCMBOX_NO_HANGUP | IPCMBOX_SELECTIVE |
			       IPCMBOX_DUPLEX | IPCMBOX_FAIR_SHARE),
	COMMAND(SEND, send, LEAST(send, __reserved), RESERVED(send),
		.flags = IPCMBOX_DONTWAIT,
		.known_flags = IPCMBOX_DONTWAIT | IPCMBOX_IOVEC |
			       IPCMBOX_UNTIL_TAKEN | IPCMBOX_ALL),
	COMMAND(RECV, recv, LEAST(recv, __reserved), RESERVED(recv),
		.flags = IPCMBOX_DONTWAIT,
		.known_flags = IPCMBOX_DONTWAIT | IPCMBOX_IOVEC |
			       IPCMBOX_TRUNCATE | IPCMBOX_NOTICES),
	COMMAND(PEEK, recv, LEAST(recv, __reserved), RESERVED(recv),
		.known_flags = IPCMBOX_IOVEC | IPCMBOX_TRUNCATE),
	COMMAND(INFO, info, LEAST(info, dropped), RESERVED(info),
		.known_flags = IPCMBOX_TX),
	COMMAND(SET, set, .flags = IPCMBOX_SET_MAX_MESSAGE,
		.known_flags = IPCMBOX_SET_CAPACITY | IPCMBOX_SET_MAX_BYTES |
			       IPCMBOX_SET_MAX_MESSAGE),
	COMMAND(CALL, call, .flags = IPCMBOX_DONTWAIT, .result = -EAGAIN,
		.known_flags = IPCMBOX_DONTWAIT | IPCMBOX_IOVEC |
			       IPCMBOX_ANSWER_IOVEC),
	COMMAND(REPLY, reply, .result = -ESTALE, .known_flags = IPCMBOX_IOVEC),
	COMMAND(REPLY_RECV, reply_recv, .result = -EFAULT),
	COMMAND(CANCEL, cancel, RESERVED(cancel)),
	COMMAND(SENDV, batch, RESERVED(batch), .result = -EINVAL,
		.known_flags = IPCMBOX_DONTWAIT),
	COMMAND(RECVV, batch, RESERVED(batch), .result = -EINVAL,
		.known_flags = IPCMBOX_DONTWAIT),
	COMMAND(SUBSCRIBE, subscribe, .result = -EINVAL,
		.known_flags = IPCMBOX_SELECTIVE),
	COMMAND(NOTIFY, notify, .result = -EINVAL,
		.known_flags = IPCMBOX_ONESHOT),
	COMMAND(INBOX, inbox, .on_device = true, RESERVED(inbox),
		.known_flags = IPCMBOX_FAIR_SHARE),
	COMMAND(OPEN_PID, open_pid, .on_device = true, RESERVED(open_pid),
		.result = -EINVAL),
	COMMAND(SELECT, select, .on_device = true, RESERVED(select),
		.result = -EINVAL,
		.known_flags = IPCMBOX_DONTWAIT | IPCMBOX_ORDERED),
	COMMAND(DRAIN, drain),
	COMMAND(REOPEN, reopen, .known_flags = IPCMBOX_ADMIN),
	/* The last one, as nothing works after it. */
	COMMAND(DESTROY, destroy),
};

FIXTURE(abi)
{
	int device;
	int fd;
	union argument arg;
};

FIXTURE_SETUP(abi)
{
	self->device = open(MBOX_DEVICE, O_RDWR);
	ASSERT_LE(0, self->device);
	self->fd = mbox_create(100000, O_RDWR);
	ASSERT_LE(0, self->fd);
	/* One message, for those who take one. */
	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
}

FIXTURE_TEARDOWN(abi)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	close(self->device);
}

/* An argument of @command that succeeds. */
static void prepare(union argument *arg, const struct command *command)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = command->size;
	arg->flags = command->flags;
	if (command->command == IPCMBOX_IOC_SET)
		arg->set.max_message = 4096;
}

static int run(FIXTURE_DATA(abi) * self, const struct command *command,
	       void *arg)
{
	int fd = command->on_device ? self->device : self->fd;
	int ret = mbox_ioctl(fd, command->command, arg);

	if (!ret && arg == &self->arg) {
		if (command->command == IPCMBOX_IOC_CREATE)
			close(self->arg.create.fd);
		if (command->command == IPCMBOX_IOC_INBOX)
			close(self->arg.inbox.fd);
		if (command->command == IPCMBOX_IOC_REOPEN)
			close(self->arg.reopen.fd);
		if (command->command == IPCMBOX_IOC_PAIR) {
			close(self->arg.pair.fds[0]);
			close(self->arg.pair.fds[1]);
		}
		/* Give back what it took. */
		if (command->command == IPCMBOX_IOC_RECV ||
		    command->command == IPCMBOX_IOC_DRAIN)
			ret = mbox_send(self->fd, NULL, 0, 0);
	}
	return ret;
}

/* Expects @result of @command, or says which one it was. */
static void expect(struct __test_metadata *_metadata, FIXTURE_DATA(abi) * self,
		   int result, const struct command *command, void *arg)
{
	int ret = run(self, command, arg);

	EXPECT_EQ(result, ret);
	if (ret != result)
		TH_LOG("this was %s", command->name);
}

TEST_F(abi, version)
{
	struct ipcmbox_version version = { .size = sizeof(version) };

	ASSERT_EQ(0, mbox_ioctl(self->device, IPCMBOX_IOC_VERSION, &version));
	EXPECT_EQ(IPCMBOX_ABI_VERSION, version.version);
	EXPECT_EQ(MBOX_FEATURES, version.features);
}

TEST_F(abi, unknown_commands)
{
	unsigned int nr, i;

	for (nr = 0; nr < 256; nr++) {
		unsigned long command = _IO(IPCMBOX_IOC_MAGIC, nr);
		bool of_device = false, of_mailbox = false;

		for (i = 0; i < ARRAY_SIZE(commands); i++) {
			if (commands[i].command != command)
				continue;
			of_device = commands[i].on_device;
			of_mailbox = !of_device;
		}
		if (!of_device)
			EXPECT_EQ(-ENOTTY, mbox_ioctl(self->device, command,
						      &self->arg));
		if (!of_mailbox)
			EXPECT_EQ(-ENOTTY,
				  mbox_ioctl(self->fd, command, &self->arg));
	}
}

TEST_F(abi, foreign_commands)
{
	unsigned long others[] = {
		_IO(IPCMBOX_IOC_MAGIC + 1, 0x20),
		_IOR(IPCMBOX_IOC_MAGIC, 0x20, int),
		_IOW(IPCMBOX_IOC_MAGIC, 0x20, struct ipcmbox_send),
		TCGETS,
		0,
		~0UL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT_EQ(-ENOTTY, mbox_ioctl(self->fd, others[i], &self->arg));
		EXPECT_EQ(-ENOTTY,
			  mbox_ioctl(self->device, others[i], &self->arg));
	}
}

TEST_F_TIMEOUT(abi, sizes, 120)
{
	unsigned int i;
	size_t size;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];

		const size_t least = command->least ?: command->size;

		for (size = 0; size < least; size++) {
			prepare(&self->arg, command);
			self->arg.size = size;
			expect(_metadata, self, -EINVAL, command, &self->arg);
		}
		/* An older program knows no more of it. */
		for (; size < command->size; size++) {
			prepare(&self->arg, command);
			self->arg.size = size;
			expect(_metadata, self, command->result, command,
			       &self->arg);
		}
		for (size = command->size + 1; size <= 4096; size += 61) {
			char *cliff = mbox_cliff();

			if (size > sizeof(self->arg))
				break;
			prepare(&self->arg, command);
			self->arg.size = size;
			self->arg.bytes[size - 1] = 1;
			expect(_metadata, self, -E2BIG, command, &self->arg);
			/* The tail is not all there. */
			ASSERT_NE(NULL, cliff);
			memcpy(cliff - command->size, &self->arg,
			       command->size);
			expect(_metadata, self, -EFAULT, command,
			       cliff - command->size);
		}
		/* Destroy can succeed but once. */
		for (size = command->size + 1;
		     size <= sizeof(self->arg) &&
		     command->command != IPCMBOX_IOC_DESTROY;
		     size++) {
			prepare(&self->arg, command);
			self->arg.size = size;
			expect(_metadata, self, command->result, command,
			       &self->arg);
		}
	}
}

TEST_F(abi, longest)
{
	static char area[2 * IPCMBOX_ARG_MAX];
	struct ipcmbox_info *info = (void *)area;

	info->size = IPCMBOX_ARG_MAX;
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_INFO, info));
	area[IPCMBOX_ARG_MAX] = 1;
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_INFO, info));
	area[IPCMBOX_ARG_MAX - 1] = 1;
	EXPECT_EQ(-E2BIG, mbox_ioctl(self->fd, IPCMBOX_IOC_INFO, info));
	memset(area, 0, sizeof(area));
	info->size = IPCMBOX_ARG_MAX + 1;
	EXPECT_EQ(-E2BIG, mbox_ioctl(self->fd, IPCMBOX_IOC_INFO, info));
	info->size = ~0U;
	EXPECT_EQ(-E2BIG, mbox_ioctl(self->fd, IPCMBOX_IOC_INFO, info));
}

TEST_F(abi, unknown_flags)
{
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		for (bit = 0; bit < 32; bit++) {
			if (commands[i].known_flags & (1U << bit))
				continue;
			prepare(&self->arg, &commands[i]);
			self->arg.flags |= 1U << bit;
			expect(_metadata, self, -EOPNOTSUPP, &commands[i],
			       &self->arg);
		}
	}
}

TEST_F(abi, reserved)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!commands[i].reserved)
			continue;
		prepare(&self->arg, &commands[i]);
		self->arg.bytes[commands[i].reserved + 3] = 1;
		expect(_metadata, self, -EINVAL, &commands[i], &self->arg);
	}
}

TEST_F(abi, argument_not_there)
{
	struct ipcmbox_info before = mbox_info(self->fd);
	struct ipcmbox_info after;
	unsigned int i;
	char *cliff;

	cliff = mbox_cliff();
	ASSERT_NE(NULL, cliff);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];

		expect(_metadata, self, -EFAULT, command, NULL);
		expect(_metadata, self, -EFAULT, command, cliff);
		expect(_metadata, self, -EFAULT, command, (void *)-1L);
		expect(_metadata, self, -EFAULT, command, (void *)-4096L);
		prepare(&self->arg, command);
		memcpy(cliff - 4, &self->arg, 4);
		expect(_metadata, self, -EFAULT, command, cliff - 4);
		memcpy(cliff - command->size + 1, &self->arg,
		       command->size - 1);
		expect(_metadata, self, -EFAULT, command,
		       cliff - command->size + 1);
	}
	after = mbox_info(self->fd);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

/* What has to report something cannot do so: it must do nothing. */
TEST_F(abi, argument_read_only)
{
	struct ipcmbox_info before = mbox_info(self->fd);
	struct ipcmbox_info after;
	int next_fd = dup(self->fd);
	unsigned int i;
	void *page;

	close(next_fd);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];

		if (command->command == IPCMBOX_IOC_SET ||
		    command->command == IPCMBOX_IOC_DESTROY)
			continue;
		/* Refused before there is anything to report. */
		if (command->result == -EINVAL || command->result == -ESTALE)
			continue;
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, page);
		prepare(page, command);
		ASSERT_EQ(0, mprotect(page, 4096, PROT_READ));
		expect(_metadata, self, -EFAULT, command, page);
		EXPECT_EQ(0, munmap(page, 4096));
	}
	after = mbox_info(self->fd);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	/* Nor is there a descriptor that nobody knows of. */
	EXPECT_EQ(next_fd, dup(self->fd));
	close(next_fd);
}

TEST_HARNESS_MAIN
