// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mq_notify(): the requests of this process, and the thread that sees to them.
 *
 * Any thread that sends or receives looks whether a request is met; the thread here waits for
 * messages of other processes, and is the only one that ends requests and tells of them,
 * for to start a thread takes the allocator, which a signal handler must not. It is started
 * by the first request, so a handler can make the next one, and then stays.
 *
 * The lock is held with all signals blocked, as handlers take it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "request.h"

#define REQUESTS_AT_ONCE	16

/* A program may close what the thread waits by. So it looks after so many ms. */
#define LOOK_AGAIN	1000

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t wanted;	/* there is a request again */
	pthread_cond_t freed;	/* a request was ended, or the thread has begun */
	struct request *list;
	struct request *free;
	int epoll;		/* of the events of all in the list; -1 if that is empty */
	bool running;		/* the thread is there */
	pid_t thread;		/* which that is; 0 until it has begun */
	bool prepared;		/* for fork(2) */
} requests = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.wanted = PTHREAD_COND_INITIALIZER,
	.freed = PTHREAD_COND_INITIALIZER,
	.epoll = -1,
};

/* How many there are in the list, for those who only want to know whether there are any. */
static atomic_uint nr_requests;

/* What to restore when the lock is released. */
struct held {
	sigset_t mask;
	int cancel;
	int error;
};

static void lock_requests(struct held *held)
{
	sigset_t all;

	held->error = errno;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &held->mask);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held->cancel);
	pthread_mutex_lock(&requests.mutex);
}

static void unlock_requests(const struct held *held)
{
	pthread_mutex_unlock(&requests.mutex);
	pthread_setcancelstate(held->cancel, NULL);
	errno = held->error;
	pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
}

/* Not from the allocator, and never given back: who waits for it to be freed reads @uses. */
static struct request *new_request(void)
{
	struct request *request;
	unsigned int i;

	if (!requests.free) {
		request = mmap(NULL, REQUESTS_AT_ONCE * sizeof(*request),
			       PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (request == MAP_FAILED)
			return NULL;
		for (i = 0; i < REQUESTS_AT_ONCE; i++) {
			request[i].next = requests.free;
			requests.free = &request[i];
		}
	}
	request = requests.free;
	requests.free = request->next;
	return request;
}

static void free_request(struct request *request)
{
	request->uses++;
	request->next = requests.free;
	requests.free = request;
}

static struct request *find_request(uint64_t mailbox)
{
	struct request *request;

	for (request = requests.list; request; request = request->next)
		if (request->state == REQUEST_WAITS &&
		    request->mailbox == mailbox)
			return request;
	return NULL;
}

/* Take one out of the list that is not to wait any more. */
static struct request *take_ended(void)
{
	struct request **at, *request;

	for (at = &requests.list; *at; at = &(*at)->next) {
		if ((*at)->state == REQUEST_WAITS)
			continue;
		request = *at;
		*at = request->next;
		atomic_fetch_sub(&nr_requests, 1);
		return request;
	}
	return NULL;
}

/* Find those that are over since the program has closed what they have, or are of. */
static void check_all(void)
{
	bool watched = hidden_check(&requests.epoll, requests.thread), whole;
	struct request *request;

	for (request = requests.list; request; request = request->next) {
		whole = request_is_whole(request);
		if (request->state == REQUEST_WAITS && !(whole && watched))
			request->state = REQUEST_OVER;
	}
}

static void look_at_all(void)
{
	struct request *request;

	for (request = requests.list; request; request = request->next)
		if (request->state == REQUEST_WAITS)
			request_look(request);
}

/*
 * By the thread. Who waits for a request to end may have been interrupted in the allocator, so
 * that is not used before he is told.
 */
static void end_requests(void)
{
	struct request *request, ended;

	while ((request = take_ended())) {
		request_close(request);
		if (!requests.list)
			hidden_close(&requests.epoll, requests.thread);
		if (request->state == REQUEST_MET)
			request_signal(request);
		ended = *request;
		free_request(request);
		pthread_cond_broadcast(&requests.freed);
		if (ended.event.sigev_notify != SIGEV_THREAD)
			continue;
		pthread_mutex_unlock(&requests.mutex);
		if (ended.state == REQUEST_MET)
			queue_start_run(&ended.start);
		queue_start_destroy(&ended.start);
		pthread_mutex_lock(&requests.mutex);
	}
}

static void *see_to_requests(void *unused)
{
	struct epoll_event event;
	int epoll;

	pthread_mutex_lock(&requests.mutex);
	requests.thread = gettid();
	pthread_cond_broadcast(&requests.freed);
	for (;;) {
		while (!requests.list)
			pthread_cond_wait(&requests.wanted, &requests.mutex);
		epoll = requests.epoll;
		pthread_mutex_unlock(&requests.mutex);
		epoll_wait(epoll, &event, 1, LOOK_AGAIN);
		pthread_mutex_lock(&requests.mutex);
		check_all();
		look_at_all();
		end_requests();
	}
	return unused;
}

/* Have the thread end a request, and wait until it has. */
static void end_request(struct request *request, enum request_state state)
{
	unsigned int uses = request->uses;

	request->state = state;
	request_kick(request);
	while (request->uses == uses)
		pthread_cond_wait(&requests.freed, &requests.mutex);
}

static struct request *find_ended(void)
{
	struct request *request;

