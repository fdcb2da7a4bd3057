/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The producers. One that is killed stops at any step, and what it did is known to who asks
 * whether it lives.
 */

/*
 * Whether there is so much room at the tail, as far as this producer knows: has_room(). It may
 * learn instead that the tail is old.
 */
inline room(p, granules) {
	if
	:: tail < head || tail + granules - head > CAPACITY -> load_acquire(p, HEAD, head)
	:: else
	fi;
	old = tail < head;
	free = !old && tail + granules - head <= CAPACITY
}

/* What is taken at the tail: padding as far as the ring goes, or a record. */
inline fit() {
	if
	:: size > REST(tail) -> pad = REST(tail); taken = pad
	:: else -> pad = 0; taken = size
	fi
}

inline mark_inside(p, granules) {
	do
	:: atomic {
			k < granules ->
			store_relaxed(p, WORD(tail + k), MAKE(tail + k, INSIDE));
			k++
		}
	:: atomic { k >= granules -> k = 1; break }
	od
}

/* claim_alone(): there is nobody else who could take it */
inline claim_alone(p) {
	atomic {
		fit();
		room(p, pad + size)
	};
	if
	:: free && pad ->
		mark_inside(p, pad);
		atomic {
			owner[tail] = p + 1;
			length[tail] = pad;
			store_release(p, WORD(tail), MAKE(tail, VOID));
			tail = tail + pad
		}
	:: else
	fi;
	if
	:: free ->
		mark_inside(p, size);
		atomic {
			owner[tail] = p + 1;
			length[tail] = size;
			number[tail] = sent + 1;
			position = tail;
			tail = tail + size
		}
	:: else
	fi;
	atomic { free = false; pad = 0; taken = 0 }
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

#ifdef VOID_AT_ONCE
#define CLAIMED		BUSY + (VOID - BUSY) * (pad > 0)
#else
#define CLAIMED		BUSY
#endif

/* What the head tells is newer than the tail was, or than the word there. */
inline look_again(p) {
	load_acquire(p, TAIL, again);
	if
	:: again == tail ->
#ifdef TAIL_ALONE
		assert(again != tail);
#endif
		load_acquire(p, WORD(tail), again);
		assert(again != word)
	:: else
	fi;
	again = 0
}

inline take(p) {
	atomic {
		exchange(p, WORD(tail), word, MAKE(tail, CLAIMED), ok);
		if
		:: ok ->
			assert(!owner[tail]);
			owner[tail] = p + 1;
			length[tail] = taken
		:: else
		fi
	};
	if
	:: ok ->
		mark_inside(p, taken);
		exchange(p, TAIL, tail, tail + taken, ok);
		if
		:: pad ->
			atomic {
				exchange(p, WORD(tail), MAKE(tail, BUSY), MAKE(tail, VOID), ok);
				word = 0
			};
#ifndef NO_PAD_WAKE
			wake_consumer(p)
#endif
		:: else -> atomic { number[tail] = sent + 1; position = tail }
		fi
	:: else
	fi
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
			assert(STATE(word) != INSIDE);
			exchange(p, TAIL, tail, tail + length[tail], ok)
#endif
		:: else ->
			atomic {
				fit();
				room(p, taken)
			};
			if
			:: old -> look_again(p)
			:: !old && !free -> break
			:: !old && free -> take(p)
			fi;
			if
			:: position -> break
			:: else
			fi
		fi;
		atomic { tail = 0; word = 0; ok = false; old = false; free = false; pad = 0; taken = 0 }
	od;
	atomic { tail = 0; word = 0; ok = false; free = false; pad = 0; taken = 0 }
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
		atomic { HAS_ROOM(size) -> sleeps[p] = false };
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

/* publish(), release() */
inline commit(p) {
	atomic {
		committed++;
		if
#ifdef RELAXED_COMMIT
		:: ALONE -> store_relaxed(p, WORD(position), MAKE(position, COMMITTED))
#else
		:: ALONE -> store_release(p, WORD(position), MAKE(position, COMMITTED))
#endif
		:: else ->
			exchange(p, WORD(position), MAKE(position, BUSY),
				MAKE(position, COMMITTED), ok);
			assert(position && ok);
			ok = false
		fi
	};
	position = 0;
	wake_consumer(p)
}

proctype producer(byte p; byte sends)
{
	byte tail = BEGIN;
	byte head = BEGIN;
	byte sent, word, again, position, size, pad, taken, n;
	byte k = 1;
	bool ok, old, free;

	{
		do
		:: atomic { sent < sends -> size = (p -> SIZE_1 : SIZE_0) };
			claim(p);
			claim_waiting(p);
			write_data(p, position, size);
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
