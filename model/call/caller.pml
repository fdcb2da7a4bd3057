/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calling and cancelling.
 */

/* imb_xfer_offer_locked(), imb_xfer_place_locked() */
inline offer() {
	if
	:: dead -> ret = EIDRM
	:: !dead && HANGUP && ports == 0 -> ret = EPIPE
	:: else ->
		charged[c] = true;
		sent[c] = true;
		place[c] = MOVING;
		pick(false);
		if
		:: y != NONE -> give(c)
		:: else -> place[c] = THERE
		fi;
		y = 0
	fi
}

/*
 * imb_waiter_sleep(): what was completed goes first. Who has a deadline for its being
 * taken begins with that one.
 */
inline sleep() {
	asleep[c] = true;
	atomic {
		if
		:: done[c] -> ret = OK
		:: signalled[c] -> ret = ERESTARTSYS
		:: MAY(c, DEADLINE) || (MAY(c, TAKEN_DEADLINE) && !second) ->
			ret = ETIMEDOUT
		:: over -> goto ended
		fi;
		asleep[c] = false
	}
}

/* imb_xfer_waits_on(): whether, in on. */
inline wait_on() {
	on = false;
	if
#ifndef REASON_FIRST
	:: done[c] -> ret = result[c]
#endif
	:: !done[c] && !taken[c] -> withdraw(c)
	:: !done[c] && taken[c] && ret == ETIMEDOUT && MAY(c, TAKEN_DEADLINE) && !second ->
		second = true;
		on = true
	:: else ->
		leave(c);
#ifndef RESTART_WHAT_WAS_TAKEN
		ret = (ret == ERESTARTSYS -> EINTR : ret)
#endif
	fi;
	settle()
}

/* imb_call_end_locked(), imb_xfer_end_call() */
inline end_call() {
	returned[c] = true;
	live[c] = false;
	if
	:: !open[c] -> assert(charged[c]); charged[c] = false
	:: open[c] && answered[c] -> close_call(c)
	:: else
	fi;
	settle()
}

/* imb_call_new(), imb_xfer_call() */
proctype caller_task(byte c)
{
	byte ret, x, y;
	bool second, on;

	d_step {
		refs[c] = 1;
		live[c] = true;
		offer();
		settle()
	};
	if
	:: sent[c] ->
		do
		:: sleep();
			if
			:: ret == OK -> ret = result[c]; break
			:: else ->
				d_step { wait_on() };
				if
				:: on
				:: else -> break
				fi
			fi
		od;
		atomic { end_call() }
	:: else -> atomic { returned[c] = true; live[c] = false }
	fi;
	atomic { judge_caller(); call_put(c) };
ended:	skip
}

/*
 * imb_xfer_cancel(), imb_xfer_cancel_locked(), imb_xfer_find_locked(),
 * imb_xfer_cancel_call_locked(), imb_call_from_locked(): of a number that is known
 */
inline cancel(c) {
	assert(!over_cancel[c] || place[c] == OUT);
	if
#ifdef FORGET_MOVING
	:: place[c] == THERE ->
#else
	:: place[c] != OUT ->
#endif
		over_cancel[c] = true;
		discard(c, ECANCELED)
	:: open[c] && answered[c] -> assert(answers[c] == 1)
	:: else ->
		late_cancel[c] = true;
		/* Nobody will find it any more. */
		assert(place[c] == OUT);
		if
		:: open[c] && caller[c] -> leave(c); claim(c, ECANCELED)
		:: else
		fi
	fi;
	settle()
}

proctype canceller()
{
	byte n = CANCELS, x, y;

	do
	:: d_step { n > 0 && sent[0] -> n--; cancel(0) }
	:: d_step { n > 0 && sent[1] -> n--; cancel(1) }
	:: n == 0 -> break
	:: over -> break
	od
}