	for (request = requests.list; request; request = request->next)
		if (request->state != REQUEST_WAITS)
			return request;
	return NULL;
}

static void look_and_tell(void)
{
	struct request *request;

	look_at_all();
	while ((request = find_ended()))
		end_request(request, request->state);
}

void queue_look(void)
{
	struct held held;

	if (!atomic_load(&nr_requests))
		return;
	lock_requests(&held);
	look_and_tell();
	unlock_requests(&held);
}

void queue_forget(mqd_t mqdes)
{
	struct request *request;
	struct held held;

	if (!atomic_load(&nr_requests))
		return;
	lock_requests(&held);
	for (request = requests.list; request; request = request->next)
		if (request->mqdes == mqdes && request->state == REQUEST_WAITS)
			break;
	if (request)
		end_request(request, REQUEST_OVER);
	unlock_requests(&held);
}

static struct held held_for_fork;

static void before_fork(void)
{
	struct held held;

	lock_requests(&held);
	check_all();
	held_for_fork = held;
}

static void after_fork(void)
{
	const struct held held = held_for_fork;

	unlock_requests(&held);
}

/* The child has descriptors of queues, but no requests, and not the thread. */
static void after_fork_in_child(void)
{
	const struct held held = held_for_fork;
	struct request *request;

	while ((request = requests.list)) {
		requests.list = request->next;
		request_close_copies(request);
		if (request->event.sigev_notify == SIGEV_THREAD)
			queue_start_destroy(&request->start);
		free_request(request);
	}
	atomic_store(&nr_requests, 0);
	hidden_close_copy(&requests.epoll);
	requests.running = false;
	requests.thread = 0;
	requests.wanted = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	requests.freed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	unlock_requests(&held);
}

/* With all signals blocked, as the thread is to have them. */
static int start_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	if (!requests.prepared) {
		error = pthread_atfork(before_fork, after_fork,
				       after_fork_in_child);
		if (error)
			return error;
		requests.prepared = true;
	}
	if (requests.running)
		return 0;
	error = pthread_attr_init(&attr);
	if (error)
		return error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, see_to_requests, NULL);
	pthread_attr_destroy(&attr);
	requests.running = !error;
	return error;
}

static void await_thread(void)
{
	while (!requests.thread)
		pthread_cond_wait(&requests.freed, &requests.mutex);
}

static int watch(struct request *request)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (requests.epoll < 0)
		requests.epoll = hidden_new(epoll_create1(EPOLL_CLOEXEC),
					    requests.thread);
	if (requests.epoll >= 0 &&
	    !epoll_ctl(requests.epoll, EPOLL_CTL_ADD, request->events, &event))
		return 0;
	if (!requests.list)
		hidden_close(&requests.epoll, requests.thread);
	return -1;
}

static int add_request(struct request *wanted)
{
	struct request *request;
	unsigned int uses;
	int error;

	error = start_thread();
	if (error)
		return queue_fail(error == EAGAIN ? ENOMEM : error);
	await_thread();
	/* What is closed may have gone unnoticed, and numbers come again. */
	check_all();
	look_and_tell();
	wanted->owner = requests.thread;
	if (request_open(wanted))
		return -1;
	request = new_request();
	if (!request || watch(wanted)) {
		if (request)
			free_request(request);
		request_close(wanted);
		return -1;
	}
	uses = request->uses;
	*request = *wanted;
	request->uses = uses;
	request->next = requests.list;
	requests.list = request;
	atomic_fetch_add(&nr_requests, 1);
	pthread_cond_signal(&requests.wanted);
	return 0;
}

static void remove_request(uint64_t mailbox)
{
	struct request *request;
	struct held held;

	if (!atomic_load(&nr_requests))
		return;
	lock_requests(&held);
	look_and_tell();
	request = find_request(mailbox);
	if (request)
		end_request(request, REQUEST_OVER);
	unlock_requests(&held);
}

static bool is_known(const struct sigevent *event)
{
	switch (event->sigev_notify) {
	case SIGEV_SIGNAL:
		return event->sigev_signo >= 0 && event->sigev_signo < _NSIG;
	case SIGEV_NONE:
	case SIGEV_THREAD:
		return true;
	}
	return false;
}

QUEUE_PUBLIC int mq_notify(mqd_t mqdes, const struct sigevent *notification)
{
	struct request wanted = { .next = NULL };
	struct ipcmbox_info info;
	struct held held;
	int error = 0, ret;

	if (notification && !is_known(notification))
		return queue_fail(EINVAL);
	if (queue_info(mqdes, &info))
		return -1;
	if (!notification) {
		remove_request(info.mailbox);
		return 0;
	}
	wanted.mqdes = mqdes;
	wanted.mailbox = info.mailbox;
	wanted.event = *notification;
	if (notification->sigev_notify == SIGEV_THREAD)
		error = queue_start_init(&wanted.start, notification);
	if (error)
		return queue_fail(error);
	lock_requests(&held);
	ret = add_request(&wanted);
	if (ret)
		held.error = errno;
	unlock_requests(&held);
	if (ret && notification->sigev_notify == SIGEV_THREAD)
		queue_start_destroy(&wanted.start);
	return ret;
}
