/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers: they receive, answer, or do not, and go.
 */

/* imb_call_held_by_locked() and imb_call_fail_locked(), which find only such calls */
inline abandon_one(q, p) {
	if
	:: open[i] && !answered[i] && port_of[i] == q &&
	   (p == NONE || process_of[i] == p) -> fail_call(i, EOWNERDEAD)
	:: else
	fi;
	i++;
	settle()
}

/* imb_call_abandon(): of process p, or of any. The lock is free between two. */
inline abandon(q, p) {
	i = 0;
	do
	:: d_step { i < 2 -> abandon_one(q, p) }
	:: else -> break
	od;
	i = 0
}

/* A file is put; imb_port_release(), imb_port_free(), imb_mbox_detach() */
inline put_file(q) {
	atomic { ret = OK; users[q]--; last = users[q] == 0 };
	if
	:: last ->
		last = false;
		abandon(q, NONE);
		d_step { ports--; settle() }
	:: else
	fi
}

/* imb_port_flush(): the last descriptor of a process, taken away just before. */
inline flush(p, q) {
#ifndef NO_FLUSH
	if
	:: CALLS_OPEN -> abandon(q, p)
	:: else
	fi;
#endif
	put_file(q)
}

/* imb_port_end_receive(): another thread has closed the descriptor meanwhile. */
inline end_receive() {
#ifndef CLOSED_TOO_EARLY
	if
	:: CALLS_OPEN && !has_fd[PROCESS(s)] -> abandon(PORT(s), PROCESS(s))
	:: else
	fi
#else
	skip
#endif
}

/*
 * imb_xfer_choose_locked(), imb_xfer_take_locked(), imb_crowd_join(): EAGAIN if it has
 * to wait.
 */
inline take() {
	ret = OK;
	if
	:: dead -> ret = EIDRM
	:: !dead && DOES(s, NOTICES) && (noticed[0] || noticed[1]) ->
		c = (noticed[0] -> 0 : 1);
		noticed[c] = false;
#ifndef NO_NOTICE_REFERENCE
		call_get(c);
#endif
		m = NOTICE + c
	:: !dead && !(DOES(s, NOTICES) && (noticed[0] || noticed[1])) &&
	   (place[0] == THERE || place[1] == THERE) ->
		m = (place[0] == THERE -> 0 : 1);
		place[m] = MOVING
	:: else -> ret = EAGAIN; waiting[s] = true
	fi;
	c = 0;
	settle()
}

/* imb_xfer_await() */
inline await() {
	resting[s] = true;
	atomic {
		if
		:: given[s] -> ret = failed[s]; m = got[s]
		:: !given[s] && killed[PROCESS(s)] ->
			waiting[s] = false;
			ret = EINTR
		:: over -> goto ended
		fi;
		given[s] = false;
		failed[s] = OK;
		got[s] = NONE;
		resting[s] = false
	}
}

/* imb_xfer_end_notice_locked() */
inline end_notice() {
	c = m - NOTICE;
	assert(refs[c] > 0);
	if
#ifdef NOTICE_TWICE
	:: open[c] -> notify(c)
#else
	:: open[c] && ret != OK -> notify(c)
	:: open[c] && ret == OK -> close_call(c)
#endif
	:: else
	fi;
	if
	:: ret == OK -> judge_notice()
	:: else
	fi;
	settle();
#ifndef NO_NOTICE_REFERENCE
	call_put(c);
#endif
	c = 0
}

/* imb_xfer_commit_locked() */
inline commit() {
	judge_commit();
	place[m] = OUT;
	taken[m] = true;
	unanswerable[m] = !can;
	open_call(m, can)
}

/* imb_xfer_conclude(), locked */
inline conclude() {
	if
	:: m >= NOTICE -> end_notice()
	:: m < NOTICE && withdrawn[m] ->
		withdrawn[m] = false;
		ret = (ret == OK -> EAGAIN : ret);
		settle()
	:: m < NOTICE && !withdrawn[m] && ret != OK -> put_back(m); settle()
	:: else -> commit(); settle()
	fi;
	m = NONE
}

