-- The plans of the append are made once for each session. Left to itself Postgres makes them anew at every call, since the
-- length of each array changes what it expects to pay: that took three times as long as all else that a call does.
alter function log.append(
  text[], text[], text[], bytea[], text[], int[], int[], int[], int[], int[], int[], text[], int[], text[], text[], bytea[],
  uuid[], bytea[], bytea[], bytea[]
) set plan_cache_mode = force_generic_plan;
