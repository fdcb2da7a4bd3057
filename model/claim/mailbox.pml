/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mailbox: what its lock protects, and settling. A message is its id.
 */
#define MESSAGES	(SENDS_0 + SENDS_1)

/* What became of a message, for the assertions alone. */
#define UNSENT		0
#define ALIVE		1
#define RECEIVED	2
#define TAKEN_BACK	3
#define EXPIRED		4
#define DROPPED		5

bool locked;
bool dead;
byte ports = 4;		/* refs: here, one port of each task */
byte nr_senders = 2;
byte nr_receivers = 2;
byte sent;		/* last_id too */
byte nr_received, nr_taken_back, nr_expired, nr_dropped, nr_transfer;
byte nr_stored;
byte nr_waiting;
bool told_eof;

/* A queue is a FIFO and the set of those that came back, by id. */
chan store = [MESSAGES] of { byte };
chan line = [MESSAGES] of { byte };
byte store_returned, line_returned;
chan senders = [2] of { byte };
chan receivers = [2] of { byte };

byte fate[MESSAGES];
bool stored[MESSAGES];
bool in_transfer[MESSAGES];
bool withdrawn[MESSAGES];
bool returned[MESSAGES];
bool freed[MESSAGES];
byte msender[MESSAGES] = NONE;

#define BITS(set)	((set & 1) + ((set >> 1) & 1) + ((set >> 2) & 1) + \
				((set >> 3) & 1))
#define IN_STORE	(len(store) + BITS(store_returned))
#define IN_LINE		(len(line) + BITS(line_returned))
#define HAS_ROOM	(nr_stored < CAPACITY)	/* imb_mbox_has_room_locked() */
/* imb_mbox_hung_up_locked(), imb_mbox_at_eof_locked() */
#define HUNG_UP		(HANGUP && nr_receivers == 0)
#ifdef EOF_IN_TRANSFER
#define AT_EOF		(HANGUP && nr_senders == 0)
#else
#define AT_EOF		(HANGUP && nr_senders == 0 && nr_transfer == 0)
#endif

/* imb_queue_first() */
inline queue_first(fifo, set, out) {
	n = len(fifo);
	if
	:: set != 0 -> out = LOWEST(set)
	:: set == 0 && n > 0 -> fifo?<out>
	:: else -> out = NONE
	fi;
	n = 0
}

/* imb_queue_add() of one that comes back */
inline queue_put_back(fifo, set, m) {
#ifdef PUT_BACK_LAST
	fifo!m
#else
	returned[m] = true;
	set = set | (1 << m)
#endif
}

/* imb_queue_remove() */
inline queue_remove(fifo, set, m) {
	if
	:: returned[m] -> set = set & ~(1 << m)
	:: else -> fifo??eval(m)
	fi
}

/* imb_mbox_match_locked(), imb_mbox_best_locked() */
inline first(out) {
	queue_first(store, store_returned, out);
	queue_first(line, line_returned, y);
	if
	:: out == NONE || (y != NONE && y < out) -> out = y
	:: else
	fi;
	y = 0
}

/* imb_mbox_unqueue_locked() */
inline unqueue(m) {
	if
	:: stored[m] -> queue_remove(store, store_returned, m)
	:: else -> queue_remove(line, line_returned, m)
	fi
}

/* imb_mbox_retire_locked() */
inline retire(m, counter, what) {
	assert(fate[m] == ALIVE);
	fate[m] = what;
	was_transfer = in_transfer[m];
	if
	:: was_transfer -> in_transfer[m] = false; nr_transfer--
	:: else
	fi;
	if
	:: stored[m] && !(SLOT_GIVEN && was_transfer) -> nr_stored--
	:: else
	fi;
	was_transfer = false;
	counter++
}

/* imb_mbox_recall_locked() */
inline recall(m, counter, what) {
	msender[m] = NONE;
	if
	:: in_transfer[m] ->
		withdrawn[m] = true;
#ifdef WITHDRAW_FREES
		trash = trash | (1 << m)
#endif
	:: else -> unqueue(m); trash = trash | (1 << m)
	fi;
	retire(m, counter, what)
}

/*
 * imb_mbox_discard_locked(), imb_mbox_release_sender_locked(): the claim of the sender
 * follows.
 */
