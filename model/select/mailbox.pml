/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiters, stands and messages, the mailboxes that have them, and settling.
 */
#define FREE		255	/* won by nobody yet */
#define NOBODY		254	/* imb_nobody: it has given up */

/* What became of a message, for the assertions alone. */
#define UNSENT		0
#define ALIVE		1
#define RECEIVED	2
#define TAKEN_BACK	3
#define DROPPED		4

bool live[TASKS];	/* the frame with the waiter and its stands */
byte won[TASKS] = FREE;
bool done[TASKS];	/* its state: WAITING or DONE */
byte result[TASKS];

bool standing[STANDS];
byte smsg[STANDS] = NONE;	/* of a receive: the message that it was given */

byte fate[STANDS];
bool stored[STANDS];
bool in_transfer[STANDS];
bool withdrawn[STANDS];
bool has_sender[STANDS];	/* msg->sender */

bool locked[2];
bool dead[2];
byte nr_stored[2];
chan store[2] = [STANDS] of { byte };
chan line[2] = [STANDS] of { byte };
chan crowd[2] = [STANDS] of { byte };

#define HAS_ROOM(b)	(nr_stored[b] < CAPACITY_OF(b))
#define IS_LOST(s)	(won[TASK(s)] != FREE && won[TASK(s)] != s)

/* From then on box is the mailbox at hand. */
inline lock(which) {
	atomic { !locked[which] -> locked[which] = true; box = which }
}

/* imb_stand_win(): whether, in w. */
inline win(s) {
#ifdef WIN_IN_TWO_STEPS
	d_step {
		assert(live[TASK(s)]);
		w = !SELECTS(TASK(s)) || !IS_LOST(s)
	};
	d_step {
		if
		:: w && SELECTS(TASK(s)) -> won[TASK(s)] = s
		:: else
		fi
	}
#else
	d_step {
		assert(live[TASK(s)] && standing[s]);
		if
		:: !SELECTS(TASK(s)) -> w = true
		:: else ->
			if
			:: won[TASK(s)] == FREE -> won[TASK(s)] = s
			:: else
			fi;
			w = won[TASK(s)] == s
		fi
	}
#endif
}

/* imb_stand_is_lost(): whether, in w. */
inline look_whether_lost(s) {
	d_step { assert(live[TASK(s)]); w = SELECTS(TASK(s)) && IS_LOST(s) }
}

/* imb_waiter_claim(); its stand was taken out. */
inline claim(s, what) {
	d_step {
		assert(live[TASK(s)] && !done[TASK(s)] && !standing[s]);
		assert(!SELECTS(TASK(s)) || won[TASK(s)] == s);
		result[TASK(s)] = what;
		done[TASK(s)] = true
	}
}

/* imb_mbox_unqueue_locked() */
inline unqueue(m) {
	if
	:: stored[m] -> store[box]??eval(m)
	:: else -> line[box]??eval(m)
	fi
}

/* imb_queue_add() */
inline enqueue(m) {
	if
	:: stored[m] -> store[box]!m
	:: else -> line[box]!m
	fi
}

/* imb_mbox_retire_locked() */
inline retire(m, what) {
	assert(fate[m] == ALIVE);
	fate[m] = what;
	in_transfer[m] = false;
	if
	:: stored[m] -> nr_stored[box]--
	:: else
	fi
}

/* imb_mbox_recall_locked() */
inline recall(m, what) {
	has_sender[m] = false;
	if
	:: in_transfer[m] -> withdrawn[m] = true
	:: else -> unqueue(m)
	fi;
	retire(m, what)
}

/* imb_mbox_forget_locked() */
inline forget(m) {
	d_step {
		assert(standing[m] && has_sender[m]);
		standing[m] = false;
		recall(m, TAKEN_BACK)
	}
}

/* imb_mbox_discard_locked(), imb_mbox_release_sender_locked() */
inline discard(m, error) {
	if
	:: has_sender[m] ->
		d_step { recall(m, TAKEN_BACK) };
#ifdef DISCARD_UNWON
		w = true;
#else
		win(m);
#endif
		standing[m] = false;
		if
		:: w -> claim(m, error)
		:: else
		fi
	:: else -> d_step { recall(m, DROPPED) }
	fi
}

