import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** A service of docker-compose.yml, its variables filled in. */
export type Service = Readonly<{
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Everything, as it stands in the file. */
  all: object;
}>;

export type Compose = Readonly<{
  services: ReadonlyMap<string, Service>;
  service: (name: string) => Service;
}>;

/** Reads docker-compose.yml as `docker compose` does, with the variables that are `given`. */
export async function readCompose(given: Readonly<Record<string, string>>): Promise<Compose> {
  const text = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  const read = fieldsOf(fieldsOf(parse(text, { merge: true }))['services']);
  const services = new Map(
    Object.entries(read).map(([name, one]) => [name, serviceOf(fieldsOf(one), given)]),
  );
  return {
    services,
    service(name) {
      const service = services.get(name);
      if (!service) throw new Error(`docker-compose.yml has no service ${name}.`);
      return service;
    },
  };
}

/** The members of a YAML mapping; none of anything else. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function serviceOf(all: Readonly<Record<string, unknown>>, given: Readonly<Record<string, string>>): Service {
  const { command, environment } = all;
  return {
    command: Array.isArray(command) ? command.map(String) : [],
    environment: Object.fromEntries(
      Object.entries(fieldsOf(environment)).map(([name, value]) => [name, filledIn(String(value), given)]),
    ),
    all,
  };
}

/** `${NAME}`, `${NAME:-default}` and `${NAME:?what is wrong}`. */
function filledIn(text: string, given: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_, name: string, kind?: string, more: string = '') => {
      const value = given[name];
      if (value) return value;
      if (kind === '?') throw new Error(`${name} is missing: ${more}`);
      return kind === '-' ? more : '';
    },
  );
}
