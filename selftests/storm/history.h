/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The history of a mailbox: what each call on it did, as its caller saw it, and the
 * question whether a mailbox may do that.
 *
 * Each event has two stamps, of one clock that all callers share and that ticks with
 * every stamp: the call began after the one and had returned before the other. A
 * history is linearizable if each call can be thought to have happened at an instant
 * between its stamps, such that in this order a mailbox with one caller at a time
 * would have answered the same (Herlihy and Wing, TOPLAS 1990). Mailboxes are
 * independent, so each has its history for itself.
 *
 * All messages differ. So there is no need to search for an order: a history of a
 * queue is linearizable if and only if it has none of a few bad patterns (Henzinger,
 * Sezgin, Vafeiadis, "Aspect-oriented linearizability proofs", CONCUR 2013), each of
 * which is found in O(n log n).
 *
 * What a mailbox has beyond a queue:
 *
 *  - a bound, and sends that fail for lack of room;
 *  - sends that return only when the message was received;
 *  - receives that fail after they had the message, which goes back to where it
 *    stood. While such a receive is under way, one message, whichever it is, may
 *    count as not there;
 *  - callers that were killed: a receive of theirs may have had its message, or put it
 *    back; a send may have happened or not;
 *  - DRAIN and DESTROY, which discard;
 *  - calls about several: SELECT, of whose cases one is done, and batches, of which the
 *    first ones are. Each case is an event of its mailbox;
 *  - calls that wait for an answer: messages like others, to whose receivers the answers
 *    are tied by number;
 *  - CANCEL, which takes a message back;
 *  - names, which are objects of their own: what a name is given to has another history;
 *  - other orders than that of a queue, and receivers that choose. There the patterns
 *    say what is wrong for sure, but do not find all: see choice.c.
 */
#ifndef STORM_HISTORY_H
#define STORM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
	EVENT_NONE,
	EVENT_SEND,
	EVENT_RECV,
	EVENT_PEEK,
	EVENT_DRAIN,
	EVENT_DESTROY,
	EVENT_SET,
	EVENT_POLL,
	EVENT_REPLY,
	EVENT_NOTICE, /* a receive that got the notice of a caller that has left */
	EVENT_CANCEL,
	EVENT_CLOSE, /* of a port that received */
	/* Of a name, whose history is judged by names.c. */
	EVENT_CREATE,
	EVENT_OPEN,
	EVENT_UNLINK,
	EVENT_LISTED, /* what LIST told of it */
};

/* Flags of an event. */
#define EVENT_TAKEN	1 /* a send that returns when the message was received */
#define EVENT_DONTWAIT	2
#define EVENT_KILLED	4 /* the caller was killed: @end is when it was gone */
#define EVENT_CALL	16 /* a send that waits for an answer; a receive of such a one */
#define EVENT_NO_ANSWER	32 /* a receive by who cannot answer */
#define EVENT_SIGNALLED	64 /* a signal came, after which it may have begun again */
#define EVENT_EXCLUSIVE	128 /* a CREATE that must make the name */
#define EVENT_BY_FILE	256 /* an OPEN by open(2) */
#define EVENT_NOTICES	512 /* a receive that takes notices too */
#define EVENT_CASE	8 /* of a call about several, which may do others: -ENOENT */
#define EVENT_ALL	1024 /* a broadcast that waits for room with all */

/* What a poll(2) said, as its @count. */
#define POLL_MESSAGE	1 /* there is a message */
#define POLL_NONE	2 /* there is none */
#define POLL_ROOM	4 /* there is room */
#define POLL_FULL	8 /* there is no room */

/* What a send said of its message: 0 for nothing, else 1 + enum ipcmbox_disposition. */
#define SAID_NOT_SENT	1
#define SAID_WITHDRAWN	2
#define SAID_QUEUED	3
#define SAID_TAKEN	4
#define SAID_REPLIED	5
#define SAID_PEER_DIED	6

/* What a CANCEL found, as its @count: enum ipcmbox_cancelled. */
#define CANCEL_DONE	0
#define CANCEL_TOO_LATE	1
#define CANCEL_REPLIED	2
#define CANCEL_UNKNOWN	3

/* In which order a mailbox gives its messages, as enum ipcmbox_order has it. */
enum history_order {
	ORDER_FIFO,
	ORDER_LIFO,
	ORDER_PRIORITY,
};

