-- Who may do what. The roles are groups of the whole server; a login is a member of those it needs.
do $$
declare
  role_name text;
begin
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'Kosh hashes UTF-8 bytes: create the database with encoding UTF8.';
  end if;
  foreach role_name in array array['kosh_owner', 'kosh_api', 'kosh_projector', 'kosh_eraser'] loop
    begin
      execute format('create role %I nologin', role_name);
    exception when duplicate_object or unique_violation then
      null; -- Another database of this server made it.
    end;
    execute format('grant %I to current_user', role_name);
  end loop;
  execute format('grant create on database %I to kosh_owner, kosh_projector', current_database());
  execute format('alter schema kosh owner to kosh_owner');
  execute format('alter table kosh.migrations owner to kosh_owner');
end $$;

grant usage on schema kosh to kosh_api, kosh_projector;
grant select on kosh.migrations to kosh_api, kosh_projector;
