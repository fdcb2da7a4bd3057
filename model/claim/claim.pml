/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the claim protocol of module/, for spin: two senders and two
 * receivers in one mailbox, and an environment that at any time delivers
 * signals and kills, lets deadlines pass, wakes without reason and destroys.
 * model/check runs it; each comment that names a function names the one that
 * the code below it stands for.
 *
 * A configuration sets by -D, what differs from what stands below:
 *
 *  CAPACITY	 of the mailbox
 *  SENDS_0, SENDS_1	calls of each sender, at most 4 together
 *  RECEIVES	 calls of each receiver
 *  MODES_0 to MODES_3	what each task may do and meet: a mask of the bits below;
 *		 SENDERS and RECEIVERS for two, MODES for all
 *  FAULTS	 how many exports may fail
 *  SIGNALS, KILLS, SPURIOUS	how many of each may come, to those who may get it
 *  DESTROYS	 1 if the mailbox may be destroyed
 *  HANGUP	 0 for NO_HANGUP
 *  BATCH	 1 if settling unlocks after each piece, as the module does after
 *		 IMB_BATCH, 0 if it never has to
 *
 * No call repeats without end, so a run ends when nobody can move; a lost
 * wake-up is a run that ends with somebody asleep who should not be (see the
 * judge). model/check has spin prove, too, that no run goes round in circles.
 *
 * Left out: max_bytes, messages longer than max_message, quotas, poll, PEEK, SET,
 * DRAIN, batches of more than one piece, a port opened later, and memory orders
 * weaker than the one that EARLY_LOOK shows.
 */
#define SIGNAL		1	/* it may get a signal */
#define KILL		2	/* or be killed */
#define WAKE		4	/* or be woken without reason */
#define DEADLINE	8	/* its waits have one, which may pass at once */
#define DONTWAIT	16	/* it may make calls that do not wait */
#define UNTIL_TAKEN	32	/* or sends that wait until received */
#define SMALL		64	/* or receives that no message fits */
#define CLOSE		128	/* it closes its port in the end */

#ifndef SENDS_0
#define SENDS_0		1
#endif
#ifndef SENDS_1
#define SENDS_1		1
#endif
#ifndef RECEIVES
#define RECEIVES	1
#endif
#ifndef FAULTS
#define FAULTS		0
#endif
#ifndef SIGNALS
#define SIGNALS		1
#endif
#ifndef KILLS
#define KILLS		1
#endif
#ifndef SPURIOUS
#define SPURIOUS	1
#endif
#ifndef DESTROYS
#define DESTROYS	0
#endif
#ifndef HANGUP
#define HANGUP		1
#endif
#ifndef BATCH
#define BATCH		0
#endif
#ifndef MODES
#define MODES		0
#endif
#ifndef SENDERS
#define SENDERS		MODES
#endif
#ifndef RECEIVERS
#define RECEIVERS	MODES
#endif
#ifndef MODES_0
#define MODES_0		(SENDERS)
#endif
#ifndef MODES_1
#define MODES_1		(SENDERS)
#endif
#ifndef MODES_2
#define MODES_2		(RECEIVERS)
#endif
#ifndef MODES_3
#define MODES_3		(RECEIVERS)
#endif

#define MODES_OF(t)	(t == 0 -> MODES_0 : (t == 1 -> MODES_1 : \
				(t == 2 -> MODES_2 : MODES_3)))
#define HAS(t, bit)	((MODES_OF(t) & (bit)) != 0)
#define ANYBODY(bit)	(((MODES_0 | MODES_1 | MODES_2 | MODES_3) & (bit)) / (bit))

/* What a mistake (see model/mistakes) makes of an expression. */
#ifdef SLOT_FREED_AT_TAKE
#define SLOT_GIVEN	1
#else
#define SLOT_GIVEN	0
#endif
#ifdef FORGET_RECEIVERS
#define FORGET_OR(x)	true
#else
#define FORGET_OR(x)	(x)
#endif
#ifdef REFUSE_THOUGH_MET
#define MET		0
#else
#define MET		nr_waiting
#endif

/*
 * Which of two equal tasks begins first makes no difference: it is the one with
 * the lower number.
 */
