// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of ipcmbox share. See ipcmbox_util.h.
 */
#include "ipcmbox_util.h"

int mbox_ioctl(int fd, unsigned long command, void *arg)
{
	int ret = ioctl(fd, command, arg);

	return ret < 0 ? -errno : ret;
}

const char *mbox_device = MBOX_DEVICE;

int mbox_device_ioctl(unsigned long command, void *arg)
{
	int fd = open(mbox_device, O_RDWR | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = mbox_ioctl(fd, command, arg);
	close(fd);
	return ret;
}

int mbox_create_as(struct ipcmbox_create *create)
{
	int ret;

	create->size = sizeof(*create);
	ret = mbox_device_ioctl(IPCMBOX_IOC_CREATE, create);
	return ret < 0 ? ret : create->fd;
}

int mbox_create(uint64_t capacity, int open_flags)
{
	struct ipcmbox_create create = {
		.open_flags = open_flags,
		.capacity = capacity,
	};

	return mbox_create_as(&create);
}

int mbox_create_by(uint64_t capacity, enum ipcmbox_order order,
		   enum ipcmbox_policy policy, unsigned int flags)
{
	struct ipcmbox_create create = {
		.flags = flags,
		.open_flags = O_RDWR,
		.capacity = capacity,
		.order = order,
		.policy = policy,
	};

	return mbox_create_as(&create);
}

int mbox_pair(uint64_t capacity, unsigned int flags, int fds[2])
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.flags = flags,
		.capacity = capacity,
	};
	int ret = mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair);

	fds[0] = pair.fds[0];
	fds[1] = pair.fds[1];
	return ret;
}

int mbox_reopen(int fd, int open_flags, unsigned int flags)
{
	struct ipcmbox_reopen reopen = {
		.size = sizeof(reopen),
		.flags = flags,
		.open_flags = open_flags,
	};
	int ret = mbox_ioctl(fd, IPCMBOX_IOC_REOPEN, &reopen);

	return ret < 0 ? ret : reopen.fd;
}

int mbox_send(int fd, const void *data, size_t len, unsigned int flags)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = flags,
		.data = (uintptr_t)data,
		.len = len,
	};

	return mbox_ioctl(fd, IPCMBOX_IOC_SEND, &send);
}

static int mbox_take(int fd, unsigned long command, void *data, size_t len,
		     unsigned int flags)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = flags,
		.data = (uintptr_t)data,
		.len = len,
	};
	int ret = mbox_ioctl(fd, command, &recv);

	return ret < 0 ? ret : (int)recv.msg_len;
}

int mbox_recv(int fd, void *data, size_t len, unsigned int flags)
{
	return mbox_take(fd, IPCMBOX_IOC_RECV, data, len, flags);
}

int mbox_peek(int fd, void *data, size_t len, unsigned int flags)
{
	return mbox_take(fd, IPCMBOX_IOC_PEEK, data, len, flags);
}

int mbox_batch(int fd, unsigned long command, void *msgs, uint32_t count,
	       unsigned int flags, uint64_t deadline)
{
	struct ipcmbox_batch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.msgs = (uintptr_t)msgs,
		.count = count,
		.stride = command == IPCMBOX_IOC_SENDV ?
				  sizeof(struct ipcmbox_send) :
				  sizeof(struct ipcmbox_recv),
		.deadline = deadline,
		.done = 77,
	};

	return mbox_ioctl(fd, command, &arg) ?: (int)arg.done;
}

int mbox_drain(int fd)
{
	struct ipcmbox_drain drain = { .size = sizeof(drain) };
	int ret = mbox_ioctl(fd, IPCMBOX_IOC_DRAIN, &drain);

	return ret < 0 ? ret : (int)drain.messages;
}

int mbox_destroy(int fd)
{
	struct ipcmbox_destroy destroy = { .size = sizeof(destroy) };

	return mbox_ioctl(fd, IPCMBOX_IOC_DESTROY, &destroy);
}

int mbox_set(int fd, unsigned int flags, uint64_t value)
{
	struct ipcmbox_set set = {
		.size = sizeof(set),
		.flags = flags,
		.capacity = value,
		.max_bytes = value,
		.max_message = value,
	};

	return mbox_ioctl(fd, IPCMBOX_IOC_SET, &set);
}

/* A test that cannot even ask has no use for going on. */
struct ipcmbox_info mbox_info_of(int fd, unsigned int flags)
{
	struct ipcmbox_info info = { .size = sizeof(info), .flags = flags };
	int ret = mbox_ioctl(fd, IPCMBOX_IOC_INFO, &info);

	if (ret) {
		fprintf(stderr, "INFO failed: %s\n", strerror(-ret));
		abort();
	}
	return info;
}

struct ipcmbox_info mbox_info(int fd)
{
	return mbox_info_of(fd, 0);
}