inline discard(m, error, counter, what) {
	cw = msender[m];
	if
	:: cw != NONE -> cr = error; senders??eval(cw)
	:: else
	fi;
	recall(m, counter, what)
}

/* imb_mbox_pick_locked() and imb_crowd_leave(); NONE if nobody waits */
inline pick_receiver() {
	if
	:: nr_waiting > 0 -> receivers?cw; nr_waiting--
	:: else -> cw = NONE
	fi
}

/* imb_mbox_dismiss_sender_locked() */
inline dismiss_sender(error) {
	senders?<x>;
	x = wmsg[x];
	if
	:: stored[x] && dead -> discard(x, error, nr_dropped, DROPPED)
	:: else -> discard(x, error, nr_taken_back, TAKEN_BACK)
	fi;
	x = 0
}

/* imb_mbox_evict_one_locked(), imb_mbox_dismiss_receiver_locked() */
inline evict_one() {
	first(z);
	n = len(senders);
	if
#ifndef FORGET_RECEIVERS
	:: nr_waiting > 0 -> pick_receiver(); cr = EIDRM
#endif
	:: FORGET_OR(nr_waiting == 0) && n > 0 ->
		dismiss_sender(EIDRM)
	:: FORGET_OR(nr_waiting == 0) && n == 0 && z != NONE ->
		discard(z, OK, nr_dropped, DROPPED)
	:: else -> more = false
	fi;
	n = 0;
	z = 0
}

/* imb_mbox_admit_one_locked(), imb_mbox_admits_locked() */
inline admit_one() {
	queue_first(line, line_returned, z);
	if
	:: z != NONE && HAS_ROOM ->
		queue_remove(line, line_returned, z);
		stored[z] = true;
		nr_stored++;
		if
		:: returned[z] -> queue_put_back(store, store_returned, z)
		:: else -> store!z
		fi;
		x = msender[z];
		if
		:: !until_taken[x] ->
			msender[z] = NONE;
			senders??eval(x);
#ifndef ADMIT_SILENTLY
			assert(live[x]);
			cw = x;
			cr = OK
#endif
		:: else
		fi;
		x = 0
	:: else -> more = false
	fi;
	z = 0
}

/* imb_mbox_settle_one_locked() */
inline settle_one() {
	more = true;
	eof = AT_EOF;
	n = len(senders);
	if
	:: dead -> evict_one()
	:: !dead && HUNG_UP ->
		if
		:: n > 0 -> dismiss_sender(EPIPE)
		:: else -> more = false
		fi
	:: !dead && !HUNG_UP && eof ->
		pick_receiver();
		if
		:: cw != NONE -> cr = EPIPE; told_eof = true
		:: else -> more = false
		fi
	:: else -> admit_one()
	fi;
	eof = false;
	n = 0
}

/* Frees what the mailbox let go of; to free it a little early hides no use. */
inline empty_trash() {
	do
	:: trash != 0 ->
		x = LOWEST(trash);
		assert(!freed[x]);
		freed[x] = true;
		trash = trash & ~(1 << x)
	:: else -> x = 0; break
	od
}

/*
 * imb_mbox_settle(), imb_after_run(). The claim that the operation itself asked
 * for comes first. Everybody's locals: LOCALS.
 */
inline settle() {
	do
	:: cw != NONE -> claim()
	:: cw == NONE ->
		d_step {
			if
#ifdef NO_SETTLE_AFTER_PUT_BACK
			:: no_settle -> more = false; no_settle = false
#endif
			:: BATCH && piece -> piece = false; pause = true
			:: else -> settle_one(); piece = BATCH && more
			fi;
			if
			:: !more -> judge_settled()
			:: else
			fi;
			if
			:: !more || pause -> empty_trash(); locked = false
			:: else
			fi
		};
		if
		:: !more || pause ->
			fire();
#ifdef STOP_AFTER_BATCH
			more = false;
			pause = false;
#endif
			if
			:: !more -> more = true; break
			:: else ->
				/* The next batch. */
				atomic {
					!locked ->
					locked = true;
					pause = false
				}
			fi
		:: else
		fi
	od
}

#define LOCALS \
	byte cw = NONE; \
	byte cr, wakes, trash, n, x, y, z; \
	bool more = true; \
	bool piece, pause, was_transfer, eof; \
	bool no_settle, slept
