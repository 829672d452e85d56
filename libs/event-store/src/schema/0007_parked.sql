-- What a read model could not fold, and what came after it in the same stream, in order, until someone releases it.
-- The first event of a stream that stands here says why.
create table reading.parked (
  name text not null,
  stream text not null,
  version integer not null,
  position bigint not null,
  reason text,
  parked_at timestamptz not null default clock_timestamp(),
  constraint parked_event primary key (name, stream, version)
);

grant select on reading.parked to kosh_api;
grant select, insert, delete on reading.parked to kosh_projector;