/* Who may receive, as enum ipcmbox_policy has it. */
enum history_policy {
	POLICY_LONGEST,
	POLICY_RECENT,
	POLICY_TASK_PRIORITY,
	POLICY_ONE_RECEIVER,
	POLICY_EXCLUSIVE,
};

/* What becomes of messages for which a subscription has no room, as enum ipcmbox_slow has it. */
enum history_slow {
	SLOW_BLOCK,
	SLOW_DROP_OLDEST,
	SLOW_DROP_NEWEST,
	SLOW_DISCONNECT,
};

/* Which messages a receive or a peek wants, as enum ipcmbox_match has it. */
enum event_match {
	MATCH_ANY,
	MATCH_TYPE,
	MATCH_TYPE_MAX,
	MATCH_TYPE_NOT,
	MATCH_SENDER,
};

/**
 * struct event - a call and what came of it
 * @begin: stamp before the call
 * @end: stamp after it; 0 as long as it has not returned
 * @value: the message, 0 for none; sent messages all differ. The answer of a REPLY. Of a
 *	name, the number of its mailbox
 * @answer: what a CALL was answered
 * @id: number that the kernel gave the message, 0 if it told none; of the message that a
 *	REPLY, a NOTICE or a CANCEL is about
 * @count: messages that a DRAIN discarded; the capacity of a SET; POLL_*; CANCEL_*; of a
 *	receive that was done, its lag; of one that says -ENOENT, 1 if it may have had a
 *	message and put it back
 * @ret: 0 or -errno; of a CALL 0 if its message was taken
 * @outcome: of a CALL, 0 or -errno
 * @process: of the caller
 * @wanted: what @match says: a type or a process
 * @priority: of the message that was sent, or that was received, if @id is told
 * @worker: who called
 * @box: number of the mailbox
 * @kind: enum event_kind
 * @flags: EVENT_*
 * @said: SAID_*, or 0
 * @type: of the message, as @priority
 * @match: enum event_match
 * @signals: how many had come to the caller at @begin, of which the last bits
 */
struct event {
	uint64_t begin;
	uint64_t end;
	uint64_t value;
	uint64_t answer;
	uint64_t id;
	uint32_t count;
	int32_t ret;
	int32_t outcome;
	uint32_t process;
	uint32_t wanted;
	uint16_t priority;
	uint16_t worker;
	uint16_t flags;
	uint8_t box;
	uint8_t kind;
	uint8_t said;
	uint8_t type;
	uint8_t match;
	uint8_t signals;
};

/**
 * struct life - a process
 * @process: its number
 * @until: when it was surely alive
 */
struct life {
	uint32_t process;
	uint64_t until;
};

/* No bound. */
#define HISTORY_UNBOUNDED UINT64_MAX

/**
 * struct history - all events of one mailbox
 * @capacity: messages when it was created; SET events may change it
 * @order: enum history_order
 * @policy: enum history_policy
 * @selective: receivers may choose
 * @broadcast: it is a subscription, whose sends wait for others too
 * @slow: of a subscription, enum history_slow
 * @scarce: there may be too little quota for a message
 * @events: the events, in any order
 * @count: how many
 * @lives: processes of the callers
 * @nr_lives: how many
 * @complete: all callers are gone, so what is missing and not @left is lost
 * @left: messages that are still there
 * @received: what the kernel counted as received; UINT64_MAX if not known
 * @dropped: what it counted as discarded; UINT64_MAX if not known
 */
struct history {
	uint64_t capacity;
	enum history_order order;
	enum history_policy policy;
	bool selective;
	bool broadcast;
	enum history_slow slow;
	bool scarce;
	const struct event *events;
	size_t count;
	const struct life *lives;
	size_t nr_lives;
	bool complete;
	uint64_t left;
	uint64_t received;
	uint64_t dropped;
};

/**
 * struct verdict - what is wrong with a history
 * @what: in words; NULL if it is linearizable
 * @culprits: the events that show it, NULL where there are fewer
 */
struct verdict {
	const char *what;
	const struct event *culprits[3];
};

/* Whether the history is one that a mailbox may have. */
bool history_check(const struct history *history, struct verdict *verdict);

#endif /* STORM_HISTORY_H */
