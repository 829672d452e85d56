import { ListOf, ObjectOf } from './nested.js';
import { OneOf, PartialDate, Prose, Text } from './values.js';

const SCRIPTS = ['Latn', 'Cyrl', 'Arab'] as const;
const KINDS = ['as-documented', 'as-spoken', 'mrz', 'official-transliteration'] as const;
const CALENDARS = ['gregorian', 'solar-hijri', 'islamic'] as const;

/** One true spelling of a name. `full` is always there; how it divides is not always known. */
export class NameBody {
  @Text(1, 200, { example: 'Ахмад Зия' }) readonly full!: string;
  @Text(1, 100, { example: 'Ахмад', optional: true }) readonly given?: string;
  @Text(1, 100, { example: 'Зия', optional: true }) readonly family?: string;
  @Text(1, 100, { example: 'Каримович', optional: true }) readonly patronymic?: string;
  @OneOf(SCRIPTS, { example: 'Cyrl' }) readonly script!: (typeof SCRIPTS)[number];
  @OneOf(KINDS) readonly kind!: (typeof KINDS)[number];
}

/**
 * The date of birth as far as it is known, in the Gregorian calendar, and what the paper says where it uses
 * another.
 */
export class BirthBody {
  @PartialDate({ example: '1961' }) readonly date!: string;
  @Text(1, 100, { example: '1 Hamal 1340', optional: true }) readonly asDocumented?: string;
  @OneOf(CALENDARS, { example: 'solar-hijri', optional: true })
  readonly calendar?: (typeof CALENDARS)[number];
}

export class DocumentBody {
  @Text(1, 60, { example: 'tazkira' }) readonly type!: string;
  @Text(1, 60, { example: '1340-771' }) readonly number!: string;
  @Text(1, 100, { example: 'AFG' }) readonly issuer!: string;
}

export class ContactBody {
  @Text(1, 60, { example: 'telephone' }) readonly type!: string;
  @Text(1, 200, { example: '+7 3272 000000' }) readonly value!: string;
}

/** Personal details: sealed on arrival, and in no event. */
export class PersonBody {
  @ListOf(NameBody, 1, 20) readonly names!: NameBody[];
  @ObjectOf(BirthBody, { optional: true }) readonly birth?: BirthBody;
  @ListOf(DocumentBody, 0, 20, { optional: true }) readonly documents?: DocumentBody[];
  @ListOf(ContactBody, 0, 20, { optional: true }) readonly contacts?: ContactBody[];
  @Prose(2_000, { example: 'Speaks Dari; an interpreter is needed.', optional: true }) readonly note?: string;
}

/** The year of the date of birth, for the rules: nothing else of a person reaches them. */
export function bornIn(person: PersonBody | undefined): Readonly<{ bornIn?: number }> {
  return person?.birth ? { bornIn: Number(person.birth.date.slice(0, 4)) } : {};
}
