-- Appends many commands in one transaction. Each succeeds or fails alone; a refusal is a row of the answer.
--
-- streams      the distinct streams of all commands
-- c_*          one item per command: who, under which key, how many targets and events and sealed rows it has
-- t_*          one item per target of a command: the stream (an index into `streams`) and the version it must be at
--              (0: must not exist; -1: any). The first target is the addressed stream.
-- e_*          one item per event, in the order of the commands
-- v_*          one item per sealed row, in the order of the commands; `wrapped` where the subject's key is new
--
-- Answers one row per command, in order. `status` is written, duplicate (the key's first receipt), key-reused,
-- or conflict (`version` is then the actual one of the stream that did not match).
create function log.append(
  streams text[],
  c_actor text[], c_key text[], c_fingerprint bytea[], c_meta text[], c_targets int[], c_events int[], c_sealed int[],
  t_stream int[], t_expected int[],
  e_stream int[], e_type text[], e_schema int[], e_occurred_on text[], e_body text[], e_sealed bytea[],
  v_subject uuid[], v_hash bytea[], v_bytes bytea[], v_wrapped bytea[]
) returns table (status text, version int, first_position bigint, last_position bigint, hash bytea, recorded_at timestamptz)
language plpgsql security definer
-- A plan made while the tables are empty must not scan them when they are full.
set search_path = pg_catalog set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  head_position bigint;
  head_hash bytea;
  moment timestamptz;
  moment_text text;
  versions int[];              -- current version of each stream
  before int[];                -- the previous command of this batch with the same key
  writer int[];                -- the command of this batch that wrote under this command's key
  known_first bigint[]; known_last bigint[]; known_version int[]; known_fingerprint bytea[];
  known_hash bytea[]; known_at timestamptz[];
  -- Full length from the start: an array that is first assigned at 2 would begin there.
  r_status text[] := array_fill(null::text, array[cardinality(c_actor)]);
  r_version int[] := array_fill(null::int, array[cardinality(c_actor)]);
  r_first bigint[] := array_fill(null::bigint, array[cardinality(c_actor)]);
  r_last bigint[] := array_fill(null::bigint, array[cardinality(c_actor)]);
  r_hash bytea[] := array_fill(null::bytea, array[cardinality(c_actor)]);
  r_at timestamptz[] := array_fill(null::timestamptz, array[cardinality(c_actor)]);
  o_event int[]; o_command int[]; o_position bigint[]; o_version int[]; o_hash bytea[];
  s_sealed int[]; s_position bigint[];
  events_seen int := 0; targets_seen int := 0; sealed_seen int := 0; written int := 0; sealed_written int := 0;
  stale int; w int; s int;
begin
  perform pg_advisory_xact_lock(5001);

  select array_agg(coalesce((select e.version from log.events e where e.stream = u.stream order by e.version desc limit 1), 0)
                   order by u.o)
    into versions from unnest(streams) with ordinality u(stream, o);

  select array_agg(c.before order by c.o), array_agg(k.first_position order by c.o), array_agg(k.last_position order by c.o),
         array_agg(k.version order by c.o), array_agg(k.fingerprint order by c.o),
         array_agg(e.hash order by c.o), array_agg(e.recorded_at order by c.o)
    into before, known_first, known_last, known_version, known_fingerprint, known_hash, known_at
    from (select u.*, lag(u.o) over (partition by u.actor, u.key order by u.o) as before
            from unnest(c_actor, c_key) with ordinality u(actor, key, o)) c
    left join log.keys k on k.actor = c.actor and k.key = c.key
    left join log.events e on e.position = k.last_position;

  select e.position, e.hash, e.recorded_at into head_position, head_hash, moment
    from log.events e order by e.position desc limit 1;
  if not found then
    head_position := 0;
    head_hash := decode(repeat('00', 32), 'hex');
  end if;
  moment := date_trunc('milliseconds', greatest(clock_timestamp(), moment));
  moment_text := log.moment(moment);

  for c in 1 .. cardinality(c_actor) loop
    w := case when before[c] is not null then writer[before[c]] end;
    writer[c] := w;
    stale := null;
    for t in targets_seen + 1 .. targets_seen + c_targets[c] loop
      if t_expected[t] >= 0 and t_expected[t] <> versions[t_stream[t]] then
        stale := versions[t_stream[t]];
        exit;
      end if;
    end loop;

    if known_first[c] is not null then
      r_status[c] := case when known_fingerprint[c] = c_fingerprint[c] then 'duplicate' else 'key-reused' end;
      r_version[c] := known_version[c]; r_first[c] := known_first[c]; r_last[c] := known_last[c];
      r_hash[c] := known_hash[c]; r_at[c] := known_at[c];
    elsif w is not null then
      r_status[c] := case when c_fingerprint[w] = c_fingerprint[c] then 'duplicate' else 'key-reused' end;
      r_version[c] := r_version[w]; r_first[c] := r_first[w]; r_last[c] := r_last[w];
      r_hash[c] := r_hash[w]; r_at[c] := r_at[w];
    elsif stale is not null then
      r_status[c] := 'conflict'; r_version[c] := stale;
    else
      for e in events_seen + 1 .. events_seen + c_events[c] loop
        s := e_stream[e];
        versions[s] := versions[s] + 1;
        head_position := head_position + 1;
        head_hash := sha256('\x03'::bytea || head_hash || log.leaf(head_position, streams[s], versions[s], e_type[e],
          e_schema[e], e_occurred_on[e], moment_text, e_body[e], c_meta[c], e_sealed[e]));
        written := written + 1;
        o_event[written] := e; o_command[written] := c; o_position[written] := head_position;
        o_version[written] := versions[s]; o_hash[written] := head_hash;
      end loop;
      for v in sealed_seen + 1 .. sealed_seen + c_sealed[c] loop
        sealed_written := sealed_written + 1;
        s_sealed[sealed_written] := v; s_position[sealed_written] := head_position;
      end loop;
      writer[c] := c;
      r_status[c] := 'written'; r_version[c] := versions[t_stream[targets_seen + 1]];
      r_first[c] := head_position - c_events[c] + 1; r_last[c] := head_position; r_hash[c] := head_hash; r_at[c] := moment;
    end if;
    events_seen := events_seen + c_events[c];
    targets_seen := targets_seen + c_targets[c];
    sealed_seen := sealed_seen + c_sealed[c];
  end loop;

  if written > 0 then
    insert into log.events
      select o.position, streams[e_stream[o.event]], o.version, e_type[o.event], e_schema[o.event], e_occurred_on[o.event],
             moment, e_body[o.event], c_meta[o.command], e_sealed[o.event], o.hash
        from unnest(o_event, o_command, o_position, o_version, o_hash) o(event, command, position, version, hash);
    insert into log.keys
      select c_actor[c], c_key[c], c_fingerprint[c], r_first[c], r_last[c], r_version[c], moment
        from generate_subscripts(c_actor, 1) c where r_status[c] = 'written';
    if sealed_written > 0 then
      insert into vault.keys
        select v_subject[v], v_wrapped[v] from unnest(s_sealed) v where v_wrapped[v] is not null;
      insert into vault.sealed
        select v_hash[o.v], v_subject[o.v], o.position, v_bytes[o.v] from unnest(s_sealed, s_position) o(v, position);
    end if;
    perform pg_notify('kosh_log', '');
  end if;

  return query select * from unnest(r_status, r_version, r_first, r_last, r_hash, r_at);
end $$;

revoke execute on function log.append from public;
grant execute on function log.append to kosh_api;
