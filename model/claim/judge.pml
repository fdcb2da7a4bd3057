/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to hold. The judge goes by what became of each message (fate) and by
 * what the tasks lived to see, not by the code of the module: so he repeats no
 * mistake of it. What he notes for himself nobody else reads.
 */
#define WITHIN_REACH(m)	(fate[m] == ALIVE && !in_transfer[m])

/* Nothing is there that a receiver could take, but perhaps in transfer. */
inline judge_nothing_there() {
	z = 0;
	do
	:: z < sent -> assert(!WITHIN_REACH(z)); z++
	:: else -> z = 0; break
	od
}

/* Nobody overtakes: m is the oldest that is there. */
inline judge_oldest(m) {
	z = 0;
	do
	:: z < m -> assert(!WITHIN_REACH(z)); z++
	:: else -> z = 0; break
	od
}

/* The sender of m, who will not wait, is sent away: he could not be served. */
inline judge_refused(m, for_receipt) {
	n = 0;
	z = 0;
	do
	:: z < sent ->
		if
		:: z != m && fate[z] == ALIVE && stored[z] -> n++
		/* He stands in line before m. */
		:: z < m && WITHIN_REACH(z) && !stored[z] -> n = CAPACITY
		:: else
		fi;
		z++
	:: else -> z = 0; break
	od;
	assert(for_receipt || n >= CAPACITY);
	assert(empty(receivers));
	n = 0
}

/* What holds whenever the mailbox is settled. */
inline judge_settled() {
	assert(nr_stored <= CAPACITY);
	assert(nr_waiting == len(receivers));
	assert(sent == nr_received + nr_taken_back + nr_expired + nr_dropped +
		nr_transfer + IN_STORE + IN_LINE);
	/* If a receiver waits, there is nothing that it could take. */
	assert(empty(receivers) || IN_STORE + IN_LINE == 0);
	/* A dead mailbox holds nothing and nobody. */
	assert(!dead || (empty(receivers) && empty(senders) &&
		IN_STORE + IN_LINE == 0))
}

/* What a send says, in its disposition and its result, is what happened. */
inline judge_send(t) {
	if
	:: told == NOT_SENT ->
		assert(ret != OK && msg == NONE && ret != ERESTARTSYS &&
			ret != ETIMEDOUT)
	:: told == WITHDRAWN ->
		assert(ret != OK);
		assert(fate[msg] == TAKEN_BACK || fate[msg] == EXPIRED ||
			fate[msg] == DROPPED)
	:: told == QUEUED ->
		assert(ret == OK && stored[msg] && !until_taken[t]);
		assert(fate[msg] == ALIVE || fate[msg] == RECEIVED ||
			fate[msg] == DROPPED)
	:: told == TAKEN -> assert(ret == OK && fate[msg] == RECEIVED)
	fi;
	if
	:: ret == OK -> assert(CAPACITY > 0 || told == TAKEN)
	:: ret == EIDRM -> assert(dead)
	:: ret == EPIPE -> assert(HUNG_UP)
	:: ret == EAGAIN -> assert(dontwait[t])
	:: ret == ERESTARTSYS ->
		assert(signalled[t] && fate[msg] == TAKEN_BACK)
	:: ret == ETIMEDOUT -> assert(overdue[t] && fate[msg] == EXPIRED)
	fi
}

/*
 * What a receive says is what happened. got: a message was committed to this
 * receiver in this call; doomed: he was being killed when he got hold of it;
 * saw_none: there was an instant in this call at which nothing was there.
 */
inline judge_receive(t) {
	assert((ret == OK) == got);
	assert(!got || !doomed);
	if
	:: ret == OK
	:: ret == EIDRM -> assert(dead)
	:: ret == EPIPE ->
		assert(HANGUP && nr_senders == 0);
		/* And none will come. */
		z = 0;
		do
		:: z < sent -> assert(fate[z] != ALIVE); z++
		:: else -> z = 0; break
		od
	:: ret == EAGAIN -> assert(dontwait[t] && saw_none)
	:: ret == ERESTARTSYS -> assert(signalled[t])
	:: ret == ETIMEDOUT -> assert(overdue[t] && saw_none)
	:: ret == EFAULT -> assert(faults < FAULTS)
	:: ret == EMSGSIZE -> assert(small && sent > 0)
	fi
}

/* Who sleeps for ever must have nobody who could serve him. */
#define SLEEPS(t)	(live[t] && !done[t] && sleeping[t] && !signalled[t] && \
				timer[t] == 0)

inline judge_sender(t) {
	assert(exited[t] || SLEEPS(t));
	assert(exited[t] || (!dead && !HUNG_UP && !in_transfer[wmsg[t]] &&
		fate[wmsg[t]] == ALIVE && msender[wmsg[t]] == t &&
		(until_taken[t] || !stored[wmsg[t]]) && !dontwait[t] &&
		empty(receivers)));
	assert(refs[t] == 0)
}

inline judge_receiver(t) {
	assert(exited[t] || SLEEPS(t));
	assert(exited[t] || (!dead && !AT_EOF && !dontwait[t] &&
		IN_STORE + IN_LINE == 0));
	assert(refs[t] == 0)
}

/* Nobody can move any more. */
inline judge() {
	assert(!locked);
	judge_settled();
	judge_sender(0);
	judge_sender(1);
	judge_receiver(2);
	judge_receiver(3);
	assert(nr_transfer == 0);
	assert(IN_LINE == 0 || !HAS_ROOM);
	/* The last port takes the mailbox along. */
	assert(ports > 0 || dead);
	/* Every message is freed, but for those that lie there. */
	x = 0;
	do
	:: x < sent ->
		assert(freed[x] == (fate[x] != ALIVE));
		x++
	:: else -> x = 0; break
	od
}