/* imb_crowd_leave() */
inline leave_crowd(s) {
	d_step {
		assert(standing[s]);
		crowd[box]??eval(s);
		standing[s] = false
	}
}

/*
 * imb_mbox_pick_locked(): cw is NONE if nobody waits. Who is lost is taken away.
 */
inline pick() {
	do
	:: d_step { empty(crowd[box]) -> cw = NONE }; break
	:: d_step { nempty(crowd[box]) -> crowd[box]?<cw> };
		look_whether_lost(cw);
		if
		:: w -> leave_crowd(cw)
		:: else -> break
		fi
	od
}

/* imb_xfer_win_receiver_locked() */
inline win_receiver() {
	do
	:: pick();
		if
		:: cw != NONE ->
			win(cw);
			leave_crowd(cw);
#ifdef SERVE_THE_LOST
			break
#else
			if
			:: w -> break
			:: else
			fi
#endif
		:: else -> break
		fi
	od
}

/* imb_mbox_takes_newcomer_locked(): whether, in room. */
inline takes_newcomer() {
	do
	:: d_step { empty(line[box]) -> room = HAS_ROOM(box) }; break
	:: d_step { nempty(line[box]) -> line[box]?<x> };
		look_whether_lost(x);
		if
		:: w -> forget(x)
		:: else -> room = false; break
		fi
	od
}

/* imb_mbox_match_locked(), imb_mbox_best_locked(): x is NONE if nothing is there. */
inline first() {
	do
	:: d_step {
		if
		:: nempty(store[box]) -> store[box]?<x>
		:: empty(store[box]) && nempty(line[box]) -> line[box]?<x>
		:: empty(store[box]) && empty(line[box]) -> x = NONE
		fi };
		if
		:: x != NONE && has_sender[x] ->
			look_whether_lost(x);
			if
			:: w -> forget(x)
			:: else -> break
			fi
		:: else -> break
		fi
	od
}

/* imb_mbox_admit_one_locked() */
inline admit_one() {
	d_step { line[box]?<x> };
	look_whether_lost(x);
	if
	:: !w && !IS(x, UNTIL) -> win(x); w = !w
	:: else
	fi;
	if
	:: w -> forget(x)
	:: else ->
		d_step {
			line[box]??eval(x);
			stored[x] = true;
			nr_stored[box]++;
			store[box]!x
		};
		if
		:: !IS(x, UNTIL) ->
			d_step { has_sender[x] = false; standing[x] = false };
			claim(x, OK)
		:: else
		fi
	fi
}

#define SENDER_STANDS(b, s)	(standing[s] && IS(s, SENDS) && BOX(s) == b)

/* imb_mbox_dismiss_sender_locked(): the first, here of the lowest number, in x. */
inline first_sender() {
	d_step {
		x = 0;
		do
		:: x < STANDS && !SENDER_STANDS(box, x) -> x++
		:: x < STANDS && SENDER_STANDS(box, x) -> break
		:: x == STANDS -> x = NONE; break
		od
	}
}

/* imb_mbox_evict_one_locked(), imb_mbox_dismiss_receiver_locked() */
inline evict_one() {
	if
	:: d_step { nempty(crowd[box]) -> crowd[box]?<cw> };
#ifdef DISCARD_UNWON
		w = true;
#else
		win(cw);
#endif
		leave_crowd(cw);
		if
		:: w -> claim(cw, EIDRM)
		:: else
		fi
	:: empty(crowd[box]) ->
		first_sender();
		if
		:: x == NONE && nempty(store[box]) -> store[box]?<x>
		:: x == NONE && empty(store[box]) -> more = false
		:: x != NONE
		fi;
		if
		:: more -> discard(x, EIDRM)
		:: else
		fi
	fi
}

/* imb_mbox_settle(), imb_mbox_settle_one_locked(); unlocks. */
inline settle() {
	more = true;
	do
	:: more && dead[box] -> evict_one()
	:: more && !dead[box] ->
		if
		:: nempty(line[box]) && HAS_ROOM(box) -> admit_one()
		:: empty(line[box]) || !HAS_ROOM(box) -> more = false
		fi
	:: !more -> break
	od;
	atomic {
		judge_settled(box);
		cw = NONE;
		x = NONE;
		w = false;
		room = false;
		locked[box] = false;
		box = 0
	}
}

#define LOCALS \
	byte cw = NONE, x = NONE, box; \
	bool w, room, more
