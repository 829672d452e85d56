-- What proves the log. Nodes and copies of checkpoints follow from the log and from the folder of checkpoints, and may
-- be made again from there; nobody needs to believe them, since each is checked under a signature that is kept elsewhere.

-- Inner nodes of the Merkle tree (RFC 6962): the root of 2^level events, the index-th such. Those below 16 events
-- are computed from the rows when they are asked for.
create table audit.nodes (
  level smallint not null check (level >= 4),
  index bigint not null,
  hash bytea not null check (octet_length(hash) = 32),
  constraint nodes_place primary key (level, index)
);

-- The signed notes, for whoever asks the API; and whether the topic has them.
create table audit.checkpoints (
  size bigint primary key,
  note text not null,
  in_topic boolean not null default false
);
create index checkpoints_unsent on audit.checkpoints (size) where not in_topic;

-- How far the verification in the background has come, and what the notary has to complain of.
create table audit.verification (
  id boolean primary key default true check (id),
  position bigint not null,
  up_to bigint not null,
  full_position bigint,
  full_at timestamptz,
  first_bad jsonb,
  refusal text,
  updated_at timestamptz not null
);

grant usage on schema audit to kosh_projector;
grant select, insert, update, delete on audit.nodes, audit.checkpoints, audit.verification to kosh_projector;
grant select on audit.nodes, audit.checkpoints, audit.verification to kosh_api;