int mbox_send_num(int fd, uint32_t num, unsigned int flags)
{
	return mbox_send(fd, &num, sizeof(num), flags);
}

int64_t mbox_recv_num(int fd, unsigned int flags)
{
	uint32_t num;
	int ret = mbox_recv(fd, &num, sizeof(num), flags);

	if (ret < 0)
		return ret;
	return ret == sizeof(num) ? num : -EBADMSG;
}

static bool mbox_info_adds_up(const struct ipcmbox_info *info)
{
	uint64_t sum = info->received + info->queued + info->senders_waiting +
		       info->in_transfer + info->withdrawn + info->expired +
		       info->dropped;

	if (info->sent == sum)
		return true;
	fprintf(stderr, "sent %llu, accounted for %llu\n",
		(unsigned long long)info->sent, (unsigned long long)sum);
	return false;
}

bool mbox_conserves(int fd)
{
	struct ipcmbox_info info = mbox_info(fd);

	return mbox_info_adds_up(&info);
}

bool mbox_is_calm(int fd)
{
	struct ipcmbox_info info = mbox_info(fd);

	if (info.senders_waiting || info.receivers_waiting ||
	    info.in_transfer) {
		fprintf(stderr,
			"still waiting: %llu to send, %llu to receive\n",
			(unsigned long long)info.senders_waiting,
			(unsigned long long)info.receivers_waiting);
		return false;
	}
	return mbox_info_adds_up(&info);
}

unsigned int mbox_slots(uint64_t capacity, unsigned int otherwise)
{
	return capacity == IPCMBOX_UNBOUNDED ? otherwise : capacity;
}

int64_t mbox_fill(int fd, uint64_t capacity, uint32_t first)
{
	unsigned int i;
	int ret;

	for (i = 0; i < mbox_slots(capacity, 0); i++) {
		ret = mbox_send_num(fd, first + i, IPCMBOX_DONTWAIT);
		if (ret)
			return ret;
	}
	return (int64_t)first + i;
}

unsigned int mbox_rounds(unsigned int otherwise)
{
	const char *text = getenv("IPCMBOX_RACES");

	return text ? strtoul(text, NULL, 0) : otherwise;
}

uint64_t mbox_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * NSEC_PER_MSEC + now.tv_nsec;
}

uint64_t mbox_deadline(unsigned int ms)
{
	return mbox_now() + ms * NSEC_PER_MSEC;
}

void mbox_nap(void)
{
	const struct timespec nap = { .tv_nsec = NSEC_PER_MSEC };

	nanosleep(&nap, NULL);
}

static bool mbox_wait_member(int fd, size_t offset, uint64_t count)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	struct ipcmbox_info info;
	uint64_t value;

	do {
		info = mbox_info(fd);
		memcpy(&value, (char *)&info + offset, sizeof(value));
		if (value == count)
			return true;
		mbox_nap();
	} while (mbox_now() < end);
	return false;
}

bool mbox_wait_senders(int fd, uint64_t count)
{
	return mbox_wait_member(
		fd, offsetof(struct ipcmbox_info, senders_waiting), count);
}

bool mbox_wait_receivers(int fd, uint64_t count)
{
	return mbox_wait_member(
		fd, offsetof(struct ipcmbox_info, receivers_waiting), count);
}

bool mbox_wait_transfer(int fd, uint64_t count)
{
	return mbox_wait_member(fd, offsetof(struct ipcmbox_info, in_transfer),
				count);
}

bool mbox_wait_sent(int fd, uint64_t count)
{
	return mbox_wait_member(fd, offsetof(struct ipcmbox_info, sent), count);
}

int mbox_reap(pid_t pid)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	int status;

	for (;;) {
		pid_t ret = waitpid(pid, &status, WNOHANG);

		if (ret == pid)
			return status;
		if (ret < 0)
			return -1;
		if (mbox_now() > end)
			break;
		mbox_nap();
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

void mbox_pattern(void *data, size_t len, unsigned int seed)
{
	unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff;
}

bool mbox_is_pattern(const void *data, size_t len, unsigned int seed)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] != ((i * 31 + (i >> 8) * 7 + seed) & 0xff))
			return false;
	return true;
}

int64_t mbox_read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long long number;
	int ret;

	if (!file)
		return -errno;
	ret = fscanf(file, "%lld", &number);
	fclose(file);
	return ret == 1 ? number : -EBADMSG;
}

int mbox_write_number(const char *path, uint64_t number)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%llu", (unsigned long long)number) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int mbox_by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint64_t mbox_median(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), mbox_by_value);
	return values[count / 2];
}

char *mbox_cliff(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *area = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return NULL;
	if (mprotect(area + page, page, PROT_NONE))
		return NULL;
	return area + page;
}
