-- Cursors: of the relay, of the read models, of the process managers. An epoch fences whoever held it before.
create schema road;
create table road.relay (name text primary key, position bigint not null, epoch integer not null);

create schema reading;
create table reading.cursors (
  name text primary key,
  position bigint not null,
  epoch integer not null,
  recorded_at timestamptz
);

-- Who read whose file. Written before the answer is given.
create schema audit;
create table audit.access (
  seq bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  request_id uuid not null,
  actor text not null,
  role text not null,
  office text not null,
  action text not null,
  subject text not null,
  outcome text not null
);

grant usage on schema road, reading to kosh_api, kosh_projector;
grant select on road.relay, reading.cursors to kosh_api;
grant select, insert, update, delete on road.relay, reading.cursors to kosh_projector;
grant usage on schema audit to kosh_api;
grant insert on audit.access to kosh_api;
