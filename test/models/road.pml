/*
 * How an event gets from the log to a read model, in two halves that meet in the topic.
 *
 * HALF 1, the relay (libs/kafka/src/relay.ts, leadership.ts). Two relays stand by for one another. The leader sends
 * what stands behind its cursor, in one request per partition, and moves the cursor when all are acknowledged, where
 * position and epoch are as it left them. A request may be lost, or land without its answer being heard, or land much
 * later. What the topic then holds: every event, the first occurrences of a partition in the log's order, some twice.
 *
 * HALF 2, the inbox and the projector (libs/kafka/src/inbox.ts, kafka-source.ts, libs/projections/src/run.ts, turn.ts).
 * Two projectors stand by for one another. The topic brings them the log's events in any order, doubled, or not at
 * all, which is more than the first half allows. What is seen is skipped, what is early waits, what is missing is
 * paged from the log. Rows and cursor are one transaction, which the cursor's position and epoch guard.
 *
 * TROUBLES times somebody is killed between two steps, or loses his lock and lives on. A wrong variant sets one of the
 * others to another value.
 */
#ifndef HALF
#define HALF 1
#endif
#ifndef TROUBLES
#define TROUBLES 2
#endif
#ifndef RELAY_FENCED     /* the relay's cursor moves: 1 under its epoch only, 0 in any case */
#define RELAY_FENCED 1
#endif
#ifndef RELAY_MOVES      /* its cursor moves: 2 when all was acknowledged, 1 also after an error, 0 before it sends */
#define RELAY_MOVES 2
#endif
#ifndef IN_FLIGHT        /* requests on their way to a partition, one of which may be tried again */
#define IN_FLIGHT 1
#endif
#ifndef FENCED           /* the read model's cursor moves: 1 under its epoch only, 0 in any case */
#define FENCED 1
#endif
#ifndef TRANSACTION      /* rows and cursor: 2 together, 1 the rows first, 0 the cursor first */
#define TRANSACTION 2
#endif
#ifndef SEEN_SKIPPED     /* what is not beyond the cursor: 1 is skipped, 0 is applied */
#define SEEN_SKIPPED 1
#endif
#ifndef GAP_SEEN         /* before a gap: 1 is waited, 0 is gone on */
#define GAP_SEEN 1
#endif
#ifndef LOG_PAGED        /* what does not come: 1 is read from the log, 0 is waited for */
#define LOG_PAGED 1
#endif

#define EVENTS 3
#define ALL    (BIT(EVENTS + 1) - 2)
#define BIT(e) (1 << (e))

byte troubles = TROUBLES;

#if HALF == 1
byte inTopic = 0;        /* a bit per event */
byte failures = 2;       /* requests whose acknowledgement is not heard, at most */
byte leader = 0; byte relayEpoch = 0; byte relayCursor = 0;

/* Events of odd and of even position are in two partitions. */
inline land(e) {
  assert((e) <= 2 || (inTopic & BIT(e)) || (inTopic & BIT((e) - 2)));   /* first occurrences are in order */
  inTopic = inTopic | BIT(e)
}

proctype latecomer(byte e) { atomic { land(e) } }

/* One request. `heard` stays so if it was acknowledged. */
inline request(e) {
  if
  :: atomic { land(e) }
  :: atomic {
       failures > 0 -> failures--; heard = false;
       if :: land(e) :: true :: run latecomer(e) fi
     }
  fi
}

inline moveRelay() {
  atomic {
    if
    :: (relayEpoch == mine && relayCursor == at) || !RELAY_FENCED ->
       assert(relayCursor <= to);                                       /* the cursor never runs back */
       relayCursor = to; at = to
    :: else -> goto standby                                             /* deposed */
    fi
  }
}

inline killed() { if :: atomic { troubles > 0 -> troubles--; goto standby } :: true fi }

