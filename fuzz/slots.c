// SPDX-License-Identifier: GPL-2.0-only
/*
 * The descriptors of a program. See slots.h.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "files.h"
#include "memory.h"
#include "play.h"
#include "slots.h"

/*
 * The kernel gives numbers below these, if only for a moment: at worst to what each task
 * receives.
 */
#define FD_FIRST 450
#define FD_END 900
/* For events: the two follow. */
#define FD_EVENTS FD_END

static struct port {
	uint64_t mailboxes[2]; /* it receives from and sends to; 0 for none */
	bool hangs_up;
	bool destroyed;
} ports[FD_END];

static atomic_int slots[SLOTS];
static atomic_ullong tokens[TOKENS];
static atomic_uint next_token;
static atomic_uint next_slot;
static atomic_int next_fd;
static int first_own = -1; /* of a program */

static bool info_of(int fd, uint32_t flags, unsigned int task,
		    struct ipcmbox_info *info)
{
	struct ipcmbox_info *place = memory_scratch(task);

	if (fd < 0)
		return false;
	*place =
		(struct ipcmbox_info){ .size = sizeof(*place), .flags = flags };
	if (ioctl(fd, IPCMBOX_IOC_INFO, place))
		return false;
	*info = *place;
	return true;
}

/* Gives the descriptor a number of its own. */
static int renumber(int fd, const struct port *like, unsigned int task)
{
	int number = fcntl(fd, F_DUPFD_CLOEXEC, atomic_fetch_add(&next_fd, 1));
	struct ipcmbox_info info;
	struct port *port;

	if (number < 0 || number >= FD_END)
		return -1;
	port = &ports[number];
	if (like) {
		*port = *like;
		return number;
	}
	memset(port, 0, sizeof(*port));
	if (info_of(number, 0, task, &info)) {
		port->mailboxes[0] = info.mailbox;
		port->hangs_up = !(info.attributes &
				   (IPCMBOX_NO_HANGUP | IPCMBOX_DUPLEX));
	}
	if (info_of(number, IPCMBOX_TX, task, &info))
		port->mailboxes[1] = info.mailbox;
	return number;
}

/* A new descriptor takes the place of an older one. */
static void keep(unsigned int slot, int fd)
{
	int old = atomic_exchange(&slots[slot], fd);

	if (old >= 0)
		close(old);
}

static void keep_new(int fd, bool one_way, unsigned int task)
{
	unsigned int slot = 1 + atomic_fetch_add(&next_slot, 1) % (SLOTS - 1);
	int number = renumber(fd, NULL, task);

	if (number >= 0 && !one_way)
		ports[number].hangs_up = false;
	close(fd);
	keep(slot, number);
}

/* All after it will be closed: none may be the fuzzer's. */
static int check_last(int fd)
{
	int other;

	for (other = fd + 1; other < FD_FIRST; other++) {
		if (fcntl(other, F_GETFD) < 0)
			continue;
		fprintf(stderr, "fuzz: descriptor %d is in the way\n", other);
		_exit(1);
	}
	return fd;
}

/* One that others write to, and one that cannot take any more. */
static void open_eventfds(void)
{
	static const uint64_t full = UINT64_MAX - 1;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	dup3(fd, FD_EVENTS + EVENTFD_EMPTY, O_CLOEXEC);
	close(fd);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (write(fd, &full, sizeof(full)) < 0)
		perror("fuzz: eventfd");
	dup3(fd, FD_EVENTS + EVENTFD_FULL, O_CLOEXEC);
	close(fd);
}

const char *slots_name(uint64_t name)
{
	static const char *const good[NAMES_GOOD] = { "a", "b", "fuzz",
						      "control" };
	static char too_long[IPCMBOX_NAME_MAX + 2];

	switch (name) {
	case NAME_NONE:
		return NULL;
	case NAME_BAD:
		return "a/b";
	case NAME_LONG:
		memset(too_long, 'x', IPCMBOX_NAME_MAX + 1);
		return too_long;
	case NAME_NOWHERE:
		return pointer_address(POINTER_NOWHERE);
	default:
		return good[(name - NAME_GOOD) % NAMES_GOOD];
	}
}

void slots_open(void)
{
	int fd = open("/dev/ipcmbox", O_RDWR | O_CLOEXEC);
	unsigned int i;

	if (first_own < 0)
		first_own = check_last(fd);
	memset(ports, 0, sizeof(ports));
	for (i = 0; i < SLOTS; i++)
		slots[i] = -1;
	for (i = 0; i < TOKENS; i++)
		tokens[i] = 0;
	next_token = 0;
	next_slot = 0;
	next_fd = FD_FIRST;
	slots[0] = renumber(fd, NULL, TASK_FUZZER);
	close(fd);
	open_eventfds();
}

int slots_eventfd(enum eventfd kind)
{
	switch (kind) {
	case EVENTFD_EMPTY:
	case EVENTFD_FULL:
		return FD_EVENTS + kind;
	case EVENTFD_NONE:
		return -1;
	default:
		return STDERR_FILENO;
	}
}

int slots_get(unsigned int slot)
{
	return slots[slot];
}

void slots_put(unsigned int slot, int fd)
{
	slots[slot] = fd;
}

