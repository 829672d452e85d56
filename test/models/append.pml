/*
 * How a command gets into the log, and how the log is read: log.append (libs/event-store/src/schema/0004_append.sql),
 * the gatherer's call of it (append-call.ts), a caller who repeats with the same key, and a reader by position.
 *
 * Each caller wants one event: the first OPENS of them in a stream that they open, under an id made anew for every
 * request; the others in one stream that they share. A caller looks at the stream, decides, and calls: one session,
 * one transaction, which takes the lock, looks the key up, checks the version that was decided on, takes the next
 * position, and commits. A session may fail before its commit, and then answers an error. Its answer may never be
 * heard: the caller then repeats, while the first call may still be under way, and get to the lock last.
 *
 * The rules are those of design.md, section 2. A wrong variant sets one of these to another value.
 */
#ifndef LOCK_TO      /* the lock is held to: 2 the commit, 1 just before it, 0 never taken */
#define LOCK_TO 2
#endif
#ifndef SEQUENCE     /* the position: 0 one more than the last row's, 1 drawn from a sequence, which takes none back */
#define SEQUENCE 0
#endif
#ifndef UNIQUE       /* the position is the primary key: 1 yes, 0 no */
#define UNIQUE 1
#endif
#ifndef FAILS        /* a session may fail before its commit: 1 yes, 0 no */
#define FAILS 1
#endif
#ifndef KEY_LOOKED   /* the key is looked up: 1 under the lock, 0 before it */
#define KEY_LOOKED 1
#endif
#ifndef VERSION      /* the version is checked: 1 under the lock, 0 not at all */
#define VERSION 1
#endif
#ifndef NEW_KEY      /* whoever repeats uses: 0 the same key, 1 a new one */
#define NEW_KEY 0
#endif
#ifndef ANSWER_FIRST /* the answer is given: 0 after the commit, 1 before it */
#define ANSWER_FIRST 0
#endif
#ifndef TOLD         /* where no answer came, is said: 0 unknown, 1 not written */
#define TOLD 0
#endif

#ifndef OPENS
#define OPENS 1
#endif
#define CALLERS 2
#ifndef CALLS
#define CALLS   2    /* of one caller, at most */
#endif
#define ROWS    5

mtype = { written, duplicate, conflict, error };

byte row[ROWS];            /* the caller whose event it is, from 1; 0 where there is none */
byte last = 0;             /* the highest position of a committed row */
byte drawn = 0;            /* by the sequence */
byte shared = 0;           /* version of the shared stream */
bool keys[2 * CALLERS + 1];
byte events[CALLERS + 1];  /* of each caller, in the log */
bool locked = false;
byte calls = 0;            /* under way */
byte asking = CALLERS;     /* callers that still repeat */

chan answer[CALLERS + 1] = [CALLS] of { mtype, byte };

proctype call(byte me; byte number; byte mine; byte decidedOn) {
  bool known; bool holds; byte at;
#if !KEY_LOOKED
  known = keys[mine];
#endif
  atomic {
#if LOCK_TO
    !locked -> locked = true; holds = true;
#endif
#if KEY_LOOKED
    known = keys[mine];
#endif
    if
    :: known -> answer[me]!duplicate, number; goto ended
    :: !known && VERSION && me > OPENS && decidedOn != shared -> answer[me]!conflict, number; goto ended
    :: else
    fi;
#if SEQUENCE
    drawn++; at = drawn;
#else
    at = last + 1;
#endif
#if ANSWER_FIRST
    answer[me]!written, number;
#endif
#if LOCK_TO == 1
    locked = false; holds = false;
#endif
  };
  atomic {
    if
    :: row[at] == 0 || !UNIQUE ->   /* the commit */
       assert(row[at] == 0);
       assert(me <= OPENS || decidedOn == shared);   /* it follows what it was decided on */
       row[at] = me; events[me]++; keys[mine] = true;
       if :: me > OPENS -> shared++ :: else fi;
       if :: at > last -> last = at :: else fi;
#if !ANSWER_FIRST
       answer[me]!written, number
#endif
    :: FAILS || row[at] != 0 ->     /* its time is over, the disk is full, the primary key refuses the position */
#if !ANSWER_FIRST
       answer[me]!error, number
#endif
    fi;
ended:
    if :: holds -> locked = false :: else fi;
    calls--
  }
}

proctype caller(byte me) {
  byte number = 0; byte mine = me;
  bool done = false; bool absent = false; bool unheard = false;
  do
  :: number < CALLS && !done && !absent ->
     atomic { calls++; run call(me, number, mine, shared) };
     atomic {
       if
       :: answer[me]??written, eval(number)   -> done = true
       :: answer[me]??duplicate, eval(number) -> done = true
       :: answer[me]??conflict, eval(number)  -> number++
       :: answer[me]??error, eval(number)     -> absent = !unheard; number++
       :: true ->                                    /* the deadline, or the connection has gone */
          unheard = true; number++;
#if NEW_KEY
          mine = me + CALLERS;
#endif
#if TOLD
          absent = true
#endif
       fi
     }
  :: else -> break
  od;
  asking--;
  /* When whatever was under way has come to its end, what was said must hold. */
  asking == 0 && calls == 0;
  assert(!done || events[me] == 1);    /* acknowledged: there, once */
  assert(!absent || events[me] == 0);  /* refused: not there */
  assert(events[me] <= 1)              /* unknown: there at most once */
}

/* A relay, or a projector that reads the log itself: pages of what stands behind its cursor. */
proctype reader() {
  byte cursor = 0; byte k; byte given = 0; bool over = false;
  do
  :: !over -> atomic {
       over = (asking == 0 && calls == 0);
       k = cursor + 1;
       do
       :: k < ROWS -> if :: row[k] != 0 -> given++; cursor = k :: else fi; k++
       :: else -> break
       od;
       k = 0
     }
  :: else -> break
  od;
  assert(given == events[1] + events[2]);  /* nothing appeared behind the cursor */
  assert(cursor == given)                              /* and positions have no gap */
}

init { atomic { run reader(); run caller(1); run caller(2) } }
