-- Which history this is. A log that is put back from a backup goes on where the backup ended, and what others saw of it
-- after that has not happened. The first history is epoch 1; each further one has a number higher than any before,
-- also than those of a database that was lost, of which the backup knows nothing: the millisecond in which it began.
create table log.epochs (
  epoch bigint primary key,
  -- Up to here the log is that of the epoch before.
  position bigint not null,
  began_at timestamptz not null
);
insert into log.epochs values (1, 0, date_trunc('milliseconds', clock_timestamp()));

grant select on log.epochs to kosh_api, kosh_projector;
