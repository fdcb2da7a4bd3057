/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending.
 */

/*
 * imb_xfer_win_receiver_locked(), whom nobody else can win here, and
 * imb_xfer_give_locked(): cw is NONE if nobody waits.
 */
inline hand(m) {
	pick_receiver();
	if
	:: cw != NONE ->
		assert(live[cw]);
		judge_oldest(m);
		in_transfer[m] = true;
		nr_transfer++;
		wmsg[cw] = m;
		cr = OK
	:: else
	fi
}

/*
 * imb_xfer_check_locked(), imb_mbox_refuse_sender_locked(),
 * imb_mbox_takes_newcomer_locked(), imb_xfer_offer_locked(), imb_xfer_place_locked()
 */
inline offer(t) {
	room = IN_LINE == 0 && HAS_ROOM;
	if
	:: dead -> ret = EIDRM
	:: !dead && HUNG_UP -> ret = EPIPE
	:: !dead && !HUNG_UP && dontwait[t] && MET == 0 &&
	   (!room || until_taken[t]) ->
		ret = EAGAIN;
		judge_refused(sent, until_taken[t])
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

/* imb_xfer_withdraw(), imb_xfer_withdraw_locked() */
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
				if
				:: ret == ETIMEDOUT ->
					recall(msg, nr_expired, EXPIRED)
				:: else ->
					recall(msg, nr_taken_back, TAKEN_BACK)
				fi
			fi
		}
	};
	if
	:: gave_up -> gave_up = false; settle()
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
		:: HAS(t, DONTWAIT) -> dontwait[t] = true
		fi;
		if
		:: true
		:: HAS(t, UNTIL_TAKEN) -> until_taken[t] = true
		fi;
		d_step {
			waiter_init(t);
			offer(t);
			locked = ret == OK
		}
	};
	if
	:: ret == OK ->
		told = QUEUED;
		settle();
		if
		:: waits ->
			sleep(t);
			if
			:: ret != OK -> withdraw(t)
			:: else -> ret = result[t]
			fi;
			told = (ret != OK -> WITHDRAWN :
				(taken[t] -> TAKEN : QUEUED))
		:: else
		fi
	:: else
	fi;
	atomic {
		judge_send(t);
		waiter_gone(t);
		told = NOT_SENT;
		waits = false;
		ret = OK;
		msg = NONE;
		stop = killed[t]
	}
}
