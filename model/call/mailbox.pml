/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls, their messages and notices, and the mailbox that has them. All of this is done
 * under its lock. A call, its message and its caller have the same number, c; a
 * notice has that number and NOTICE.
 */
#define NOTICE		16

/* Where the message of a call is. */
#define OUT		0
#define THERE		1	/* stored, or in line */
#define MOVING		2	/* in transfer */

bool dead;
byte ports;		/* nr_receivers */

byte place[2];
bool withdrawn[2];	/* of a message in transfer */

bool live[2];		/* the frame with the caller's waiter and stand */
bool done[2];		/* its state: WAITING or DONE */
byte result[2];
bool taken[2];

bool open[2];
bool caller[2];		/* call->caller: it waits for the answer */
bool replying[2];
bool answered[2];
bool noticed[2];
bool returned[2];
bool charged[2];
byte refs[2];
byte process_of[2];	/* call->server */
byte port_of[2];

bool waiting[2];	/* of the servers: in the crowd */
bool given[2];		/* DONE */
byte got[2] = NONE;	/* a message or notice */
byte failed[2];		/* or an error */

bool sent[2];		/* the caller knows the number */

/* For the assertions alone. */
bool left[2];		/* the caller waits no more */
byte writers[2];	/* who copies an answer */
byte answers[2];	/* REPLY succeeded */
byte receipts[2];	/* of the message */
byte notices[2];	/* and of the notice */
bool unanswerable[2];	/* whoever received it gave no room for a token */
bool over_cancel[2];	/* CANCEL said DONE */
bool late_cancel[2];	/* CANCEL said TOO_LATE */

/* imb_call_get() */
inline call_get(c) {
	assert(refs[c] > 0);
	refs[c]++
}

/* imb_call_put() */
inline call_put(c) {
	assert(refs[c] > 0);
	refs[c]--;
	assert(refs[c] > 0 || (!open[c] && !noticed[c] && !replying[c]))
}

/* imb_waiter_claim(), of a caller */
inline claim(c, what) {
	assert(live[c] && !done[c]);
	left[c] = true;
	result[c] = what;
	done[c] = true
}

/* imb_xfer_win_receiver_locked(), imb_crowd_pick(): y is NONE if nobody wants it. */
inline pick(is_notice) {
	if
	:: waiting[0] && (!is_notice || DOES(0, NOTICES)) -> y = 0
	:: !(waiting[0] && (!is_notice || DOES(0, NOTICES))) && waiting[1] &&
	   (!is_notice || DOES(1, NOTICES)) -> y = 1
	:: else -> y = NONE
	fi
}

/* imb_xfer_give_locked(): to y */
inline give(what) {
	waiting[y] = false;
	given[y] = true;
	got[y] = what
}

/* imb_xfer_notify_locked() */
inline notify(c) {
	pick(true);
	if
	:: y != NONE ->
#ifndef NO_NOTICE_REFERENCE
		call_get(c);
#endif
		give(NOTICE + c)
	:: else -> noticed[c] = true
	fi;
	y = 0
}

/* imb_call_close_locked(), imb_call_put() by imb_after_run() */
inline close_call(c) {
	assert(open[c]);
	open[c] = false;
#ifndef CLOSE_KEEPS_NOTICE
	noticed[c] = false;
#endif
	if
	:: returned[c] -> assert(charged[c]); charged[c] = false
	:: else
	fi;
	call_put(c)
}

/* imb_call_fail_locked() */
inline fail_call(c, error) {
	if
	:: caller[c] -> caller[c] = false; claim(c, error)
	:: else
	fi;
	close_call(c)
}

/* imb_xfer_withdraw_locked(), imb_mbox_recall_locked() */
inline withdraw(c) {
	if
	:: place[c] == MOVING -> withdrawn[c] = true
	:: else
	fi;
	left[c] = true;
	place[c] = OUT
}

/* imb_mbox_discard_locked(), imb_mbox_release_sender_locked() */
inline discard(c, error) {
	withdraw(c);
	claim(c, error)
}

/* imb_xfer_leave_locked() */
inline leave(c) {
#ifndef LEAVE_CALLER
	caller[c] = false;
#endif
	left[c] = true;
	notify(c)
}

/* imb_call_open_locked(), imb_xfer_open_call_locked(): s can answer, or not. */
inline open_call(c, can) {
	if
#ifndef OPEN_UNANSWERABLE
	:: !can -> claim(c, EOWNERDEAD)
#endif
	:: else ->
		call_get(c);
		caller[c] = true;
		process_of[c] = PROCESS(s);
		port_of[c] = PORT(s);
		open[c] = true
	fi
}

/* imb_xfer_put_back_locked() */
inline put_back(c) {
	pick(false);
	if
	:: y != NONE -> give(c)
	:: else -> place[c] = THERE
	fi;
	y = 0
}

/*
 * imb_mbox_settle(), imb_mbox_evict_one_locked(), imb_call_fail_one_locked(),
 * imb_mbox_hung_up_locked(): all at once.
 */
inline settle() {
	x = 0;
	do
	:: x < 2 ->
		if
		:: dead && waiting[x] ->
			waiting[x] = false;
			given[x] = true;
			failed[x] = EIDRM
		:: else
		fi;
		if
		:: dead && place[x] != OUT -> discard(x, EIDRM)
		:: !dead && HANGUP && ports == 0 && place[x] != OUT ->
			discard(x, EPIPE)
		:: else
		fi;
		if
		:: dead && open[x] -> fail_call(x, EIDRM)
		:: else
		fi;
		x++
	:: else -> break
	od;
	x = 0;
	judge_settled()
}
