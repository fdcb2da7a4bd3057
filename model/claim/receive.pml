/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receiving: take, export, conclude.
 */

/*
 * imb_xfer_take(), imb_xfer_choose_locked(), imb_mbox_refuse_receiver_locked(),
 * imb_xfer_take_locked(), imb_xfer_begin_locked(), imb_crowd_join(); await if it has to
 * wait.
 */
inline take(t) {
	first(msg);
	await = false;
	eof = AT_EOF;
	if
	:: dead -> ret = EIDRM; msg = NONE
	:: !dead && msg == NONE && eof -> ret = EPIPE; told_eof = true
	:: !dead && msg == NONE && !eof && dontwait[t] ->
		ret = EAGAIN;
		judge_nothing_there();
		saw_none = true
	:: !dead && msg == NONE && !eof && !dontwait[t] ->
		ret = OK;
		judge_nothing_there();
		saw_none = true;
		await = true;
		waiter_init(t);
		receivers!t;
		nr_waiting++
	:: !dead && msg != NONE && small ->
		/* imb_xfer_fits() */
		ret = EMSGSIZE;
		assert(WITHIN_REACH(msg));
		msg = NONE
	:: else ->
		ret = OK;
		judge_oldest(msg);
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
	doomed = killed[t] && msg != NONE;
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
				:: done[t] ->
#ifdef FORGET_HANDED
					wmsg[t] = NONE;
					result[t] = ret;
#endif
					gave_up = false
				:: else ->
					gave_up = true;
					locked = true;
					if
					:: !dead -> judge_nothing_there()
					:: else
					fi;
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
		doomed = killed[t] && msg != NONE;
		live[t] = false;
		done[t] = false;
		result[t] = OK;
		wmsg[t] = NONE
	}
}

/* imb_xfer_put_back_locked(), imb_mbox_admits_locked() */
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
				judge_refused(msg, until_taken[x]);
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
	retire(msg, nr_received, RECEIVED);
	assert(!got);
	got = true;
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
	/* The copy: user memory may fault. Then a look whether it is killed. */
	atomic {
		assert(!freed[msg]);
		if
		:: small -> ret = EMSGSIZE
		:: !small
		:: !small && faults > 0 -> faults--; ret = EFAULT
		fi;
#ifndef COMMIT_THOUGH_KILLED
		if
		:: killed[t] && ret == OK -> ret = ERESTARTSYS
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
				had_signal = signalled[t];
#ifndef KEEP_WITHDRAWN
				trash = trash | (1 << msg);
#endif
#ifndef TOO_LONG_THOUGH_GONE
				ret = (ret == EMSGSIZE -> OK : ret);
#endif
				ret = (ret == OK -> EAGAIN : ret)
			:: !withdrawn[msg] && ret != OK -> put_back()
#else
			:: ret != OK -> put_back()
#endif
			:: else -> commit()
			fi;
			/* It was there to be too long. */
			assert(ret != EMSGSIZE || !withdrawn[msg]);
			msg = NONE
		}
	};
	settle()
}

/* imb_xfer_receive(): again if the sender took the message back, unless a signal came. */
inline receive(t) {
	do
	:: true ->
		atomic {
			!locked && MAY_BEGIN(t) ->
			if
			:: true
			:: !retry && HAS(t, DONTWAIT) -> dontwait[t] = true
			fi;
			if
			:: true
			:: !retry && HAS(t, SMALL) -> small = true
			fi;
			begun[t] = true;
			d_step {
				/* Who had a signal at the end of a round does no other. */
				assert(!had_signal);
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
#ifndef RETURN_WITHDRAWN
#ifdef IGNORE_SIGNAL
		:: ret == EAGAIN -> ret = OK; retry = true
#else
		:: ret == EAGAIN && !signalled[t] -> ret = OK; retry = true
		:: ret == EAGAIN && signalled[t] -> ret = ERESTARTSYS; break
#ifdef HIDE_BEHIND_DEADLINE
		:: ret == EAGAIN && !signalled[t] && HAS(t, DEADLINE) ->
			overdue[t] = true;
			ret = ETIMEDOUT;
			break
#endif
#endif
#endif
		:: else -> break
		fi
	od;
	atomic {
		judge_receive(t);
		waiter_gone(t);
		got = false;
		doomed = false;
		had_signal = false;
		saw_none = false;
		small = false;
		ret = OK;
		msg = NONE;
		retry = false;
		stop = killed[t]
	}
}
