/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The producers. One that is killed stops at any step, and what it did is known to who asks
 * whether it lives.
 */

/* The room at the tail, as far as this producer knows: has_room() */
inline room(p) {
	if
	:: tail + 1 - head > CAPACITY -> load_acquire(p, HEAD, head)
	:: else
	fi;
	free = tail + 1 - head <= CAPACITY
}

/* claim_alone(): there is nobody else who could take it */
inline claim_alone(p) {
	atomic {
		room(p);
		if
		:: free ->
			owner[tail] = p + 1;
			number[tail] = sent + 1;
			position = tail;
			tail++
		:: else
		fi;
		free = false
	}
}

/* claim_among(); what it gave is 0 if there was no room */
inline claim_among(p) {
	do
	:: true ->
		load_acquire(p, TAIL, tail);
		load_acquire(p, WORD(tail), word);
		/* ring_word_ahead() */
		if
#ifndef NO_AHEAD
		:: POSITION(word) > tail -> skip
#endif
#ifndef NO_HELP
		:: POSITION(word) == tail ->
			exchange(p, TAIL, tail, tail + 1, ok)
#endif
		:: else ->
			atomic {
				room(p);
				if
				:: !free -> break
				:: else -> free = false
				fi
			};
			atomic {
				exchange(p, WORD(tail), word, MAKE(tail, BUSY), ok);
				if
				:: ok ->
					assert(!owner[tail]);
					owner[tail] = p + 1;
					number[tail] = sent + 1;
					position = tail
				:: else
				fi
			};
			if
			:: position -> exchange(p, TAIL, position, position + 1, ok); break
			:: else
			fi
		fi;
		atomic { tail = 0; word = 0; ok = false }
	od;
	atomic { tail = 0; word = 0; ok = false }
}

inline claim(p) {
	if
	:: ALONE -> claim_alone(p)
	:: else -> claim_among(p)
	fi
}

/* claim_waiting() */
inline claim_waiting(p) {
	do
	:: position -> break
	:: !position && !WAITS ->
		sleeps[p] = true;
		atomic { HAS_ROOM -> sleeps[p] = false };
		claim(p)
	:: !position && WAITS ->
		store_flag(p, CROWD, 1);
		barrier_heavy(p);
		claim(p);
		if
		:: position -> break
		:: else
		fi;
		/* The kernel compares it, and sleeps, at once. */
		atomic {
			sleeps[p] = FLAG(CROWD, newest[CROWD]) == 1;
			!sleeps[p]
		}
	od
}

/* ipcmbox_ring_wake_consumer() */
inline wake_consumer(p) {
	if
	:: WAITS ->
		barrier_light(p);
		load_flag(p, ASLEEP, word)
	:: else
	fi;
	if
	:: word ->
		swap_flag(p, ASLEEP, 0, word);
		atomic {
			if
			:: word -> sleeps[CONSUMER] = false
			:: else
			fi;
			word = 0
		}
	:: else
	fi
}

inline commit(p) {
	atomic {
		committed++;
#ifdef RELAXED_COMMIT
		store_relaxed(p, WORD(position), MAKE(position, COMMITTED))
#else
		store_release(p, WORD(position), MAKE(position, COMMITTED))
#endif
	};
	position = 0;
	wake_consumer(p)
}

proctype producer(byte p; byte sends)
{
	byte tail = CAPACITY;
	byte head = CAPACITY;
	byte sent, word, position, n;
	bool ok, free;

	{
		do
		:: sent < sends ->
			claim(p);
			claim_waiting(p);
			write_data(p, position);
			commit(p);
			sent++
		:: else -> break
		od
	} unless {
		/* Somebody who asks whether it lives learns that it does not. */
		d_step { killed[p] -> dead[p] = true; sleeps[p] = false; checked = false;
			sleeps[CONSUMER] = false }
	}
}

/* Whenever it likes, or never. */
proctype killer()
{
	if
	:: atomic { KILLS -> killed[0] = true }
	:: atomic { KILLS > 1 -> killed[1] = true; killed[0] = true }
	:: skip
	fi
}
