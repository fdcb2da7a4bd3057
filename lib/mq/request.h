/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests of mq_notify(), as its files share them: request.c knows what one is and when it
 * is met, hidden.c the descriptors that it has, and notify.c keeps them and the thread that
 * sees to them.
 */
#ifndef IPCMBOX_MQ_REQUEST_H
#define IPCMBOX_MQ_REQUEST_H

#include "internal.h"

/**
 * enum request_state - how far a request is
 * @REQUEST_WAITS: for a message
 * @REQUEST_MET: a message has come; to be told
 * @REQUEST_OVER: not wanted any more
 */
enum request_state {
	REQUEST_WAITS,
	REQUEST_MET,
	REQUEST_OVER,
};

/**
 * struct request - a request of mq_notify()
 * @next: the next one in the list that it is in
 * @uses: how often this place has been freed
 * @state: enum request_state
 * @mqdes: descriptor by which it was made
 * @mailbox: number of the mailbox
 * @owner: of its descriptors, the thread that sees to it
 * @lock: open file that has the lock of that number; whoever has it is the one process
 *	that may be told
 * @port: port of its own, to receive from the mailbox; of nobody else
 * @events: eventfd that counts messages for which nobody waited, and in steps of
 *	REQUEST_KICK wakes the thread
 * @sent: how many messages had been sent when @events was last found not to be 0
 * @taken_back: how many of these their senders had taken back by then
 * @waited: how many others they could still take back
 * @pid: sender of the message, 0 if that is not known
 * @uid: its user
 * @event: what was asked for
 * @start: of SIGEV_THREAD, the thread
 */
struct request {
	struct request *next;
	unsigned int uses;
	enum request_state state;
	mqd_t mqdes;
	uint64_t mailbox;
	pid_t owner;
	int lock;
	int port;
	int events;
	uint64_t sent;
	uint64_t taken_back;
	uint64_t waited;
	pid_t pid;
	uid_t uid;
	struct sigevent event;
	struct queue_start start;
};

#define REQUEST_KICK	(1ULL << 32)

/*
 * Make a request whose @mqdes, @mailbox, @owner and @event are known; 0 or -1, EBUSY among
 * others.
 */
int request_open(struct request *request);
/* Release its lock, and close its descriptors. */
void request_close(struct request *request);
/* In the child of a fork, close those that were there: what they are of is the parent's. */
void request_close_copies(struct request *request);
/*
 * Is all there that it has and that it is of? A program may have called close(2). What is
 * gone is forgotten.
 */
bool request_is_whole(struct request *request);
/* Find out whether it is met, or over. */
void request_look(struct request *request);
/* Wake the thread that sees to it; without its descriptor that wakes by itself, and soon. */
void request_kick(struct request *request);
/* Send its signal, if it is SIGEV_SIGNAL. */
void request_signal(const struct request *request);

/*
 * Hide a descriptor, unless it is -1, and mark it by its owner, a thread; the descriptor, or
 * -1 with errno and nothing is open.
 */
int hidden_new(int fd, pid_t owner);
/* Is it there? If not it is set to -1. */
bool hidden_check(int *fd, pid_t owner);
/* Close it if it is there, and set it to -1. */
void hidden_close(int *fd, pid_t owner);
/* The same in the child of a fork, if it was there then. */
void hidden_close_copy(int *fd);

#endif /* IPCMBOX_MQ_REQUEST_H */