void slots_keep(const struct call_kind *kind, const void *argument,
		unsigned int task)
{
	const struct ipcmbox_pair *pair = argument;

	switch (kind->command) {
	case IPCMBOX_IOC_CREATE:
		keep_new(((const struct ipcmbox_create *)argument)->fd, false,
			 task);
		break;
	case IPCMBOX_IOC_PAIR:
		keep_new(pair->fds[0], true, task);
		keep_new(pair->fds[1], true, task);
		break;
	case IPCMBOX_IOC_REOPEN:
		/* It might be of either kind. */
		keep_new(((const struct ipcmbox_reopen *)argument)->fd, false,
			 task);
		break;
	case IPCMBOX_IOC_SUBSCRIBE:
		keep_new(((const struct ipcmbox_subscribe *)argument)->fd,
			 false, task);
		break;
	case IPCMBOX_IOC_INBOX:
		keep_new(((const struct ipcmbox_inbox *)argument)->fd, false,
			 task);
		break;
	case IPCMBOX_IOC_OPEN:
		keep_new(((const struct ipcmbox_open *)argument)->fd, false,
			 task);
		break;
	case IPCMBOX_IOC_OPEN_PID:
		keep_new(((const struct ipcmbox_open_pid *)argument)->fd, false,
			 task);
		break;
	}
}

void slots_keep_token(uint64_t token)
{
	if (token)
		tokens[atomic_fetch_add(&next_token, 1) % TOKENS] = token;
}

uint64_t slots_token(uint64_t number)
{
	return number < TOKENS ? tokens[number] : number;
}

static void keep_file(int fd, unsigned int task)
{
	if (fd >= 0)
		keep_new(fd, false, task);
}

/* Where slot 0 is of an instance, so is what follows. */
static void keep_control(int fd, unsigned int task)
{
	if (fd < 0)
		return;
	keep(0, renumber(fd, NULL, task));
	close(fd);
}

void slots_call(const struct call_kind *kind, const struct call *call,
		unsigned int task)
{
	int fd = slots[call->slot];

	if (!strcmp(kind->name, "dup") && fd >= 0)
		keep(call->values[0] % SLOTS, renumber(fd, &ports[fd], task));
	else if (!strcmp(kind->name, "close"))
		keep(call->slot, -1);
	else if (!strcmp(kind->name, "open"))
		keep_new(open("/dev/ipcmbox", O_RDWR | O_CLOEXEC), false, task);
	else if (!strcmp(kind->name, "file"))
		keep_file(files_open(call->values), task);
	else if (!strcmp(kind->name, "world"))
		keep_control(files_open_control(call->values), task);
}

bool slots_are(bool (*fine)(const struct ipcmbox_info *info))
{
	struct ipcmbox_info info;
	unsigned int i, tx;

	for (i = 0; i < SLOTS; i++)
		for (tx = 0; tx < 2; tx++)
			if (info_of(slots[i], tx ? IPCMBOX_TX : 0, TASK_FUZZER,
				    &info) &&
			    !fine(&info))
				return false;
	return true;
}

static void mark_destroyed(uint64_t mailbox)
{
	unsigned int i;

	for (i = FD_FIRST; i < FD_END; i++)
		if (ports[i].mailboxes[0] == mailbox)
			ports[i].destroyed = true;
}

void slots_destroy(void)
{
	struct ipcmbox_destroy *destroy = memory_scratch(TASK_FUZZER);
	struct ipcmbox_info info;
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		*destroy = (struct ipcmbox_destroy){ .size = sizeof(*destroy) };
		if (slots[i] >= 0)
			ioctl(slots[i], IPCMBOX_IOC_DESTROY, destroy);
	}
	/* A subscription is destroyed with what it is of. */
	for (i = 0; i < SLOTS; i++) {
		if (info_of(slots[i], 0, TASK_FUZZER, &info) &&
		    info.state & IPCMBOX_STATE_DESTROYED)
			mark_destroyed(info.mailbox);
	}
}

bool slots_destroyed(int fd)
{
	return fd >= 0 && ports[fd].destroyed;
}

/*
 * A CALL waits as long as the receiver's port is held, perhaps by one who receives, and
 * waits as long as the caller's is.
 */
static bool is_embraced(int fd)
{
	bool calls = false, others = false;
	struct play_call call;
	unsigned int task;

	for (task = 0; task < THREADS; task++) {
		if (!play_is_in(task, &call) || !slots_same(call.fd, fd))
			continue;
		if (call.kind->command == IPCMBOX_IOC_CALL)
			calls = true;
		else
			others = true;
	}
	return calls && others;
}

bool slots_hang_up(int fd)
{
	return fd >= 0 && ports[fd].hangs_up && !is_embraced(fd);
}

bool slots_same(int fd, int other)
{
	const uint64_t *mine, *others;

	if (fd < FD_FIRST || fd >= FD_END || other < FD_FIRST ||
	    other >= FD_END)
		return false;
	mine = ports[fd].mailboxes;
	others = ports[other].mailboxes;
	return mine[0] == others[0] || mine[1] == others[1] ||
	       mine[0] == others[1] || mine[1] == others[0];
}

void slots_close(void)
{
	/* Names outlive all that has them open, and so the program. */
	files_forget();
	if (first_own >= 0)
		close_range(first_own, ~0U, 0);
}
