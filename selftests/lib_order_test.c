// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library where messages carry more than bytes: order, policy, choice, and what a
 * receiver learns of a message.
 */
#include <sys/syscall.h>

#include "lib_util.h"

static int create_ordered(enum ipcmbox_order order, enum ipcmbox_policy policy,
			  bool selective)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int fd;

	if (!attr)
		return -1;
	ipcmbox_attr_set_capacity(attr, 4);
	ipcmbox_attr_set_order(attr, order);
	ipcmbox_attr_set_policy(attr, policy);
	ipcmbox_attr_set_selective(attr, selective);
	fd = ipcmbox_create_attr(attr, O_RDWR);
	ipcmbox_attr_free(attr);
	return fd;
}

TEST(attributes)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	struct ipcmbox_info info;
	int ctl = ipcmbox_open();
	int fds[2];

	ASSERT_NE(NULL, attr);
	ASSERT_LE(0, ctl);
	ipcmbox_attr_set_order(attr, IPCMBOX_PRIORITY);
	ipcmbox_attr_set_policy(attr, IPCMBOX_RECENT);
	ipcmbox_attr_set_selective(attr, true);
	ipcmbox_attr_set_hangup(attr, false);
	ASSERT_EQ(0, ipcmbox_pair_at(ctl, attr, 0, 0, fds));
	ASSERT_EQ(0, ipcmbox_info(fds[0], 0, &info, sizeof(info)));
	EXPECT_EQ(IPCMBOX_PRIORITY, info.order);
	EXPECT_EQ(IPCMBOX_RECENT, info.policy);
	EXPECT_EQ(IPCMBOX_SELECTIVE | IPCMBOX_NO_HANGUP, info.attributes);
	close(fds[0]);
	close(fds[1]);
	ipcmbox_attr_set_selective(attr, false);
	ipcmbox_attr_set_capacity(attr, 2);
	ipcmbox_attr_set_fair_share(attr, true);
	ASSERT_EQ(0, ipcmbox_pair_at(ctl, attr, 0, 0, fds));
	ASSERT_EQ(0, ipcmbox_info(fds[0], 0, &info, sizeof(info)));
	EXPECT_EQ(IPCMBOX_FAIR_SHARE | IPCMBOX_NO_HANGUP, info.attributes);
	close(fds[0]);
	close(fds[1]);
	ipcmbox_attr_free(attr);
	close(ctl);
	EXPECT_ERRNO(EINVAL,
		     create_ordered(IPCMBOX_PRIORITY + 1, IPCMBOX_LONGEST, 0));
	EXPECT_ERRNO(EINVAL,
		     create_ordered(IPCMBOX_FIFO, IPCMBOX_EXCLUSIVE + 1, 0));
}

/* Sends a byte with a type and a priority; the cookie is the byte. */
static int send_byte(int fd, char byte, uint64_t type, uint32_t priority)
{
	const struct ipcmbox_send_options options = {
		.type = type,
		.priority = priority,
		.cookie = byte,
	};
	struct iovec piece = { &byte, 1 };

	return ipcmbox_send_with(fd, &piece, 1, &options, sizeof(options), NULL,
				 0);
}

/* The byte of the message that is wanted, or -1. */
static int recv_byte(int fd, enum ipcmbox_match match, uint64_t value,
		     struct ipcmbox_delivery *delivery)
{
	const struct ipcmbox_recv_options options = {
		.flags = IPCMBOX_DONTWAIT,
		.match = match,
		.match_value = value,
	};
	char byte;
	struct iovec piece = { &byte, 1 };

	if (ipcmbox_recv_with(fd, &piece, 1, &options, sizeof(options),
			      delivery, delivery ? sizeof(*delivery) : 0) != 1)
		return -1;
	return byte;
}

