-- The log: the only truth. Rows are added by log.append and by nothing else.
create schema log;

create table log.identity (id uuid not null);
insert into log.identity values (gen_random_uuid());

create table log.events (
  position bigint not null,
  stream text not null,
  version integer not null,
  type text not null,
  schema_version smallint not null,
  occurred_on text,
  recorded_at timestamptz not null,
  body text not null check (octet_length(body) <= 65536),
  meta text not null check (octet_length(meta) <= 4096),
  sealed bytea check (octet_length(sealed) = 32),
  hash bytea not null,
  constraint events_position primary key (position),
  constraint events_stream unique (stream, version)
) with (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05);

-- What each actor has asked for under which key, with the receipt. Pruned after 30 days.
create table log.keys (
  actor text not null,
  key text not null,
  fingerprint bytea not null,
  first_position bigint not null,
  last_position bigint not null,
  version integer not null,
  recorded_at timestamptz not null,
  constraint keys_actor primary key (actor, key)
);
create index keys_recorded_at on log.keys using brin (recorded_at);

-- A field of the hashed text: its length in four bytes, then its bytes; ff ff ff ff where there is none.
create function log.field(value text) returns bytea
language sql stable parallel safe
return coalesce(int4send(octet_length(value)) || convert_to(value, 'UTF8'), '\xffffffff'::bytea);

create function log.moment(at timestamptz) returns text
language sql stable parallel safe
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

create function log.leaf(
  "position" bigint, stream text, version integer, type text, schema_version integer,
  occurred_on text, moment text, body text, meta text, sealed bytea
) returns bytea
language sql stable parallel safe
return sha256('\x00'::bytea || log.field("position"::text) || log.field(stream) || log.field(version::text)
  || log.field(type) || log.field(schema_version::text) || log.field(occurred_on) || log.field(moment)
  || log.field(body) || log.field(meta) || log.field(encode(sealed, 'hex')));

-- The last position that was recorded at or before the moment; 0 if there is none. Times rise along positions,
-- so a binary search needs no index of its own.
create function log.position_at(moment timestamptz) returns bigint
language plpgsql stable set search_path = pg_catalog
as $$
declare
  low bigint := 0;
  high bigint := coalesce((select max(e.position) from log.events e), 0);
  middle bigint;
begin
  while low < high loop
    middle := (low + high + 1) / 2;
    if (select e.recorded_at from log.events e where e.position = middle) <= moment then
      low := middle;
    else
      high := middle - 1;
    end if;
  end loop;
  return low;
end $$;

create function log.prune_keys() returns bigint
language sql security definer set search_path = pg_catalog
as $$
  with pruned as (delete from log.keys where recorded_at < now() - interval '30 days' returning 1)
  select count(*) from pruned;
$$;

grant usage on schema log to kosh_api, kosh_projector, kosh_eraser;
grant select on log.events, log.identity to kosh_api, kosh_projector;
grant select on log.keys to kosh_api;
revoke execute on function log.prune_keys() from public;
grant execute on function log.prune_keys() to kosh_api;
