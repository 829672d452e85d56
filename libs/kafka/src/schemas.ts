import {
  type CaseCorrection,
  ESTIMATED_POPULATIONS,
  type KoshEvent,
  MEASURES,
  QUALIFIERS,
  UNITS,
} from '#domain';
import { AUTHORITIES, STATUSES } from '#reference';

/** A JSON Schema, draft 07: the dialect that AsyncAPI takes as it is. */
export type Schema = Readonly<Record<string, unknown>> & Readonly<{ optional?: never }>;

/** A property that may be absent. */
type Optional = Readonly<{ optional: Schema }>;

/**
 * One schema per property of a type: the compiler asks for a missing one, and for `maybe` where the type
 * says `?`.
 */
type Fields<Data> = {
  readonly [Key in keyof Data]-?: Partial<Pick<Data, Key>> extends Pick<Data, Key> ? Optional : Schema;
};

type Data<Type extends KoshEvent['type']> = Extract<KoshEvent, { type: Type }>['data'];

const uuid: Schema = { type: 'string', format: 'uuid' };
const text: Schema = { type: 'string', minLength: 1 };
const code: Schema = { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' };
const partialDate: Schema = {
  type: 'string',
  pattern: '^\\d{4}(-\\d{2}){0,2}$',
  description: 'A date of which the day, or the day and the month, may be unknown.',
};
const instant: Schema = { type: 'string', format: 'date-time' };
const year: Schema = { type: 'integer', minimum: 1800, maximum: 9999 };
const count: Schema = { type: 'integer', minimum: 0 };
const country: Schema = {
  type: 'string',
  pattern: '^[A-Z]{3}$',
  description: 'ISO 3166-1 alpha-3, UKN (unknown), XXA (stateless) or a withdrawn code.',
};
const area: Schema = {
  type: 'string',
  pattern: '^[A-Z]{2}-[A-Z0-9-]+$',
  description: 'ISO 3166-2, or an area of the agency that was valid on the date.',
};
const airport: Schema = { type: 'string', pattern: '^[A-Z]{3}$', description: 'IATA.' };
const status = oneOf(STATUSES);
const authority = oneOf(AUTHORITIES);
const sex = oneOf(['F', 'M', 'U']);
const population = oneOf(ESTIMATED_POPULATIONS);
const qualifier = oneOf(QUALIFIERS);
const place = object<{ country: string; area?: string }>({ country, area: maybe(area) });
const passenger = { passenger: uuid, case: maybe(uuid) };

/** What a correction of each field puts in the place of what; null where nothing was held. */
const CORRECTIONS: { readonly [Field in CaseCorrection['field']]: Readonly<{ from: Schema; to: Schema }> } = {
  citizenship: { from: orNull(country), to: country },
  habitualResidence: { from: orNull(country), to: country },
  placeFled: { from: orNull(place), to: place },
  sex: { from: orNull(sex), to: sex },
  birthYear: { from: orNull(year), to: year },
  region: { from: area, to: area },
  arrivedOn: { from: orNull(partialDate), to: partialDate },
  registeredOn: { from: partialDate, to: partialDate },
  authority: { from: authority, to: authority },
};

/** The shape of `data` of every event that Kosh publishes today. */
export const SCHEMAS: { readonly [Type in KoshEvent['type']]: Schema } = {
  MigrantEncountered: object<Data<'MigrantEncountered'>>({
    office: text,
    metOn: partialDate,
    place,
    placeFled: maybe(place),
    citizenship: maybe(country),
    sex: maybe(sex),
    birthYear: maybe(year),
  }),
  MigrantRegistered: object<Data<'MigrantRegistered'>>({
    office: text,
    authority,
    status,
    legalBasis: text,
    citizenship: country,
    habitualResidence: maybe(country),
    placeFled: place,
    arrivedOn: maybe(partialDate),
    registeredOn: partialDate,
    region: area,
    sex,
    birthYear: maybe(year),
    late: { type: 'boolean' },
  }),
  StatusChanged: object<Data<'StatusChanged'>>({
    from: status,
    to: status,
    legalBasis: text,
    issuer: authority,
    effectiveOn: partialDate,
    reasonCode: maybe(code),
  }),
  CaseCorrected: {
    oneOf: Object.entries(CORRECTIONS).map(([field, { from, to }]) =>
      object<Record<keyof CaseCorrection | 'reasonCode', unknown> & { validFrom?: string }>({
        field: { const: field },
        from,
        to,
        validFrom: maybe(partialDate),
        reasonCode: code,
      }),
    ),
  },
  PersonDetailsCorrected: object<Data<'PersonDetailsCorrected'>>({
    fields: list(oneOf(['names', 'birth', 'documents', 'contacts', 'note'])),
  }),
  MigrantRelocated: object<Data<'MigrantRelocated'>>({ region: area, relocatedOn: partialDate }),
  MigrantArrived: object<Data<'MigrantArrived'>>({
    flight: uuid,
    passenger: uuid,
    airport,
    arrivedOn: partialDate,
  }),
  MigrantDeparted: object<Data<'MigrantDeparted'>>({
    departedOn: partialDate,
    kind: oneOf(['permanent', 'temporary', 'transfer', 'deportation', 'resettlement']),
    destination: maybe(country),
  }),
  MigrantReturned: object<Data<'MigrantReturned'>>({ returnedOn: partialDate }),
  MigrantDied: object<Data<'MigrantDied'>>({ diedOn: partialDate }),
  ManifestJoined: object<Data<'ManifestJoined'>>({ flight: uuid, passenger: uuid }),
  ManifestLeft: object<Data<'ManifestLeft'>>({
    flight: uuid,
    passenger: uuid,
    why: oneOf(['removed', 'no-show', 'offloaded', 'left-elsewhere', 'cancelled', 'arrival-refused']),
  }),

  FlightPlanned: object<Data<'FlightPlanned'>>({
    number: text,
    carrier: text,
    from: airport,
    to: airport,
    departureCountry: country,
    seats: { type: 'integer', minimum: 1 },
    departsAt: instant,
    funding: oneOf(['state', 'iom', 'unhcr', 'self']),
    quotaYear: maybe(year),
  }),
  PassengerAdded: object<Data<'PassengerAdded'>>(passenger),
  PassengerRemoved: object<Data<'PassengerRemoved'>>(passenger),
  ManifestFinalised: object<Data<'ManifestFinalised'>>({
    version: { type: 'integer', minimum: 1 },
    listed: count,
  }),
  PassengerBoarded: object<Data<'PassengerBoarded'>>(passenger),
  PassengerNoShow: object<Data<'PassengerNoShow'>>({ ...passenger, reasonCode: maybe(code) }),
  PassengerOffloaded: object<Data<'PassengerOffloaded'>>({ ...passenger, reasonCode: maybe(code) }),
  FlightDeparted: object<Data<'FlightDeparted'>>({ departedAt: instant, onBoard: count }),
  FlightDiverted: object<Data<'FlightDiverted'>>({ airport, landedAt: instant, onBoard: count }),
  PassengerDisembarked: object<Data<'PassengerDisembarked'>>({ ...passenger, airport }),
  FlightArrived: object<Data<'FlightArrived'>>({ airport, arrivedAt: instant, onBoard: count }),
  FlightCancelled: object<Data<'FlightCancelled'>>({ reasonCode: code }),
  PassengerArrivalRefused: object<Data<'PassengerArrivalRefused'>>({ passenger: uuid, case: uuid, code }),

  EstimateRecorded: object<Data<'EstimateRecorded'>>({
    qualifier,
    value: maybe(count),
    low: maybe(count),
    high: maybe(count),
    population,
    measure: oneOf(MEASURES),
    period: object<{ from: string; to: string }>({ from: partialDate, to: partialDate }),
    area: maybe(area),
    placeFled: maybe(place),
    unit: oneOf(UNITS),
    publisher: text,
    citedSource: maybe(text),
    publishedOn: maybe(partialDate),
    asReported: text,
    components: maybe(
      list(
        object<NonNullable<Data<'EstimateRecorded'>['components']>[number]>({
          qualifier,
          value: maybe(count),
          low: maybe(count),
          high: maybe(count),
          placesFled: list(place),
        }),
      ),
    ),
  }),
  EstimateSuperseded: object<Data<'EstimateSuperseded'>>({ by: uuid }),
  EstimateRetracted: object<Data<'EstimateRetracted'>>({ reasonCode: code }),
};

function maybe(schema: Schema): Optional {
  return { optional: schema };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function oneOf(values: readonly string[]): Schema {
  return { enum: values };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

/** Exactly these properties: what is not listed is not part of the contract. */
function object<Type extends object>(fields: Fields<Type>): Schema {
  const entries = Object.entries<Schema | Optional>(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, field]) => [name, isOptional(field) ? field.optional : field]),
    ),
    required: entries.filter(([, field]) => !isOptional(field)).map(([name]) => name),
    additionalProperties: false,
  };
}

function isOptional(field: Schema | Optional): field is Optional {
  return 'optional' in field;
}