TEST(what_a_message_carries)
{
	int fd = create_ordered(IPCMBOX_PRIORITY, IPCMBOX_LONGEST, false);
	struct ipcmbox_delivery delivery;
	char byte;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_byte(fd, 'a', 7, 1));
	EXPECT_EQ(0, send_byte(fd, 'b', UINT64_MAX, IPCMBOX_PRIORITY_MAX));
	EXPECT_ERRNO(EINVAL, send_byte(fd, 'c', 0, IPCMBOX_PRIORITY_MAX + 1));
	EXPECT_EQ(1,
		  ipcmbox_peek(fd, &byte, 1, 0, &delivery, sizeof(delivery)));
	EXPECT_EQ('b', byte);
	EXPECT_EQ(UINT64_MAX, delivery.type);
	EXPECT_EQ('b', recv_byte(fd, IPCMBOX_MATCH_ANY, 0, &delivery));
	EXPECT_EQ(1, delivery.len);
	EXPECT_EQ('b', delivery.cookie);
	EXPECT_EQ(IPCMBOX_PRIORITY_MAX, delivery.priority);
	EXPECT_EQ(getpid(), delivery.pid);
	EXPECT_EQ(syscall(SYS_gettid), delivery.tid);
	EXPECT_EQ(geteuid(), delivery.uid);
	EXPECT_EQ(getegid(), delivery.gid);
	EXPECT_EQ('a', recv_byte(fd, IPCMBOX_MATCH_ANY, 0, &delivery));
	EXPECT_EQ(7, delivery.type);
	EXPECT_EQ(1, delivery.priority);
	EXPECT_ERRNO(EAGAIN, recv_byte(fd, IPCMBOX_MATCH_ANY, 0, &delivery));
	EXPECT_EQ(0, delivery.pid);
	EXPECT_ERRNO(EINVAL, recv_byte(fd, IPCMBOX_MATCH_TYPE, 7, NULL));
	EXPECT_ERRNO(EINVAL, recv_byte(fd, IPCMBOX_MATCH_ANY, 7, NULL));
	close(fd);
}

TEST(choice)
{
	int fd = create_ordered(IPCMBOX_FIFO, IPCMBOX_LONGEST, true);
	struct ipcmbox_recv_options options = {
		.match = IPCMBOX_MATCH_TYPE,
		.match_value = 3,
	};
	pid_t child = fork();
	char byte;
	struct iovec piece = { &byte, 1 };

	if (!child)
		_exit(send_byte(fd, 'z', 3, 0) ? 1 : 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_reap(child));
	EXPECT_EQ(0, send_byte(fd, 'a', 5, 0));
	EXPECT_EQ(0, send_byte(fd, 'b', 3, 0));
	EXPECT_EQ(0, send_byte(fd, 'c', 1, 0));
	EXPECT_EQ(1, ipcmbox_peek_with(fd, &piece, 1, &options, sizeof(options),
				       NULL, 0));
	EXPECT_EQ('z', byte);
	EXPECT_EQ('a', recv_byte(fd, IPCMBOX_MATCH_SENDER, getpid(), NULL));
	EXPECT_EQ('c', recv_byte(fd, IPCMBOX_MATCH_TYPE_MAX, 4, NULL));
	EXPECT_ERRNO(EAGAIN, recv_byte(fd, IPCMBOX_MATCH_TYPE_NOT, 3, NULL));
	EXPECT_ERRNO(EAGAIN, recv_byte(fd, IPCMBOX_MATCH_TYPE, 4, NULL));
	EXPECT_ERRNO(ESRCH, recv_byte(fd, IPCMBOX_MATCH_SENDER, child, NULL));
	EXPECT_ERRNO(EINVAL, recv_byte(fd, IPCMBOX_MATCH_SENDER + 1, 0, NULL));
	options.flags = IPCMBOX_DONTWAIT;
	EXPECT_ERRNO(EOPNOTSUPP, ipcmbox_peek_with(fd, &piece, 1, &options,
						   sizeof(options), NULL, 0));
	options = (struct ipcmbox_recv_options){
		.match = IPCMBOX_MATCH_TYPE,
		.match_value = 4,
		.deadline = ipcmbox_deadline(10 * MSEC),
	};
	EXPECT_ERRNO(ETIMEDOUT, ipcmbox_recv_with(fd, &piece, 1, &options,
						  sizeof(options), NULL, 0));
	EXPECT_EQ('z', recv_byte(fd, IPCMBOX_MATCH_TYPE, 3, NULL));
	EXPECT_EQ('b', recv_byte(fd, IPCMBOX_MATCH_ANY, 0, NULL));
	close(fd);
}

