/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the claim protocol of module/, for spin: two senders and two
 * receivers in one mailbox, and an environment that at any time delivers
 * signals and kills, lets deadlines pass, wakes without reason and destroys.
 * model/check runs it; each comment that names a function names the one that
 * the code below it stands for.
 *
 * A configuration sets by -D:
 *
 *  CAPACITY	 of the mailbox
 *  SENDS_0, SENDS_1	calls of each sender, at most 4 together
 *  RECEIVES	 calls of each receiver
 *  FAULTS	 how many exports may fail
 *  SIGNALS, KILLS, SPURIOUS	how many of each may come, to anybody
 *  DEADLINES	 1 if each wait has a deadline, which may pass at once
 *  DESTROYS	 1 if the mailbox may be destroyed
 *  HANGUP	 1 if tasks close their port in the end, 0 for NO_HANGUP
 *  MODES	 1 if each call may be DONTWAIT, and each send UNTIL_TAKEN
 *
 * No call repeats without end, so a run ends when nobody can move; a lost
 * wake-up is a run that ends with somebody asleep who should not be (see the
 * judge). model/check has spin prove, too, that no run goes round in circles.
 *
 * Left out: sizes (max_bytes, EMSGSIZE), quotas, poll, PEEK, SET, DRAIN, more
 * than one batch in settling, a port opened later, and memory orders weaker
 * than the one that EARLY_LOOK shows.
 */
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

#include "task.pml"
#include "mailbox.pml"

/*
 * Which of two equal tasks begins first makes no difference: it is the one with
 * the lower number.
 */
#define MAY_BEGIN(t)	(t == 0 || t == 2 || begun[t - 1] || \
				(t == 1 && SENDS_0 != SENDS_1))

byte faults = FAULTS;
byte signals = SIGNALS;
byte kills = KILLS;
byte spurious = SPURIOUS;

/* imb_xfer_hand_locked(): cw is NONE if nobody waits. */
inline hand(m) {
	pick_receiver();
	if
	:: cw != NONE ->
		assert(live[cw]);
		in_transfer[m] = true;
		nr_transfer++;
		wmsg[cw] = m;
		cr = OK
	:: else
	fi
}

/* imb_xfer_offer_locked(), imb_mbox_refusal_locked() */
inline offer(t) {
	room = IN_LINE == 0 && HAS_ROOM;
	if
	:: dead -> ret = EIDRM
	:: !dead && HUNG_UP -> ret = EPIPE
	:: !dead && !HUNG_UP && dontwait[t] && nr_waiting == 0 &&
	   (!room || until_taken[t]) -> ret = EAGAIN
	:: else ->
		ret = OK;
		msg = sent;
		sent++;
		fate[msg] = ALIVE;
		if
		:: room -> stored[msg] = true; nr_stored++
		:: else
		fi;
		waits = !room || until_taken[t];
		if
		:: waits -> msender[msg] = t; wmsg[t] = msg; senders!t
		:: else
		fi;
		hand(msg);
		if
		:: cw == NONE && room -> store!msg
		:: cw == NONE && !room -> line!msg
		:: else
		fi
	fi;
	room = false
}

/* imb_xfer_withdraw() */
inline withdraw(t) {
	atomic {
		!locked ->
		d_step {
			if
			:: done[t] ->
				gave_up = false;
#ifndef DEADLINE_BEFORE_RESULT
				ret = result[t]
#endif
			:: else ->
				gave_up = true;
				locked = true;
				senders??eval(t);
				recall(msg, nr_taken_back, TAKEN_BACK)
			fi
		}
	};
	if
	:: gave_up -> gave_up = false; settle()
	:: else
	fi
}

/* What a send that returns promises. */
inline judge_send(t) {
	if
	:: ret == OK && (until_taken[t] || CAPACITY == 0) ->
		assert(fate[msg] == RECEIVED)
	:: ret == OK && !(until_taken[t] || CAPACITY == 0) ->
		assert(fate[msg] == RECEIVED || fate[msg] == DROPPED ||
			(fate[msg] == ALIVE && stored[msg]))
	:: ret != OK && msg != NONE ->
		assert(fate[msg] == TAKEN_BACK || fate[msg] == DROPPED)
	:: else
	fi
}

