/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to hold; and the files and processes of the servers.
 */
byte users[2];		/* of a port: descriptors, and calls under way */
bool has_fd[2];		/* a process has a descriptor of its port */
byte threads[2];	/* of a process */
bool asleep[2];		/* a caller */
bool resting[2];	/* a server: it waits, or stays without a wish */
bool over_for[2];	/* it has ended */

/* imb_mbox.nr_calls, looked at without the lock */
#define CALLS_OPEN	((open[0] && !answered[0]) || (open[1] && !answered[1]))

/* What holds whenever the mailbox is settled. */
inline judge_settled() {
	assert(!dead || (!waiting[0] && !waiting[1] && !open[0] && !open[1] &&
		place[0] == OUT && place[1] == OUT));
	assert((!waiting[0] && !waiting[1]) || (place[0] != THERE && place[1] != THERE));
	assert(!(waiting[0] && DOES(0, NOTICES)) || (!noticed[0] && !noticed[1]));
	assert(!(waiting[1] && DOES(1, NOTICES)) || (!noticed[0] && !noticed[1]));
	assert((!noticed[0] || open[0]) && (!noticed[1] || open[1]))
}

/* A message is received once, and by nobody after its caller was told that it was not. */
inline judge_commit() {
	receipts[m]++;
	assert(receipts[m] == 1 && !left[m] && !returned[m]);
	assert(!over_cancel[m] && !late_cancel[m])
}

/* A notice comes once, of a call that was received and not answered. */
inline judge_notice() {
	notices[c]++;
	assert(notices[c] == 1 && receipts[c] == 1 && answers[c] == 0 && left[c])
}

/* What the caller is told is what happened. */
inline judge_caller() {
	assert((ret == OK) == (answers[c] == 1));
	/* Nobody writes to the answer any more. */
	assert(ret != OK || writers[c] == 0);
	assert(taken[c] == (receipts[c] == 1));
	assert(!over_cancel[c] || ret == ECANCELED);
	if
	:: ret == OK
	:: ret == EIDRM -> assert(dead)
	:: ret == EPIPE -> assert(ports == 0 && !taken[c])
	:: ret == ERESTARTSYS -> assert(signalled[c] && !taken[c])
	:: ret == EINTR -> assert(signalled[c] && taken[c])
	:: ret == ETIMEDOUT -> assert(MAY(c, DEADLINE) || !taken[c])
	:: ret == ECANCELED ->
		assert(over_cancel[c] || (late_cancel[c] && taken[c]))
	:: ret == EOWNERDEAD ->
		assert(taken[c]);
		assert(unanswerable[c] || !has_fd[process_of[c]])
	fi
}

/* Who sleeps for ever has nobody who could serve him, or a server that is there. */
inline judge_callers_end(c) {
	assert(returned[c] || (asleep[c] && live[c] && !done[c] && !signalled[c]));
	assert(returned[c] || place[c] == THERE ||
		(open[c] && caller[c] && !answered[c] && !unanswerable[c] &&
		has_fd[process_of[c]]));
	/* What the caller left open is told, or will be by ESTALE. */
	assert(!open[c] || (has_fd[process_of[c]] && taken[c]));
	assert(refs[c] == open[c] + (!returned[c] && live[c]));
	assert(charged[c] == (open[c] || !returned[c]));
	assert(!withdrawn[c] && place[c] != MOVING && !replying[c])
}

/* Nobody can move any more. */
inline judge() {
	judge_settled();
	judge_callers_end(0);
	judge_callers_end(1);
	assert(over_for[0] || resting[0]);
	assert(over_for[1] || resting[1])
}