/* What fails in a child of the test's process; its errno, or 0. */
static int errno_in_child(int fd, bool sends)
{
	pid_t child = fork();
	int status, ret;

	if (!child) {
		ret = sends ? send_byte(fd, 'x', 0, 0) :
			      recv_byte(fd, IPCMBOX_MATCH_ANY, 0, NULL);
		_exit(ret < 0 ? errno : 0);
	}
	status = mbox_reap(child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(exclusive)
{
	int fd = create_ordered(IPCMBOX_FIFO, IPCMBOX_EXCLUSIVE, false);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_byte(fd, 'a', 0, 0));
	EXPECT_EQ(EBUSY, errno_in_child(fd, true));
	EXPECT_EQ('a', recv_byte(fd, IPCMBOX_MATCH_ANY, 0, NULL));
	EXPECT_EQ(EBUSY, errno_in_child(fd, false));
	EXPECT_EQ(0, send_byte(fd, 'b', 0, 0));
	close(fd);
}

TEST(option_sizes)
{
	struct {
		struct ipcmbox_send_options options;
		char newer[8];
	} send = { .options = { .type = 7, .cookie = 8 } };
	struct {
		struct ipcmbox_recv_options options;
		char newer[8];
	} recv = { .options = { .flags = IPCMBOX_DONTWAIT } };
	struct ipcmbox_delivery delivery;
	struct ipcmbox_receipt receipt;
	char byte = 'a';
	struct iovec piece = { &byte, 1 };
	int fd = ipcmbox_create(2, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ipcmbox_send_with(fd, &piece, 1, &send.options,
				       sizeof(send), NULL, 0));
	/* A caller that knows no cookie. */
	EXPECT_EQ(0, ipcmbox_send_with(fd, &piece, 1, &send.options,
				       offsetof(struct ipcmbox_send_options,
						cookie),
				       NULL, 0));
	send.newer[7] = 1;
	memset(&receipt, 0xff, sizeof(receipt));
	EXPECT_ERRNO(E2BIG, ipcmbox_send_with(fd, &piece, 1, &send.options,
					      sizeof(send), &receipt,
					      sizeof(receipt)));
	EXPECT_EQ(0, receipt.id);
	EXPECT_EQ(IPCMBOX_NOT_SENT, receipt.disposition);
	EXPECT_EQ(1,
		  ipcmbox_recv_with(fd, &piece, 1, &recv.options, sizeof(recv),
				    &delivery, sizeof(delivery)));
	EXPECT_EQ(8, delivery.cookie);
	recv.newer[0] = 1;
	EXPECT_ERRNO(E2BIG, ipcmbox_recv_with(fd, &piece, 1, &recv.options,
					      sizeof(recv), &delivery,
					      sizeof(delivery)));
	EXPECT_EQ(0, delivery.id);
	EXPECT_EQ(1, ipcmbox_recv_with(fd, &piece, 1, NULL, 0, &delivery,
				       sizeof(delivery)));
	EXPECT_EQ(7, delivery.type);
	EXPECT_EQ(0, delivery.cookie);
	EXPECT_EQ(0, ipcmbox_send_with(fd, &piece, 1, NULL, 0, NULL, 0));
	close(fd);
}

TEST_HARNESS_MAIN
