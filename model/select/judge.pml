/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to hold. The judge goes by what became of each message (fate) and by what the
 * tasks lived to see.
 */

/* The message of s is there, and whoever wants it may have it. */
#define IS_THERE(s, b)	(HAS_CASE(s) && IS(s, SENDS) && BOX(s) == b && \
				fate[s] == ALIVE && !in_transfer[s] && \
				!(has_sender[s] && IS_LOST(s)))
#define WAITS_FOR(s, b)	(HAS_CASE(s) && !IS(s, SENDS) && BOX(s) == b && \
				standing[s] && !IS_LOST(s))

/* What holds whenever a mailbox is settled: those who can meet have met. */
inline judge_settled(b) {
	assert(nr_stored[b] <= CAPACITY_OF(b));
	assert(empty(line[b]) || !HAS_ROOM(b));
	cw = 0;
	do
	:: cw < STANDS ->
		x = 0;
		do
		:: x < STANDS ->
			assert(!IS_THERE(cw, b) || !WAITS_FOR(x, b) ||
				TASK(x) == TASK(cw));
			x++
		:: else -> break
		od;
		assert(!dead[b] || !standing[cw] || BOX(cw) != b);
		cw++
	:: else -> break
	od
}

/* A task returns: with one case done, the one that it tells, or with none. */
inline judge_return() {
	n = 0;
	c = 2 * t;
	do
	:: IS_MINE(c) ->
		assert(!standing[c]);
		if
		:: IS(c, SENDS) && fate[c] != UNSENT && fate[c] != TAKEN_BACK ->
			n++;
			assert(chosen == c);
			assert(!has_sender[c]);
			assert(fate[c] == RECEIVED ||
				(stored[c] && !IS(c, UNTIL)))
		:: else
		fi;
		c++
	:: else -> break
	od;
	assert(n + got == (ret == OK -> 1 : 0));
	assert(got == 0 || !IS(chosen, SENDS));
	assert(ret != EIDRM || dead[0]);
	assert(ret != EAGAIN || (SELECTS(t) && HAS(t, DONTWAIT)));
	assert(ret != ERESTARTSYS || signalled[t]);
	assert(ret != EFAULT || faults < FAULTS)
}

/* Who sleeps for ever stands for each of his cases, and nobody could serve him. */
inline judge_task(t) {
	assert(returned[t] || (asleep[t] && live[t] && !done[t] && !signalled[t]));
	x = 2 * t;
	do
	:: IS_MINE(x) ->
		assert(returned[t] == !standing[x]);
		assert(returned[t] || won[t] == FREE);
		y = 0;
		do
		:: y < STANDS ->
			assert(returned[t] || IS(x, SENDS) || TASK(y) == t ||
				!IS_THERE(y, BOX(x)));
			y++
		:: else -> break
		od;
		x++
	:: else -> break
	od
}

/* Nobody can move any more. */
inline judge() {
	z = 0;
	do
	:: z < 2 ->
		assert(!locked[z]);
		assert(nr_stored[z] == len(store[z]));
		assert(empty(line[z]) || !HAS_ROOM(z));
		z++
	:: else -> break
	od;
	judge_task(0);
	judge_task(1);
	judge_task(2)
}
