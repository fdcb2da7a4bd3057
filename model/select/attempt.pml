/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A selection: attempts, until one case is done or the task gives up. Its two cases
 * are 2 * t and the next; c goes through them.
 */
/* imb_select_lock(), imb_select_compare() */
inline lock_all() {
#ifdef LOCK_IN_ARRAY_ORDER
	lock(BOX(2 * t));
	if
	:: NEEDS(1 - BOX(2 * t)) -> lock(1 - BOX(2 * t))
	:: else
	fi
#else
	if
	:: NEEDS(0) -> lock(0)
	:: else
	fi;
	if
	:: NEEDS(1) -> lock(1)
	:: else
	fi
#endif
}

inline unlock_all() {
	d_step {
		locked[0] = locked[0] && !NEEDS(0);
		locked[1] = locked[1] && !NEEDS(1);
		box = 0
	}
}

/* imb_select_unlock(): and what each mailbox needs. */
inline settle_all() {
	unlock_all();
	do
	:: c < 2 ->
		if
		:: NEEDS(c) -> lock(c); settle()
		:: else
		fi;
		c++
	:: else -> break
	od;
	c = 0
}

/* imb_select_begin() */
inline begin() {
	d_step {
		done[t] = false;
		result[t] = OK;
		again = false;
		stands = false;
		waits = false;
		chosen = NONE;
		ret = OK;
		c = 2 * t;
		do
		:: c < 2 * t + 2 ->
			assert(!standing[c] && fate[c] != ALIVE && fate[c] != RECEIVED &&
				!withdrawn[c] && smsg[c] == NONE);
			fate[c] = UNSENT;
			stored[c] = false;
			c++
		:: else -> break
		od;
		c = 0;
		won[t] = FREE
	}
}

/* imb_case_check_locked() */
inline check_case() {
	box = BOX(c);
	if
	:: IS(c, SENDS) -> check_send(c, true)
	:: else -> choose(c)
	fi
}

/* imb_case_do_locked(), imb_case_note_place() */
inline do_case() {
	box = BOX(chosen);
	if
	:: IS(chosen, SENDS) ->
		won[t] = chosen;
		offer(chosen, true);
		if
		:: ret != OK -> won[t] = FREE
		:: else -> waits = has_sender[chosen]
		fi
	:: else ->
		choose(chosen);
		if
		:: ret == OK ->
			take();
			ret = (w -> OK : EAGAIN)
		:: else
		fi
	fi
}

/* imb_select_try_locked(); which of those that are ready, is left open. */
inline try() {
	do
	:: ready = 0;
		c = 2 * t;
		do
		:: IS_MINE(c) ->
			check_case();
			d_step {
				ready = ready | (ret == EAGAIN -> 0 : 1 << (c - 2 * t));
				c++
			}
		:: else -> break
		od;
		ret = EAGAIN;
		if
		:: ready == 0 -> break
		:: ready & 1 -> chosen = 2 * t
		:: ready & 2 -> chosen = 2 * t + 1
		fi;
		do_case();
		if
		:: ret != EAGAIN -> break
		:: else -> chosen = NONE
		fi
	od;
	c = 0;
	ready = 0
}

/* imb_case_unstand_locked() */
inline unstand() {
	box = BOX(c);
	if
	:: standing[c] && IS(c, SENDS) -> forget(c)
	:: standing[c] && !IS(c, SENDS) -> leave_crowd(c)
	:: else
	fi
}

/* imb_case_stand_locked() */
inline stand() {
	box = BOX(c);
	if
	:: IS(c, SENDS) ->
		takes_newcomer();
		if
		:: room && !IS(c, UNTIL) -> ret = EAGAIN
		:: else ->
			ret = OK;
			place(c);
			d_step { enqueue(c) }
		fi
	:: else -> d_step { ret = OK; standing[c] = true; crowd[box]!c }
	fi
}

/* imb_select_stand_locked() */
inline stand_all() {
	c = 2 * t;
	do
	:: IS_MINE(c) ->
		stand();
		if
		:: ret == EAGAIN ->
			do
			:: c > 2 * t -> c--; unstand()
			:: else -> break
			od;
			break
		:: else -> c++
		fi
	:: else -> break
	od;
	c = 0
}

/* imb_select_leave() */
inline leave_all() {
	c = 2 * t;
	do
	:: IS_MINE(c) ->
		lock(BOX(c));
		unstand();
#ifdef LEAVE_UNSETTLED
		locked[box] = false;
#else
		settle();
#endif
		c++
	:: else -> break
	od;
	c = 0
}

/* imb_select_sleep(), imb_select_give_up() */
inline sleep_selecting() {
	sleep();
	if
#ifdef GIVE_UP_UNWON
	:: ret != OK -> skip
#else
	:: ret != OK ->
		d_step {
			w = won[t] == FREE;
			won[t] = (w -> NOBODY : won[t]);
			chosen = won[t]
		};
		if
		:: w
		:: !w && IS(chosen, SENDS) -> withdraw(chosen)
		:: !w && !IS(chosen, SENDS) ->
			/* Who wins a receiver serves it before he unlocks. */
#ifndef LEAVE_UNSERVED
			lock(BOX(chosen));
			locked[box] = false;
#endif
			assert(done[t]);
			ret = result[t]
		fi
#endif
	:: else -> ret = result[t]
	fi;
	w = false;
	chosen = (done[t] -> won[t] : NONE)
}

/* imb_select_attempt(), imb_select_finish() */
inline attempt() {
	lock_all();
#ifdef STAND_FIRST
	stand_all();
#endif
	try();
	if
	:: ret == EAGAIN && !HAS(t, DONTWAIT) ->
#ifdef STAND_LATER
		unlock_all();
		lock_all();
#endif
		stand_all();
		stands = ret == OK;
		again = !stands
	:: else
	fi;
	settle_all();
	if
	:: stands || (ret == OK && waits) ->
		sleep_selecting();
		if
#ifndef KEEP_STANDS
		:: stands -> leave_all()
#endif
		:: else
		fi;
		again = ret == EAGAIN
	:: else
	fi;
	if
	:: ret == OK && !IS(chosen, SENDS) ->
		d_step {
			msg = (stands -> smsg[chosen] : msg);
			smsg[chosen] = NONE
		};
		conclude(chosen);
		again = ret == EAGAIN
	:: else
	fi
}

/* imb_select_run() */
inline run_selection() {
	do
	:: begin();
		attempt();
		if
#ifndef NOT_AGAIN
		:: again && !signalled[t]
		:: again && signalled[t] -> ret = ERESTARTSYS; chosen = NONE; break
#endif
		:: else -> break
		fi
	od
}

proctype task(byte t)
{
	LOCALS;
	byte ret, msg = NONE, got, chosen = 2 * t, c, ready, n;
	bool stands, waits, again;

	live[t] = true;
	if
	:: SELECTS(t) -> run_selection()
	:: !SELECTS(t) && IS(chosen, SENDS) -> send_plainly(chosen)
	:: else -> receive_plainly(chosen)
	fi;
	atomic {
		judge_return();
		live[t] = false;
		returned[t] = true
	};
ended:	skip
}
