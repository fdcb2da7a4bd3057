/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory as C11 has it for what the ring uses: relaxed, acquire and release accesses,
 * exchanges, sequentially consistent fences, and data that may not race.
 *
 * A place is the history of what was written to it, and each thread has a view: how far
 * it has seen each place. A load gives any value that is not older than the view, so a
 * thread may read what is long out of date, unless something has told it of the new. A
 * release keeps the writer's view with the value, an acquire takes it over. An exchange
 * has the newest value. A fence exchanges views with all other fences.
 *
 * The two flags that say who sleeps are ordered by fences alone, and tell nothing: nothing
 * else is relied on. What of their history all have seen is forgotten.
 *
 * With STRONG a place has no history: each load gives the newest value.
 *
 * What is written stands at the end of its history at once, and no access is done before its
 * turn: that is stronger than C11 in that two plain stores to one place are ordered as they
 * were done, and in that a store never comes before an earlier load.
 */
#define TAIL		0
#define HEAD		1
#define WORD(p)		(2 + (p) % CAPACITY)
#define RELEASED	(2 + CAPACITY)	/* so many are written with release */
#define DATA(p)		(RELEASED + (p) % CAPACITY)
#define LOOKED(p)	(RELEASED + CAPACITY + (p) % CAPACITY)	/* the data was read */
#define TOLD		(RELEASED + 2 * CAPACITY)	/* so many a release tells of */
#define ASLEEP		TOLD		/* ring_memory.consumer_waits */
#define CROWD		(TOLD + 1)	/* ring_memory.producers_wait */
#define PLACES		(TOLD + 2)

#define VIEW(t, place)	view[(t) * PLACES + (place)]
#define VALUE(place, n)	value[(place) * HISTORY + (n)]
#define KNOWN(place, n)	known[((place) * HISTORY + (n)) * TOLD + i]
#define FLAG(place, n)	flag[((place) - TOLD) * HISTORY_FLAG + (n)]

byte value[RELEASED * HISTORY];
byte known[RELEASED * HISTORY * TOLD];	/* what a value tells who acquires it */
bit flag[2 * HISTORY_FLAG];
byte newest[PLACES];
byte view[THREADS * PLACES];
byte fenced[PLACES];
hidden byte i, j;

/* Whether this thread has seen all of it. */
#define SEEN(t, place)	(VIEW(t, place) == newest[place])

inline acquire(t, place, m) {
	for (i : 0 .. TOLD - 1) {
		if
		:: VIEW(t, i) < KNOWN(place, m) -> VIEW(t, i) = KNOWN(place, m)
		:: else
		fi
	}
}

inline append(t, place, x) {
	if
	:: STRONG
	:: else ->
		newest[place]++;
		assert(newest[place] < HISTORY);
		VIEW(t, place) = newest[place]
	fi;
	VALUE(place, newest[place]) = x
}

inline attach_view(t, place) {
	for (i : 0 .. TOLD - 1) {
		KNOWN(place, newest[place]) = VIEW(t, i)
	}
}

/* Any value from the view on. */
inline choose(t, place) {
	n = VIEW(t, place);
	do
	:: n < newest[place] -> n++
	:: break
	od;
	skip
}

/* ring_acquire() */
inline load_acquire(t, place, x) {
	atomic {
		choose(t, place);
		d_step {
			VIEW(t, place) = n;
			x = VALUE(place, n);
			acquire(t, place, n);
			n = 0;
			i = 0
		}
	}
}

inline store_relaxed(t, place, x) {
	d_step { append(t, place, x) }
}

/* ring_release() */
inline store_release(t, place, x) {
	d_step { append(t, place, x); attach_view(t, place); i = 0 }
}

/* ring_exchange(); what it reads when it fails is not used. */
inline exchange(t, place, old, x, ok) {
	d_step {
		ok = VALUE(place, newest[place]) == old;
		if
		:: ok ->
			acquire(t, place, newest[place]);
			append(t, place, x);
			attach_view(t, place)
		:: else
		fi;
		i = 0
	}
}

#define ALL_BEYOND(place)	(VIEW(0, place) > 0 && VIEW(2, place) > 0 && \
				(ALONE || VIEW(1, place) > 0))

/* Forget what all have seen. */
inline trim(place) {
	do
	:: ALL_BEYOND(place) ->
		for (i : 0 .. THREADS - 1) {
			if
			:: VIEW(i, place) > 0 -> VIEW(i, place)--
			:: else
			fi
		}
		for (i : 1 .. HISTORY_FLAG - 1) {
			FLAG(place, i - 1) = FLAG(place, i)
		}
		FLAG(place, HISTORY_FLAG - 1) = 0;
		newest[place]--;
		if
		:: fenced[place] > 0 -> fenced[place]--
		:: else
		fi
	:: else -> break
	od;
	i = 0
}

inline append_flag(t, place, x) {
	if
	:: STRONG
	:: else ->
		newest[place]++;
		assert(newest[place] < HISTORY_FLAG);
		VIEW(t, place) = newest[place]
	fi;
	FLAG(place, newest[place]) = x;
	trim(place)
}

inline load_flag(t, place, x) {
	atomic {
		choose(t, place);
		d_step {
			VIEW(t, place) = n;
			x = FLAG(place, n);
			n = 0;
			trim(place)
		}
	}
}

inline store_flag(t, place, x) {
	d_step { append_flag(t, place, x) }
}

inline swap_flag(t, place, x, old) {
	d_step {
		old = FLAG(place, newest[place]);
		append_flag(t, place, x)
	}
}

inline fence(t) {
	d_step {
		for (i : 0 .. PLACES - 1) {
			if
			:: fenced[i] < VIEW(t, i) -> fenced[i] = VIEW(t, i)
			:: else -> VIEW(t, i) = fenced[i]
			fi
		}
		trim(ASLEEP);
		trim(CROWD)
	}
}

/*
 * membarrier(2): a fence of the caller, then of each other at some time, then of the caller.
 * A step of another thread may come between any of these.
 */
inline membarrier(t) {
	fence(t);
	fence((t + 1) % THREADS);
	fence((t + 2) % THREADS);
	fence(t)
}

/* Data: who writes has seen that the reader is done, who reads has seen what was written. */
inline write_data(t, where, size) {
	d_step {
		for (j : 0 .. size - 1) {
			assert(SEEN(t, LOOKED(where + j)) && SEEN(t, DATA(where + j)));
			newest[DATA(where + j)] = newest[DATA(where + j)] + !STRONG;
			VIEW(t, DATA(where + j)) = newest[DATA(where + j)]
		}
		j = 0
	}
}

inline read_data(t, where, size) {
	for (j : 0 .. size - 1) {
		assert(SEEN(t, DATA(where + j)));
		newest[LOOKED(where + j)] = newest[LOOKED(where + j)] + !STRONG;
		VIEW(t, LOOKED(where + j)) = newest[LOOKED(where + j)]
	}
	j = 0
}
