-- Personal data, sealed. Written by log.append together with the event that refers to it, or not at all.
create schema vault;

create table vault.master (id boolean primary key default true check (id), sealed bytea not null);

create table vault.keys (
  subject uuid primary key,
  wrapped bytea not null
);

create table vault.sealed (
  hash bytea primary key,
  subject uuid not null,
  position bigint not null,
  bytes bytea not null check (octet_length(bytes) <= 262144)
);
create index sealed_subject on vault.sealed (subject);

grant usage on schema vault to kosh_api, kosh_eraser;
grant select, insert on vault.master to kosh_api;
grant select on vault.keys, vault.sealed to kosh_api;
grant select, delete on vault.keys, vault.sealed to kosh_eraser;