#define MAY_BEGIN(t)	(t == 0 || t == 2 || begun[t - 1] || \
				(t == 1 && (SENDS_0 != SENDS_1 || \
					MODES_0 != MODES_1)) || \
				(t == 3 && MODES_2 != MODES_3))

byte faults = FAULTS;
byte signals = SIGNALS * ANYBODY(SIGNAL);
byte kills = KILLS * ANYBODY(KILL);
byte spurious = SPURIOUS * ANYBODY(WAKE);

#include "task.pml"
#include "mailbox.pml"
#include "judge.pml"
#include "send.pml"
#include "receive.pml"

/* imb_mbox_destroy() */
inline destroy() {
	atomic { !locked -> d_step { locked = true; dead = true } };
	settle()
}

/*
 * imb_mbox_detach(), imb_mbox_put(), and the end of the task. Who puts the last
 * port is alone.
 */
inline leave(t, peers) {
	if
	:: HAS(t, CLOSE) ->
		atomic { !locked -> d_step { locked = true; peers-- } };
		settle()
	:: else
	fi;
	atomic {
		if
		:: HAS(t, CLOSE) ->
			ports--;
			if
#ifndef NO_LAST_PUT
			:: ports == 0 -> destroy()
#endif
			:: else
			fi
		:: else
		fi;
		exited[t] = true;
		begun[t] = true;
		signalled[t] = false;
		killed[t] = false
	}
}

proctype sender(byte t; byte calls)
{
	LOCALS;
	byte ret, told;
	byte msg = NONE;
	bool room, waits, gave_up, had_signal, had_done, stop;

	do
	:: calls > 0 && !stop -> calls--; send(t)
	:: else -> break
	od;
	calls = 0;
	leave(t, nr_senders)
}

proctype receiver(byte t; byte calls)
{
	LOCALS;
	byte ret;
	byte msg = NONE;
	bool await, gave_up, had_signal, had_done, got, doomed, small, retry, saw_none;
	bool stop;

	do
	:: calls > 0 && !stop -> calls--; receive(t)
	:: else -> break
	od;
	calls = 0;
	leave(t, nr_receivers)
}

/* He has a port of his own, by which he neither sends nor receives. */
proctype destroyer()
{
	LOCALS;

	destroy()
}

#define MAY_GET(t)	(signals > 0 && HAS(t, SIGNAL) && !signalled[t])
#define MAY_DIE(t)	(kills > 0 && HAS(t, KILL) && !killed[t])
#define MAY_WAKE(t)	(spurious > 0 && HAS(t, WAKE) && sleeping[t])
#define MAY(t)		(!exited[t] && (MAY_GET(t) || MAY_DIE(t) || MAY_WAKE(t)))

inline event(t) {
	if
	:: MAY_GET(t) -> signals--; signalled[t] = true
	:: MAY_DIE(t) -> kills--; killed[t] = true; signalled[t] = true
	:: MAY_WAKE(t) -> spurious--
	fi;
	sleeping[t] = false
}

#define FIRES(t) \
	timer[t] == 1 -> timer[t] = 2; overdue[t] = true; sleeping[t] = false

/* What comes from outside: whenever it likes, or never. */
proctype environment()
{
end:	do
	:: atomic { MAY(0) -> event(0) }
	:: atomic { MAY(1) -> event(1) }
	:: atomic { MAY(2) -> event(2) }
	:: atomic { MAY(3) -> event(3) }
	:: d_step { signals > 0 -> signals = 0 }
	:: d_step { kills > 0 -> kills = 0 }
	:: d_step { spurious > 0 -> spurious = 0 }
	:: d_step { FIRES(0) }
	:: d_step { FIRES(1) }
	:: d_step { FIRES(2) }
	:: d_step { FIRES(3) }
	od
}

init {
	byte n, x, z;

	atomic {
		run sender(0, SENDS_0);
		run sender(1, SENDS_1);
		run receiver(2, RECEIVES);
		run receiver(3, RECEIVES);
		run environment();
		if
		:: true
		:: DESTROYS -> ports++; run destroyer()
		fi
	};
	timeout -> d_step { judge() }
}
