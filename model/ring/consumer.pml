/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The consumer. It sleeps for ever in the end.
 */

#ifdef SKIP_THE_LIVING
#define MAY_SKIP(p)	(true)
#else
#define MAY_SKIP(p)	(dead[p])
#endif

/* publish(), and ipcmbox_ring_wake_producers() */
inline publish() {
#ifdef RELAXED_HEAD
	store_relaxed(CONSUMER, HEAD, next);
#else
	store_release(CONSUMER, HEAD, next);
#endif
	if
	:: WAITS ->
		barrier_light(CONSUMER);
		load_flag(CONSUMER, CROWD, word)
	:: else
	fi;
	if
	:: word ->
		swap_flag(CONSUMER, CROWD, 0, word);
		atomic {
			if
			:: word -> sleeps[0] = false; sleeps[1] = false
			:: else
			fi;
			word = 0
		}
	:: else
	fi
}

/* Each record once, in its sender's order. */
inline judge_record() {
	assert(owner[next] && number[next] == last[owner[next] - 1] + 1);
	last[owner[next] - 1] = number[next];
	received++
}

/* look(), and ipcmbox_ring_recv(): whether there was something */
inline receive() {
	found = false;
	load_acquire(CONSUMER, WORD(next), word);
	assert(word != MAKE(next, INSIDE));
	if
	:: word == MAKE(next, COMMITTED) ->
		d_step {
			judge_record();
			read_data(CONSUMER, next, length[next]);
			found = true;
			word = 0;
			next = next + length[next]
		};
		publish()
	:: word == MAKE(next, VOID) ->
		d_step { found = true; word = 0; next = next + length[next] };
		publish()
	:: else -> word = 0
	fi
}

/* settle(): who is asked for by kill(2) has done all that it ever will. */
inline settle() {
	load_acquire(CONSUMER, WORD(next), word);
	if
	:: word == MAKE(next, BUSY) && MAY_SKIP(owner[next] - 1) ->
		d_step {
			for (i : 0 .. TOLD - 1) {
				if
				:: VIEW(CONSUMER, i) < VIEW(owner[next] - 1, i) ->
					VIEW(CONSUMER, i) = VIEW(owner[next] - 1, i)
				:: else
				fi
			}
			i = 0
		};
		exchange(CONSUMER, WORD(next), word, MAKE(next, VOID), found)
	:: else
	fi;
	word = 0
}


proctype consumer()
{
	byte next = BEGIN;
	byte word, n;
	bool found;

	do
	:: true ->
		receive();
		if
		:: found -> goto again
		:: !found && !WAITS -> goto magic
		:: else
		fi;
		/* await() */
#ifndef LOOK_FIRST
		swap_flag(CONSUMER, ASLEEP, 1, word);
		word = 0;
		barrier_heavy(CONSUMER);
#endif
		receive();
		if
		:: !found -> settle()
		:: else
		fi;
#ifdef LOOK_FIRST
		swap_flag(CONSUMER, ASLEEP, 1, word);
		word = 0;
		barrier_heavy(CONSUMER);
#endif
		if
		:: found ->
			load_flag(CONSUMER, ASLEEP, word);
			if
			:: word -> swap_flag(CONSUMER, ASLEEP, 0, word); word = 0
			:: else
			fi
		:: else ->
			/* Somebody who died since wakes it, as the time does. */
			atomic {
				sleeps[CONSUMER] = checked &&
					FLAG(ASLEEP, newest[ASLEEP]) == 1;
				checked = true
			};
end:			!sleeps[CONSUMER]
		fi;
		goto again;
magic:		settle();
		if
		:: found -> goto again
		:: else
		fi;
end_magic:	HAS_COME;
again:		skip
	od
}