proctype relay(byte me) {
  byte mine; byte at; byte to; byte again; bool heard;
standby:
  atomic {
    mine = 0; at = 0; to = 0; again = 0; heard = false;
    if :: leader == me -> leader = 0 :: else fi
  };
  atomic {
    if
    :: relayCursor == EVENTS -> goto ended
    :: relayCursor < EVENTS && leader == 0 ->
       leader = me; relayEpoch++; mine = relayEpoch; at = relayCursor
    fi
  };
  do
  :: at < EVENTS ->
     atomic { heard = true; if :: to = at + 1 :: at + 2 <= EVENTS -> to = at + 2 fi };
#if IN_FLIGHT == 2
     if
     :: at + 3 <= EVENTS ->                                             /* tried again, after the next had landed */
        atomic { land(at + 3); land(at + 2); land(at + 1); to = at + 3 }
     :: true
     fi;
#endif
#if RELAY_MOVES == 0
     again = at;
     moveRelay();
     killed();
     do
     :: again < to -> again++; do :: heard = true; request(again); if :: heard -> break :: else fi od
     :: else -> break
     od;
#else
     if                                                                 /* the partitions in either order */
     :: request(at + 1); if :: to > at + 1 -> request(at + 2) :: else fi
     :: to > at + 1 -> request(at + 2); request(at + 1)
     fi;
     killed();
     if
     :: heard || RELAY_MOVES == 1 -> moveRelay()
     :: else                                                            /* the same again, from the cursor */
     fi;
#endif
     if :: atomic { troubles > 0 && leader == me -> troubles--; leader = 0 } :: true fi
  :: else -> break
  od;
  goto standby;
ended:
  relayCursor == EVENTS && leader == 0;
  assert(inTopic == ALL)                                                /* nothing is missing */
}

init { atomic { run relay(1); run relay(2) } }

#else

byte inRows = 0;         /* a bit per event */
byte owner = 0; byte epoch = 0; byte cursor = 0;
byte messages = 4;       /* that the topic brings, at most */

inline move() {
  if
  :: (epoch == mine && cursor == at) || !FENCED -> cursor = taken; at = taken
  :: else -> goto waiting                                               /* fenced */
  fi
}

inline write() {
  assert(!(inRows & BIT(taken)));                                       /* nothing is applied twice */
  inRows = inRows | BIT(taken)
}

inline killed() { if :: atomic { troubles > 0 -> troubles--; goto waiting } :: true fi }

inline apply(e) {
  taken = e;
#if TRANSACTION == 2
  atomic { move(); write() };
#endif
#if TRANSACTION == 1
  atomic { write() }; killed(); atomic { move() };
#endif
#if TRANSACTION == 0
  atomic { move() }; killed(); atomic { write() };
#endif
  killed();
  if :: atomic { troubles > 0 && owner == me -> troubles--; owner = 0 } :: true fi
}

proctype projector(byte me) {
  byte mine; byte at; byte early; byte next; byte taken;
waiting:
  atomic {
    mine = 0; at = 0; early = 0; next = 0; taken = 0;
    if :: owner == me -> owner = 0 :: else fi
  };
  atomic {
    if
    :: cursor == EVENTS -> goto ended
    :: cursor < EVENTS && owner == 0 -> owner = me; epoch++; mine = epoch; at = cursor
    fi
  };
  do
  :: at < EVENTS ->
     atomic {
       next = 0;
       if
       :: messages > 0 -> messages--; if :: next = 1 :: next = 2 :: next = 3 fi
#if LOG_PAGED
       :: true
#endif
       fi
     };
     if
     :: next == 0 -> apply(at + 1)                                      /* paged from the log */
     :: next > at -> early = early | BIT(next)
     :: next != 0 && next <= at -> if :: !SEEN_SKIPPED -> apply(next) :: else fi
     fi;
     do
     :: at < EVENTS && (early & BIT(at + 1)) -> apply(at + 1)
     :: !GAP_SEEN && at + 1 < EVENTS && !(early & BIT(at + 1)) && (early & BIT(at + 2)) -> apply(at + 2)
     :: else -> break
     od
  :: else -> break
  od;
  goto waiting;
ended:
  cursor == EVENTS && owner == 0;
  assert(inRows == ALL)                                                 /* nothing is missing */
}

init { atomic { run projector(1); run projector(2) } }
#endif