/* imb_xfer_receive(), imb_xfer_take(), imb_xfer_export() */
inline receive() {
	do
	:: d_step { take() };
		if
		:: ret == EAGAIN -> await()
		:: else
		fi;
		if
		:: ret != OK -> break
		:: else
		fi;
		/* The copy, and a look whether it is killed. */
		atomic {
			if
			:: true
			:: faults > 0 -> faults--; ret = EFAULT
			fi;
			if
			:: true
			:: DOES(s, TOKENLESS) -> can = false
			fi;
			ret = (killed[PROCESS(s)] -> EINTR : ret)
		};
		d_step { conclude(); can = true };
		if
		:: ret == EAGAIN && !killed[PROCESS(s)]
		:: else -> break
		fi
	od
}

/* imb_call_begin_reply_locked() */
inline begin_reply() {
	ret = OK;
	if
	:: dead -> ret = EIDRM
	:: !dead && (!open[c] || answered[c]) -> ret = ESTALE
	:: !dead && open[c] && !answered[c] && !caller[c] ->
		close_call(c);
		ret = ESTALE
#ifndef TWO_AT_ONCE
	:: !dead && open[c] && !answered[c] && caller[c] && replying[c] ->
		ret = EBUSY
#endif
	:: else ->
		replying[c] = true;
		writers[c]++;
#ifndef NO_REPLY_REFERENCE
		call_get(c)
#endif
	fi;
	assert(ret != ESTALE || left[c]);
	settle()
}

/* imb_call_end_reply_locked() */
inline end_reply() {
	assert(refs[c] > 0);
	replying[c] = false;
	writers[c]--;
	if
#ifndef ANSWER_WHO_LEFT
	:: !open[c] -> ret = (dead -> EIDRM : ESTALE)
	:: open[c] && !caller[c] -> close_call(c); ret = ESTALE
#endif
	:: open[c] && caller[c] && ret != OK
	:: else ->
		answered[c] = true;
		caller[c] = false;
		answers[c]++;
		claim(c, OK)
	fi;
	assert(ret != ESTALE || left[c]);
	settle();
#ifndef NO_REPLY_REFERENCE
	call_put(c)
#endif
}

/* imb_call_reply() */
inline reply() {
	d_step { begin_reply() };
	if
	:: ret == OK ->
		atomic {
			if
			:: true
			:: faults > 0 -> faults--; ret = EFAULT
			fi
		};
		d_step { end_reply() }
	:: else
	fi;
	c = 0
}

#define CAN_WORK	(has_fd[PROCESS(s)] && !killed[PROCESS(s)])
/* Anybody may answer who knows the token. */
#define IS_KNOWN(c)	(receipts[c] > 0 && !unanswerable[c])

proctype server(byte s)
{
	byte ret, m = NONE, c, i, x, y;
	byte receives = (s == 0 -> RECEIVES : RECEIVES_1);
	byte replies = (s == 0 -> REPLIES : REPLIES_1);
	bool last, can = true;

	do
	:: d_step { receives > 0 && CAN_WORK -> receives--; users[PORT(s)]++ };
		receive();
		end_receive();
		put_file(PORT(s))
	:: d_step { replies > 0 && CAN_WORK && (IS_KNOWN(0) || IS_KNOWN(1)) ->
			replies--; users[PORT(s)]++ };
		atomic {
			if
			:: IS_KNOWN(0)
			:: IS_KNOWN(1) -> c = 1
			fi
		};
		reply();
		put_file(PORT(s))
	:: true -> break
	od;
	if
	:: true
	:: DOES(s, STAYS) ->
		resting[s] = true;
		if
		:: killed[PROCESS(s)] -> resting[s] = false
		:: over -> goto ended
		fi
	fi;
	/* Its process ends with its last thread. */
	atomic {
		threads[PROCESS(s)]--;
		last = threads[PROCESS(s)] == 0 && has_fd[PROCESS(s)];
		if
		:: last -> has_fd[PROCESS(s)] = false
		:: else
		fi;
		over_for[s] = true
	};
	if
	:: last -> last = false; flush(PROCESS(s), PORT(s))
	:: else
	fi;
ended:	skip
}

/* Another thread of the server's process closes the descriptor. */
proctype closer(byte s)
{
	byte ret, i, x, y;
	bool last;

	if
	:: d_step { has_fd[PROCESS(s)] -> has_fd[PROCESS(s)] = false };
		flush(PROCESS(s), PORT(s))
	:: true
	fi
}
