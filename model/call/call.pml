/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of calls, for spin: one or two callers of a process, who call once each; two
 * servers, which are processes, or threads of one; and another thread of the callers,
 * which cancels. model/check runs it; each comment that names a function names the one
 * that the code below it stands for.
 *
 * A configuration sets by -D, what differs from what stands below:
 *
 *  CAPACITY	 has no meaning: a call waits until received
 *  CALLERS	 1 or 2
 *  MODES_0, MODES_1	what each caller may meet, MODES for both
 *  SERVER_0, SERVER_1	what each server may do and meet, SERVERS for both
 *  THREADS	 1 if the servers are threads of one process
 *  SHARED	 1 if they have one port, as threads do
 *  RECEIVES, REPLIES	how many each server may do; RECEIVES_1, REPLIES_1 the second
 *  SIGNALS, KILLS, FAULTS, CANCELS	how many of each may come
 *  DESTROYS	 1 if the mailbox may be destroyed
 *  HANGUP	 0 for NO_HANGUP
 *
 * There is one lock, and what is done under it is one step. How a claimed task is
 * woken, and the release of its state, is the matter of claim.pml: here it sees at
 * once that it is DONE. Which of two messages is taken first is left out as well, and
 * so are quotas, answers that are too long, calls that do not wait, and REPLY_RECV,
 * which is one after the other.
 */
#define SIGNAL		1	/* a caller: it may get one */
#define DEADLINE	2	/* for the answer: it may pass at once */
#define TAKEN_DEADLINE	4	/* for its being taken: likewise */

#define NOTICES		1	/* a server: it wants notices */
#define TOKENLESS	2	/* it may receive in a way in which it can't answer */
#define STAYS		4	/* it may stay when it has done its work */
#define CLOSES		8	/* its port may be closed while it works */
#define KILL		16	/* it may be killed */

#ifndef CALLERS
#define CALLERS		1
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
#ifndef SERVERS
#define SERVERS		0
#endif
#ifndef SERVER_0
#define SERVER_0	SERVERS
#endif
#ifndef SERVER_1
#define SERVER_1	SERVERS
#endif
#ifndef THREADS
#define THREADS		0
#endif
#ifndef SHARED
#define SHARED		THREADS
#endif
#ifndef RECEIVES
#define RECEIVES	1
#endif
#ifndef REPLIES
#define REPLIES		1
#endif
#ifndef RECEIVES_1
#define RECEIVES_1	RECEIVES
#endif
#ifndef REPLIES_1
#define REPLIES_1	REPLIES
#endif
#ifndef SIGNALS
#define SIGNALS		1
#endif
#ifndef KILLS
#define KILLS		1
#endif
#ifndef FAULTS
#define FAULTS		0
#endif
#ifndef CANCELS
#define CANCELS		0
#endif
#ifndef DESTROYS
#define DESTROYS	0
#endif
#ifndef HANGUP
#define HANGUP		1
#endif

#define NONE		255
#define MAY(c, bit)	(((c == 0 -> (MODES_0) : (MODES_1)) & (bit)) != 0)
#define DOES(s, bit)	(((s == 0 -> (SERVER_0) : (SERVER_1)) & (bit)) != 0)
#define PROCESS(s)	(THREADS -> 0 : s)
#define PORT(s)		(SHARED -> 0 : s)

/* What a call returns. */
#define OK		0
#define EIDRM		1
#define EPIPE		2
#define EAGAIN		3
#define ERESTARTSYS	4
#define EINTR		5
#define ETIMEDOUT	6
#define EFAULT		7
#define ECANCELED	8
#define EOWNERDEAD	9
#define ESTALE		10
#define EBUSY		11

byte signals = SIGNALS;
byte kills = KILLS;
byte faults = FAULTS;
bool signalled[2];	/* of the callers */
bool killed[2];		/* of the servers' processes */
bool over;		/* and judged */

#include "mailbox.pml"
#include "judge.pml"
#include "caller.pml"
#include "server.pml"

/* imb_mbox_destroy() */
proctype destroyer()
{
	byte x, y;

	d_step { dead = true; settle() }
}

#define SIGNALLED(c) \
	d_step { signals > 0 && MAY(c, SIGNAL) && !signalled[c] && !returned[c] -> \
		signals--; signalled[c] = true }
#define KILLED(s) \
	d_step { kills > 0 && DOES(s, KILL) && !killed[PROCESS(s)] -> \
		kills--; killed[PROCESS(s)] = true }

/* Signals and kills come whenever they like, or never. */
proctype environment()
{
end:	do
	:: SIGNALLED(0)
	:: SIGNALLED(1)
	:: KILLED(0)
	:: KILLED(1)
	:: d_step { signals > 0 -> signals = 0 }
	:: d_step { kills > 0 -> kills = 0 }
	od
}

init {
	byte x;

	atomic {
		threads[0] = (THREADS -> 2 : 1);
		threads[1] = (THREADS -> 0 : 1);
		has_fd[0] = true;
		has_fd[1] = !THREADS;
		users[0] = (SHARED && !THREADS -> 2 : 1);
		users[1] = (SHARED -> 0 : 1);
		ports = (SHARED -> 1 : 2);
		run caller_task(0);
		if
		:: CALLERS > 1 -> run caller_task(1)
		:: else -> returned[1] = true
		fi;
		run server(0);
		run server(1);
		if
		:: DOES(0, CLOSES) -> run closer(0)
		:: else
		fi;
		run environment();
		if
		:: true
		:: CANCELS > 0 -> run canceller()
		fi;
		if
		:: true
		:: DESTROYS -> run destroyer()
		fi
	};
	timeout -> atomic { judge(); over = true }
}
