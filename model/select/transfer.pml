/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending and receiving by one mailbox: what those do who do not select, and what
 * a selection is made of. The task is t, what it gets is ret, and a message that it
 * receives is msg.
 */

/* imb_xfer_check_locked() */
inline check_send(s, dontwait) {
	if
	:: dead[box] -> ret = EIDRM
	:: else ->
		takes_newcomer();
		if
		:: !dontwait || (room && !IS(s, UNTIL)) -> ret = OK
		:: else ->
			pick();
			ret = (cw == NONE -> EAGAIN : OK)
		fi
	fi
}

/* imb_xfer_place_locked() */
inline place(s) {
	d_step {
		assert(fate[s] != ALIVE && !withdrawn[s]);
		fate[s] = ALIVE;
		stored[s] = room;
		nr_stored[box] = nr_stored[box] + room;
		if
		:: !room || IS(s, UNTIL) -> has_sender[s] = true; standing[s] = true
		:: else
		fi
	}
}

/* imb_xfer_begin_locked() */
inline begin_transfer(m) {
	assert(!has_sender[m] || !SELECTS(TASK(m)) || won[TASK(m)] == m);
	in_transfer[m] = true
}

/* imb_xfer_give_locked(): to cw */
inline give(m) {
	d_step { begin_transfer(m); smsg[cw] = m };
	claim(cw, OK)
}

/* imb_xfer_offer_locked() */
inline offer(s, dontwait) {
	check_send(s, dontwait);
	if
	:: ret == OK ->
		takes_newcomer();
		win_receiver();
		if
		:: cw == NONE && dontwait && (!room || IS(s, UNTIL)) -> ret = EAGAIN
		:: else ->
			place(s);
			if
			:: cw != NONE -> give(s)
			:: else -> d_step { enqueue(s) }
			fi
		fi
	:: else
	fi
}

/* imb_xfer_choose_locked() */
inline choose(s) {
	if
	:: dead[box] -> ret = EIDRM
	:: else -> first(); ret = (x == NONE -> EAGAIN : OK)
	fi
}

/* imb_xfer_take_locked(), of x; whether, in w. */
inline take() {
	w = true;
	if
	:: has_sender[x] -> win(x)
	:: else
	fi;
	if
	:: w -> d_step { unqueue(x); begin_transfer(x); msg = x }
	:: else -> forget(x)
	fi
}

/* imb_xfer_put_back_locked() */
inline put_back() {
	in_transfer[msg] = false;
	cw = NONE;
	if
	:: has_sender[msg] && SELECTS(TASK(msg))
	:: else -> win_receiver()
	fi;
	if
	:: cw != NONE -> give(msg)
	:: else ->
		d_step { enqueue(msg) };
		if
#ifndef KEEP_WHAT_WAS_WON
		:: !dead[box] && has_sender[msg] && SELECTS(TASK(msg)) ->
			discard(msg, EAGAIN)
#endif
		:: else
		fi
	fi
}

/* imb_xfer_commit_locked() */
inline commit() {
	d_step {
		retire(msg, RECEIVED);
		/* A selector never meets itself. */
		assert(TASK(msg) != t);
		got++
	};
	if
	:: has_sender[msg] ->
		d_step {
			has_sender[msg] = false;
			standing[msg] = false
		};
		claim(msg, OK)
	:: else
	fi
}

/* imb_xfer_export(), imb_xfer_conclude() */
inline conclude(s) {
	if
	:: true
	:: d_step { faults > 0 -> faults--; ret = EFAULT }
	fi;
	lock(BOX(s));
	if
	:: withdrawn[msg] -> ret = (ret == OK -> EAGAIN : ret)
	:: !withdrawn[msg] && ret != OK -> put_back()
	:: else -> commit()
	fi;
	msg = NONE;
	settle()
}

/*
 * imb_waiter_sleep(): what was completed goes first. That somebody waits, and for
 * what, only the judge looks at.
 */
inline sleep() {
	asleep[t] = true;
	atomic {
		if
		:: done[t] -> ret = OK
		:: signalled[t] -> ret = ERESTARTSYS
		:: HAS(t, DEADLINE) -> ret = ETIMEDOUT
		:: over -> goto ended
		fi;
		asleep[t] = false
	}
}

/* imb_xfer_withdraw() */
inline withdraw(s) {
	lock(BOX(s));
	if
	:: done[t] -> ret = result[t]
	:: else -> forget(s)
	fi;
	settle()
}

/* imb_xfer_send() */
inline send_plainly(s) {
	lock(BOX(s));
	offer(s, false);
	stands = ret == OK && has_sender[s];
	settle();
	if
	:: stands ->
		sleep();
		if
		:: ret != OK -> withdraw(s)
		:: else -> ret = result[t]
		fi
	:: else
	fi
}

/* imb_xfer_take(), imb_xfer_await() */
inline await(s) {
	lock(BOX(s));
	do
	:: choose(s);
		if
		:: ret == OK ->
			take();
			if
			:: w -> break
			:: else
			fi
		:: else -> break
		fi
	od;
	stands = ret == EAGAIN;
	if
	:: stands -> d_step { standing[s] = true; crowd[box]!s }
	:: else
	fi;
	settle();
	if
	:: stands ->
		sleep();
		if
		:: ret != OK ->
			lock(BOX(s));
			if
			:: !done[t] -> leave_crowd(s)
			:: else -> ret = result[t]
			fi;
			settle()
		:: else -> ret = result[t]
		fi;
		d_step { msg = smsg[s]; smsg[s] = NONE; done[t] = false }
	:: else
	fi
}

/* imb_xfer_receive() */
inline receive_plainly(s) {
	do
	:: await(s);
		if
		:: ret == OK -> conclude(s)
		:: else -> break
		fi;
		if
		:: ret == EAGAIN && !signalled[t]
		:: ret == EAGAIN && signalled[t] -> ret = ERESTARTSYS; break
		:: ret != EAGAIN -> break
		fi
	od
}