/* imb_xfer_send() */
inline send(t) {
	atomic {
		!locked && MAY_BEGIN(t) ->
		begun[t] = true;
		if
		:: true
		:: MODES -> dontwait[t] = true
		fi;
		if
		:: true
		:: MODES -> until_taken[t] = true
		fi;
		d_step {
			waiter_init(t);
			offer(t);
			locked = ret == OK
		}
	};
	if
	:: ret == OK ->
		settle();
		if
		:: waits ->
			sleep(t);
			if
			:: ret != OK -> withdraw(t)
			:: else -> ret = result[t]
			fi
		:: else
		fi
	:: else
	fi;
	atomic {
		judge_send(t);
		waiter_gone(t);
		waits = false;
		ret = OK;
		msg = NONE;
		stop = killed[t];
		/* Its handler runs. */
		signalled[t] = killed[t]
	}
}

/* imb_mbox_detach(), and the end of the task */
inline leave(t, ports) {
	if
	:: HANGUP ->
		atomic { !locked -> d_step { locked = true; ports-- } };
		settle()
	:: else
	fi;
	atomic {
		exited[t] = true;
		begun[t] = true;
		signalled[t] = false;
		killed[t] = false
	}
}

proctype sender(byte t; byte calls)
{
	LOCALS;
	byte ret;
	byte msg = NONE;
	bool room, waits, gave_up, had_signal, had_done, stop;

	do
	:: calls > 0 && !stop -> calls--; send(t)
	:: else -> break
	od;
	calls = 0;
	leave(t, nr_senders)
}

/* The decision of imb_xfer_take(); await if it has to wait. */
inline take(t) {
	first(msg);
	await = false;
	eof = AT_EOF;
	if
	:: dead -> ret = EIDRM; msg = NONE
	:: !dead && msg == NONE && eof -> ret = EPIPE; told_eof = true
	:: !dead && msg == NONE && !eof && dontwait[t] -> ret = EAGAIN
	:: !dead && msg == NONE && !eof && !dontwait[t] ->
		ret = OK;
		await = true;
		waiter_init(t);
		receivers!t;
		nr_waiting++
	:: else ->
		ret = OK;
		/* Nobody overtakes: it is the oldest that is there. */
		z = 0;
		do
		:: z < msg ->
			assert(fate[z] != ALIVE || in_transfer[z]);
			z++
		:: else -> z = 0; break
		od;
		unqueue(msg);
		in_transfer[msg] = true;
		nr_transfer++;
#ifdef SLOT_FREED_AT_TAKE
		if
		:: stored[msg] -> nr_stored--
		:: else
		fi
#endif
	fi;
	eof = false
}

/* imb_xfer_await(), from where the receiver stands in the list */
inline await_message(t) {
	sleep(t);
	if
	:: ret != OK ->
		atomic {
			!locked ->
			d_step {
				if
				:: done[t] -> gave_up = false
				:: else ->
					gave_up = true;
					locked = true;
					receivers??eval(t);
					nr_waiting--
				fi
			}
		};
		if
		:: gave_up -> settle()
		:: else
		fi
	:: else
	fi;
	atomic {
		if
		:: !gave_up -> msg = wmsg[t]; ret = result[t]
		:: else
		fi;
		gave_up = false;
		assert(ret == OK || msg == NONE);
		live[t] = false;
		done[t] = false;
		result[t] = OK;
		wmsg[t] = NONE
	}
}

/* imb_xfer_put_back_locked() */
inline put_back() {
	/* Who was told that no message would come. */
	assert(!told_eof);
	in_transfer[msg] = false;
	nr_transfer--;
#ifdef SLOT_FREED_AT_TAKE
	if
	:: stored[msg] -> nr_stored++
	:: else
	fi;
#endif
#ifdef PUT_BACK_PAST_RECEIVERS
	cw = NONE;
#else
	hand(msg);
#endif
	if
	:: cw == NONE ->
		if
		:: stored[msg] -> queue_put_back(store, store_returned, msg)
		:: else -> queue_put_back(line, line_returned, msg)
		fi;
		x = msender[msg];
		if
		:: x != NONE && dontwait[x] && !dead ->
			queue_first(line, line_returned, y);
			if
			:: until_taken[x] || !(y == msg && HAS_ROOM) ->
				discard(msg, EAGAIN, nr_taken_back, TAKEN_BACK)
			:: else
			fi
		:: else
		fi;
		x = 0;
		y = 0
	:: else
	fi;
#ifdef NO_SETTLE_AFTER_PUT_BACK
	no_settle = true
#endif
}

/* imb_xfer_commit_locked() */
inline commit() {
	assert(!had_kill);
	retire(msg, nr_received, RECEIVED);
	if
	:: msender[msg] != NONE ->
		cw = msender[msg];
		assert(live[cw]);
		senders??eval(cw);
		taken[cw] = true;
		cr = OK;
		msender[msg] = NONE
	:: else
	fi;
	trash = trash | (1 << msg)
}

