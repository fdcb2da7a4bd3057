/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of selection, for spin: up to three tasks and two mailboxes, 0 and 1, of which
 * 0 has the lower address. A task selects, or just sends or receives. model/check
 * runs it; each comment that names a function names the one that the code below it
 * stands for.
 *
 * A configuration sets by -D, what differs from what stands below:
 *
 *  CAPACITY	 of both mailboxes, or CAPACITY_1 of the second
 *  A0, A1, B0, B1, C0, C1	the cases of the tasks, from those below
 *  MODES_0 to MODES_2	what each task may meet, MODES for all
 *  SIGNALS	 how many may come, to those who may get one
 *  FAULTS	 how many copies of receivers may fail
 *  DESTROYS	 1 if the first mailbox may be destroyed
 *
 * What is done under one mailbox's lock others see at once, but for the waiter of a task
 * that selects, which other mailboxes see as well: each look at it, and each
 * change, is a step of its own. How a claimed task is woken is the matter of
 * claim.pml: here it sees at once that it is DONE. So is the order of messages: here
 * those stored come before those in line, and one that is put back comes last.
 *
 * Left out besides: types, calls, notices, quotas, an attempt that lacks memory,
 * and the end of file.
 */
#define SENDS		1	/* a case: it sends, else it receives */
#define SECOND		2	/* by mailbox 1 */
#define UNTIL		4	/* waits until received */
#define PLAIN		8	/* the only case, of a task that does not select */
#define NO_CASE		16

#define SEND_0		SENDS
#define SEND_1		(SENDS | SECOND)
#define RECV_0		0
#define RECV_1		SECOND

#define SIGNAL		1	/* it may get one */
#define DEADLINE	2	/* it has one, which may pass at once */
#define DONTWAIT	4	/* it does not wait, if it selects */

#ifndef CAPACITY_1
#define CAPACITY_1	CAPACITY
#endif
#ifndef A0
#define A0		NO_CASE
#endif
#ifndef A1
#define A1		NO_CASE
#endif
#ifndef B0
#define B0		NO_CASE
#endif
#ifndef B1
#define B1		NO_CASE
#endif
#ifndef C0
#define C0		NO_CASE
#endif
#ifndef C1
#define C1		NO_CASE
#endif
#ifndef MODES
#define MODES		0
#endif
#ifndef MODES_0
#define MODES_0		MODES
#endif
#ifndef MODES_1
#define MODES_1		MODES
#endif
#ifndef MODES_2
#define MODES_2		MODES
#endif
#ifndef SIGNALS
#define SIGNALS		1
#endif
#ifndef FAULTS
#define FAULTS		0
#endif
#ifndef DESTROYS
#define DESTROYS	0
#endif

#define TASKS		3
#define STANDS		6	/* two of each task */
#define NONE		255

/* A stand, and the message of a send, have the same number. */
#define TASK(s)		((s) / 2)
#define IS(s, bit)	((cases[s] & (bit)) != 0)
#define BOX(s)		((cases[s] & SECOND) / SECOND)
#define HAS_CASE(s)	(cases[s] != NO_CASE)
#define IS_MINE(s)	(s < 2 * t + 2 && HAS_CASE(s))
#define NEEDS(b)	(BOX(2 * t) == b || (HAS_CASE(2 * t + 1) && BOX(2 * t + 1) == b))
#define SELECTS(t)	(!IS((t) * 2, PLAIN))
#define HAS(t, bit)	((modes[t] & (bit)) != 0)
#define CAPACITY_OF(b)	(b == 0 -> CAPACITY : CAPACITY_1)

/* What a call returns. */
#define OK		0
#define EIDRM		1
#define EAGAIN		2
#define ERESTARTSYS	3
#define ETIMEDOUT	4
#define EFAULT		5

byte cases[STANDS];	/* constant, like the next */
byte modes[TASKS];
byte faults = FAULTS;
byte signals = SIGNALS;
bool signalled[TASKS];
bool asleep[TASKS];
bool returned[TASKS];
bool over;		/* and judged */

#include "mailbox.pml"
#include "transfer.pml"
#include "judge.pml"
#include "attempt.pml"

/* imb_mbox_destroy() */
proctype destroyer()
{
	LOCALS;

	lock(0);
	dead[0] = true;
	settle()
}

#define MAY_GET(t)	(signals > 0 && HAS(t, SIGNAL) && !signalled[t] && !returned[t])
#define SIGNALLED(t)	d_step { MAY_GET(t) -> signals--; signalled[t] = true }

/* Signals come whenever they like, or never. */
proctype environment()
{
end:	do
	:: SIGNALLED(0)
	:: SIGNALLED(1)
	:: SIGNALLED(2)
	:: d_step { signals > 0 -> signals = 0 }
	od
}

init {
	byte x, y, z;

	atomic {
		cases[0] = A0;
		cases[1] = A1;
		cases[2] = B0;
		cases[3] = B1;
		cases[4] = C0;
		cases[5] = C1;
		modes[0] = MODES_0;
		modes[1] = MODES_1;
		modes[2] = MODES_2;
		run task(0);
		run task(1);
		if
		:: (C0) != NO_CASE -> run task(2)
		:: else -> returned[2] = true
		fi;
		run environment();
		if
		:: true
		:: DESTROYS -> run destroyer()
		fi
	};
	timeout -> atomic { judge(); over = true }
}
