// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A request of mq_notify(): who may make one, and when it is met. See request.h.
 *
 * Of all processes one may be told of a queue. It is the one that has a lock, on the byte of
 * /dev/ipcmbox that has the number of the mailbox: the kernel never uses a number again, and
 * gives the lock back however the process ends, and at execve(2), since the open file that
 * has it is closed then.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "request.h"

/* A child of this process may have a copy of the open file, so to close it is not enough. */
static void release_lock(struct request *request)
{
	struct flock lock = {
		.l_type = F_UNLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)request->mailbox,
		.l_len = 1,
	};
	int error = errno;

	if (hidden_check(&request->lock, request->owner))
		fcntl(request->lock, F_OFD_SETLK, &lock);
	errno = error;
}

void request_close(struct request *request)
{
	release_lock(request);
	hidden_close(&request->events, request->owner);
	hidden_close(&request->port, request->owner);
	hidden_close(&request->lock, request->owner);
}

void request_close_copies(struct request *request)
{
	hidden_close_copy(&request->events);
	hidden_close_copy(&request->port);
	hidden_close_copy(&request->lock);
}

static int open_lock(struct request *request)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)request->mailbox,
		.l_len = 1,
	};

	request->lock = hidden_new(ipcmbox_open(), request->owner);
	if (request->lock < 0)
		return -1;
	if (!fcntl(request->lock, F_OFD_SETLK, &lock))
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		errno = EBUSY;
	return -1;
}

/* The name that the mailbox has now; false if it has none, or this process may not look. */
static bool find_name(uint64_t mailbox, struct ipcmbox_entry *entry)
{
	uint64_t cursor = mailbox - 1;

	return ipcmbox_list(&cursor, entry, 1, sizeof(*entry)) == 1 &&
	       entry->mailbox == mailbox;
}

/* Events are told to those who may receive; a descriptor that only sends does not tell. */
static int open_port(struct request *request)
{
	struct ipcmbox_entry entry;
	struct ipcmbox_info info;

	request->port = hidden_new(ipcmbox_reopen(request->mqdes, 0, O_RDONLY),
				   request->owner);
	if (request->port >= 0)
		return 0;
	if (errno != EACCES)
		return -1;
	if (find_name(request->mailbox, &entry))
		request->port =
			hidden_new(ipcmbox_open_named(entry.name, O_RDONLY),
				   request->owner);
	if (request->port < 0 || queue_info(request->port, &info) ||
	    info.mailbox != request->mailbox)
		return queue_fail(EACCES);
	return 0;
}

/*
 * How many messages have come since this was last asked, but for those that were taken back,
 * by a sender who had waited for room. Of these as many may have come before as waited then.
 */
static uint64_t count_new(struct request *request,
			  const struct ipcmbox_info *info)
{
	uint64_t came = info->sent - request->sent;
	uint64_t taken_back = info->withdrawn + info->expired;
	uint64_t back = taken_back - request->taken_back;

	back -= back < request->waited ? back : request->waited;
	request->sent = info->sent;
	request->taken_back = taken_back;
	request->waited = info->senders_waiting + info->in_transfer;
	return came < back ? 0 : came - back;
}

static int open_events(struct request *request)
{
	struct ipcmbox_info info;

	request->events = hidden_new(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				     request->owner);
	if (request->events < 0 ||
	    ipcmbox_notify(request->port, request->events,
			   IPCMBOX_EVENT_MESSAGE, 0) ||
	    queue_info(request->port, &info))
		return -1;
	count_new(request, &info);
	return 0;
}

int request_open(struct request *request)
{
	request->state = REQUEST_WAITS;
	request->lock = -1;
	request->port = -1;
	request->events = -1;
	request->pid = 0;
	request->uid = 0;
	if (open_lock(request) || open_port(request) || open_events(request)) {
		request_close(request);
		/* There may be as many ports with events as a mailbox has places for. */
		return queue_fail(errno == EUSERS ? ENOMEM : errno);
	}
	return 0;
}

static bool is_open(const struct request *request)
{
	struct ipcmbox_info info;

	return !queue_info(request->mqdes, &info) &&
	       info.mailbox == request->mailbox;
}

bool request_is_whole(struct request *request)
{
	bool events = hidden_check(&request->events, request->owner);
	bool port = hidden_check(&request->port, request->owner);
	bool lock = hidden_check(&request->lock, request->owner);

	return events && port && lock && is_open(request);
}

/* It may have been received since; then nobody knows who sent it. */
static void find_sender(struct request *request)
{
	struct ipcmbox_delivery delivery;

	if (ipcmbox_peek(request->port, NULL, 0, IPCMBOX_TRUNCATE, &delivery,
			 sizeof(delivery)) < 0)
		return;
	request->pid = delivery.pid;
	request->uid = delivery.uid;
}

/*
 * A message must have come to an empty queue, and for no receiver that waited: of those that
 * wait for a receiver there is no event. The queue was empty since the last look if as
 * many messages have left as were there then, and so if as many have come as are there now,
 * not counting those that waited for room in vain. They may have left after the last one came,
 * if that is all within one look: but this process looks before and after it receives, so
 * then both were done at the same time, or by another process.
 *
 * The events are read first: a message that is counted by INFO, but whose event is still
 * to come, is looked at again.
 */
void request_look(struct request *request)
{
	struct ipcmbox_info info;
	uint64_t events, came;

	if (!hidden_check(&request->events, request->owner) ||
	    read(request->events, &events, sizeof(events)) < 0 ||
	    !(events % REQUEST_KICK))
		return;
	if (!request_is_whole(request) || queue_info(request->port, &info)) {
		request->state = REQUEST_OVER;
		return;
	}
	came = count_new(request, &info);
	if (!came ||
	    came < info.queued + info.in_transfer + info.senders_waiting)
		return;
	find_sender(request);
	request->state = REQUEST_MET;
}

void request_kick(struct request *request)
{
	const uint64_t kick = REQUEST_KICK;

	/* It fails if the count is at its end, and then nobody sleeps by it. */
	if (hidden_check(&request->events, request->owner) &&
	    write(request->events, &kick, sizeof(kick)) < 0)
		return;
}

void request_signal(const struct request *request)
{
	siginfo_t info = {
		.si_signo = request->event.sigev_signo,
		.si_code = SI_MESGQ,
	};

	if (request->event.sigev_notify != SIGEV_SIGNAL)
		return;
	info.si_pid = request->pid;
	info.si_uid = request->uid;
	info.si_value = request->event.sigev_value;
	syscall(SYS_rt_sigqueueinfo, getpid(), info.si_signo, &info);
}