/* imb_xfer_export(), imb_xfer_conclude() */
inline conclude(t) {
	/* The copy: user memory may fault. */
	atomic {
		assert(!freed[msg]);
		if
		:: true
		:: faults > 0 -> faults--; ret = EFAULT
		fi;
		had_kill = killed[t] && ret == OK;
#ifndef COMMIT_THOUGH_KILLED
		if
		:: had_kill -> ret = ERESTARTSYS; had_kill = false
		:: else
		fi
#endif
	};
	atomic {
		!locked ->
		d_step {
			assert(!freed[msg]);
			locked = true;
			if
#ifndef COMMIT_BLINDLY
			:: withdrawn[msg] ->
				trash = trash | (1 << msg);
				ret = (ret == OK -> EAGAIN : ret)
			:: !withdrawn[msg] && ret != OK -> put_back()
#else
			:: ret != OK -> put_back()
#endif
			:: else -> commit()
			fi;
			had_kill = false;
			msg = NONE
		}
	};
	settle()
}

/* imb_xfer_receive(): again if the sender took the message back. */
inline receive(t) {
	do
	:: true ->
		atomic {
			!locked && MAY_BEGIN(t) ->
			if
			:: retry
			:: !retry
			:: !retry && MODES -> dontwait[t] = true
			fi;
			begun[t] = true;
			d_step {
				take(t);
				locked = ret == OK
			}
		};
		if
		:: ret == OK ->
			settle();
			if
			:: await -> await = false; await_message(t)
			:: else
			fi
		:: else
		fi;
		if
		:: ret == OK -> conclude(t)
		:: else -> break
		fi;
		if
		:: ret == EAGAIN -> ret = OK; retry = true
		:: else -> break
		fi
	od;
	atomic {
		waiter_gone(t);
		ret = OK;
		msg = NONE;
		retry = false;
		stop = killed[t];
		signalled[t] = killed[t]
	}
}

proctype receiver(byte t; byte calls)
{
	LOCALS;
	byte ret;
	byte msg = NONE;
	bool await, gave_up, had_signal, had_done, had_kill, retry, stop;

	do
	:: calls > 0 && !stop -> calls--; receive(t)
	:: else -> break
	od;
	calls = 0;
	leave(t, nr_receivers)
}

/* imb_mbox_destroy() */
proctype destroyer()
{
	LOCALS;

	atomic { !locked -> d_step { locked = true; dead = true } };
	settle()
}

inline event(t) {
	if
	:: signals > 0 && !signalled[t] -> signals--; signalled[t] = true
	:: kills > 0 && !killed[t] ->
		kills--;
		killed[t] = true;
		signalled[t] = true
	:: spurious > 0 && sleeping[t] -> spurious--
	fi;
	sleeping[t] = false
}

#define MAY(t)	(!exited[t] && ((signals > 0 && !signalled[t]) || \
			(kills > 0 && !killed[t]) || \
			(spurious > 0 && sleeping[t])))
#define FIRES(t)	timer[t] == 1 -> timer[t] = 2; sleeping[t] = false

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

/* Who sleeps for ever must have nobody who could serve him. */
#define SLEEPS(t)	(live[t] && !done[t] && sleeping[t] && !signalled[t] && \
				timer[t] == 0)

inline judge_sender(t) {
	assert(exited[t] || SLEEPS(t));
	assert(exited[t] || (!dead && !HUNG_UP && !in_transfer[wmsg[t]] &&
		fate[wmsg[t]] == ALIVE && msender[wmsg[t]] == t &&
		(until_taken[t] || !stored[wmsg[t]]) && empty(receivers)))
}

inline judge_receiver(t) {
	assert(exited[t] || SLEEPS(t));
	assert(exited[t] || (!dead && !AT_EOF && IN_STORE + IN_LINE == 0))
}

/* Nobody can move any more. */
inline judge() {
	assert(!locked);
	invariants();
	judge_sender(0);
	judge_sender(1);
	judge_receiver(2);
	judge_receiver(3);
	assert(nr_transfer == 0);
	assert(IN_LINE == 0 || !HAS_ROOM);
	/* Every message is freed, but for those that lie there. */
	x = 0;
	do
	:: x < sent ->
		assert(freed[x] == (fate[x] != ALIVE));
		x++
	:: else -> break
	od
}

init {
	byte x;

	atomic {
		run sender(0, SENDS_0);
		run sender(1, SENDS_1);
		run receiver(2, RECEIVES);
		run receiver(3, RECEIVES);
		run environment();
		if
		:: true
		:: DESTROYS -> run destroyer()
		fi
	};
	timeout -> d_step { judge() }
}
