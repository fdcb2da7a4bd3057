/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks, their waiters, and how they sleep and are woken. The part that runs
 * without the lock: here a step is one access to memory, as the other side may
 * come in between.
 *
 * A waiter lies on the stack of its task: live[t] says whether that frame is
 * still there. A task that has exited and has no reference to it is freed.
 */
#define TASKS		4	/* 0 and 1 send, 2 and 3 receive */
#define NONE		255

/* What a call returns. */
#define OK		0
#define EIDRM		1
#define EPIPE		2
#define EAGAIN		3
#define ERESTARTSYS	4
#define ETIMEDOUT	5
#define EFAULT		6
#define EMSGSIZE	7

/* What a send tells of its message: enum ipcmbox_disposition. */
#define NOT_SENT	0
#define WITHDRAWN	1
#define QUEUED		2
#define TAKEN		3

bool sleeping[TASKS];	/* the state of the task is INTERRUPTIBLE */
bool signalled[TASKS];
bool killed[TASKS];
byte timer[TASKS];	/* 0 off, 1 armed, 2 has fired */
bool overdue[TASKS];	/* it fired during this call; for the judge alone */
bool exited[TASKS];
bool begun[TASKS];	/* its first call has had the lock, or it left */
byte refs[TASKS];	/* to the task, from those about to wake it */

bool live[TASKS];	/* the waiter's memory */
bool done[TASKS];	/* its state: WAITING or DONE */
byte result[TASKS];
byte wmsg[TASKS] = NONE;
bool taken[TASKS];
bool dontwait[TASKS];
bool until_taken[TASKS];

#define LOWEST(set)	(set & 1 -> 0 : (set & 2 -> 1 : (set & 4 -> 2 : 3)))
#define TASK_FREED(t)	(exited[t] && refs[t] == 0)

/* imb_waiter_init() */
inline waiter_init(t) {
	live[t] = true;
	done[t] = false;
	taken[t] = false;
	result[t] = OK;
	wmsg[t] = NONE
}

/* The call returns, and its frame is gone. */
inline waiter_gone(t) {
	live[t] = false;
	done[t] = false;
	taken[t] = false;
	result[t] = OK;
	wmsg[t] = NONE;
	dontwait[t] = false;
	until_taken[t] = false;
	overdue[t] = false;
	/* Its handler runs. */
	signalled[t] = killed[t]
}

/*
 * imb_waiter_sleep(): sets ret to OK, ERESTARTSYS or ETIMEDOUT.
 *
 * had_signal and had_done remember what was there before the looks began: what
 * was, a look must not miss.
 *
 * EARLY_LOOK is what the processor may do if set_current_state() lacks its
 * barrier: the write of the task's state leaves the store buffer after the
 * waiter's state was read.
 */
inline sleep(t) {
	ret = OK;
	do
	:: true ->
#ifdef EARLY_LOOK
		if
		:: done[t] -> ret = OK; break
		:: else
		fi;
		sleeping[t] = true;
#else
		d_step {
			sleeping[t] = true;
			had_signal = signalled[t];
			had_done = done[t]
		};
#ifdef DEADLINE_FIRST
		if
		:: ret != OK -> break
		:: else
		fi;
#endif
		if
#ifdef NO_SECOND_LOOK
		:: done[t] && slept -> ret = OK; break
#else
		:: done[t] -> ret = OK; break
#endif
		:: else
		fi;
#endif
		atomic {
			if
			:: signalled[t] -> ret = ERESTARTSYS; break
			:: else
			fi;
			/* The deadline had passed; nothing better came. */
			if
			:: ret != OK -> break
			:: else
			fi;
			timer[t] = (HAS(t, DEADLINE) -> 1 : 0)
		};
		/*
		 * schedule_hrtimeout_range(): schedule() does not sleep with a
		 * signal pending. Only here may a run end.
		 */
end_asleep:	d_step {
			!sleeping[t] || signalled[t] ->
			sleeping[t] = false;
			ret = (timer[t] == 2 -> ETIMEDOUT : OK);
#ifdef NO_SECOND_LOOK
			slept = true;
#endif
			timer[t] = 0
		}
	od;
#ifdef NO_SECOND_LOOK
	slept = false;
#endif
	atomic {
		/* Completed before signal before deadline. */
		assert(ret == OK || !had_done);
		assert(ret != ETIMEDOUT || !had_signal);
		sleeping[t] = false;
		had_signal = false;
		had_done = false
	}
}

/*
 * imb_waiter_claim() of the waiter cw with the result cr. It was taken off its
 * list by the step that chose it.
 */
inline claim() {
#ifdef TOUCH_AFTER_RELEASE
	d_step { assert(live[cw]); done[cw] = true };
	d_step { assert(!TASK_FREED(cw)); refs[cw]++; wakes = wakes | (1 << cw) };
	d_step { assert(live[cw]); result[cw] = cr; cw = NONE; cr = OK }
#else
	/* Nobody looks at these before the release. */
	d_step {
		assert(live[cw] && !done[cw]);
		result[cw] = cr;
		assert(!TASK_FREED(cw));
#ifndef NO_REFERENCE
		refs[cw]++;
#endif
#ifndef FORGET_WAKE
		wakes = wakes | (1 << cw)
#endif
	};
	d_step { assert(live[cw]); done[cw] = true; cw = NONE; cr = OK }
#endif
}

/* imb_wakes_fire(): the lock is free, the tasks run meanwhile. */
inline fire() {
	do
	:: wakes != 0 ->
#ifdef PUT_REFERENCE_EARLY
		d_step { x = LOWEST(wakes); refs[x]--; x = 0 };
#endif
		d_step {
			x = LOWEST(wakes);
			assert(!TASK_FREED(x));
			sleeping[x] = false;
#if !defined(NO_REFERENCE) && !defined(KEEP_REFERENCE) && \
	!defined(PUT_REFERENCE_EARLY)
			refs[x]--;
#endif
			wakes = wakes & ~(1 << x);
			x = 0
		}
	:: else -> break
	od
}
