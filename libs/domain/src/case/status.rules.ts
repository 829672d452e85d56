import {
  type CountryCode,
  type Law,
  lawById,
  lawInForce,
  lawsOffering,
  nationalityExcluded,
  type PartialDate,
  type StatusCode,
} from '#reference';
import { type RefusalDetails, Refused } from '../decider.js';
import type { KnownCase, Standing } from './case.state.js';
import { type Dated, type Fact, named, places, type Track } from './track.js';

/** Which status may follow which. This table is the rule; no other file knows it. */
const NEXT: Readonly<Record<StatusCode, readonly StatusCode[]>> = {
  // Nobody gives it: it is what someone is called before any registration.
  'prospective-asylum-seeker': [],
  'asylum-seeker': [
    'refugee',
    'convention-refugee',
    'mandate-refugee',
    'temporary-protection',
    'political-asylum',
    'ethnic-returnee',
    'registered-foreigner',
    'rejected',
    'claim-closed',
  ],
  refugee: ['convention-refugee', 'mandate-refugee', 'ethnic-returnee', 'registered-foreigner', 'citizen'],
  'convention-refugee': ['refugee', 'ethnic-returnee', 'registered-foreigner', 'citizen'],
  // On UNHCR's list: the State may still hear the claim, or know the person as a foreigner only.
  'mandate-refugee': [
    'asylum-seeker',
    'refugee',
    'convention-refugee',
    'temporary-protection',
    'ethnic-returnee',
    'registered-foreigner',
    'citizen',
  ],
  'temporary-protection': [
    'asylum-seeker',
    'refugee',
    'convention-refugee',
    'mandate-refugee',
    'political-asylum',
    'ethnic-returnee',
    'registered-foreigner',
    'citizen',
  ],
  'political-asylum': ['refugee', 'convention-refugee', 'registered-foreigner', 'citizen'],
  'ethnic-returnee': ['registered-foreigner', 'citizen'],
  'guest-worker': [
    'asylum-seeker',
    'mandate-refugee',
    'temporary-protection',
    'ethnic-returnee',
    'registered-foreigner',
    'citizen',
  ],
  'registered-foreigner': [
    'asylum-seeker',
    'mandate-refugee',
    'temporary-protection',
    'political-asylum',
    'ethnic-returnee',
    'guest-worker',
    'citizen',
  ],
  // An appeal may succeed, and a claim may be made anew (WRS 1999: eight appeals, one of them granted).
  rejected: [
    'asylum-seeker',
    'refugee',
    'convention-refugee',
    'mandate-refugee',
    'temporary-protection',
    'ethnic-returnee',
    'guest-worker',
    'registered-foreigner',
    'claim-closed',
  ],
  'claim-closed': [
    'asylum-seeker',
    'mandate-refugee',
    'temporary-protection',
    'ethnic-returnee',
    'guest-worker',
    'registered-foreigner',
  ],
  citizen: ['registered-foreigner'],
};

/** A decision on someone's status: who gave what, under which law, when, to a citizen of which country. */
type Decision = Standing & Readonly<{ on: PartialDate; citizenship: CountryCode }>;

/** The fields of the request that hold the parts of a decision. */
type Pointers = Readonly<Record<'status' | 'legalBasis' | 'issuer', string>>;

/**
 * The instrument must have been in force on the day of the decision, offer the status, entitle the issuer and
 * not shut out the nationality (domain research §3.8, rule 2). Throws `legal-basis-unknown`,
 * `framework-not-in-force`, `status-not-offered`, `issuer-not-entitled` or `nationality-excluded`.
 */
export function mustBeLawful(decision: Decision, at: Pointers): void {
  const { status, legalBasis, issuer, on, citizenship } = decision;
  const law = lawById(legalBasis);
  const onOffer = lawsOffering(status, issuer, on)
    .map(({ id }) => id)
    .filter((id) => !nationalityExcluded(id, citizenship, on));
  const refuse = (code: string, pointer: string, detail: string, facts: Facts = {}): never => {
    const remedy =
      onOffer.length > 0
        ? `Then ${issuer} could give ${status} under ${onOffer.join(', ')}.`
        : `Then no instrument let ${issuer} give ${status}.`;
    throw new Refused(code, `${detail} ${remedy}`, { pointer, facts: { ...facts, onOffer } });
  };
  if (!law) return refuse('legal-basis-unknown', at.legalBasis, `The catalogue has no ${legalBasis}.`);
  if (!lawInForce(legalBasis, on)) {
    const detail = `${legalBasis} is in force ${period(law)}, and the decision is of ${on}.`;
    const { from, to } = law;
    const days = to === undefined ? { on, from } : { on, from, to };
    refuse('framework-not-in-force', at.legalBasis, detail, days);
  }
  if (!law.statuses.includes(status)) {
    const detail = `${legalBasis} offers ${law.statuses.join(', ')}, not ${status}.`;
    refuse('status-not-offered', at.status, detail, { offered: law.statuses });
  }
  if (!law.issuers.includes(issuer)) {
    const detail = `Under ${legalBasis} ${law.issuers.join(' or ')} decides, not ${issuer}.`;
    refuse('issuer-not-entitled', at.issuer, detail, { issuers: law.issuers });
  }
  if (nationalityExcluded(legalBasis, citizenship, on)) {
    const detail = `${legalBasis} shuts out citizens of ${citizenship}.`;
    refuse('nationality-excluded', at.legalBasis, detail, { citizenship });
  }
}

type Facts = NonNullable<RefusalDetails['facts']>;

function period({ from, to }: Law): string {
  return to === undefined ? `from ${from}` : `from ${from} until before ${to}`;
}

/** Where a status that follows `from` stands: at the latest place behind it, or else at the latest of all. */
export function statusPlace(statuses: Track<Fact<Standing>>, date: Dated, from: StatusCode): number {
  const fitting = places(statuses, date);
  return fitting.find((at) => statuses[at - 1]?.value.status === from) ?? fitting[0];
}

/**
 * The status that one of that date replaces. Nobody is given the same status twice running, whichever of the
 * two decisions was entered first and however well their days are known. Throws `status-not-allowed`, or
 * `not-registered` if there is none.
 */
export function mustReplace(statuses: Track<Fact<Standing>>, to: StatusCode, date: Dated): StatusCode {
  const { on } = date;
  const objections: Refused[] = [];
  for (const at of places(statuses, date)) {
    const before = statuses[at - 1];
    // Where the fold would put it elsewhere, this place is not to be had.
    if (!before || statusPlace(statuses, date, before.value.status) !== at) continue;
    const same = [before, decisionAt(statuses, at)].find((fact) => fact?.value.status === to);
    const objection = same ? repeated(same, on) : objectionAt(statuses, at, to, '/to');
    if (!objection) return before.value.status;
    objections.push(objection);
  }
  const [objection] = objections;
  throw objection ?? unregistered(statuses[0], date);
}

/** The decision behind that place. A registration may repeat the status that it finds: it decides nothing. */
function decisionAt(statuses: Track<Fact<Standing>>, at: number): Fact<Standing> | undefined {
  const after = statuses[at];
  return after?.type === 'StatusChanged' ? after : undefined;
}

function unregistered(first: Fact<Standing> | undefined, { on, days }: Dated): Refused {
  const pointer = '/effectiveOn';
  const then = days
    ? `From ${days.first} to ${days.last}, while that law was in force in ${on},`
    : `On ${on}`;
  if (!first) {
    const detail =
      'The person was met, and is registered with nobody. Register the person first, then decide.';
    return new Refused('not-registered', detail, { pointer });
  }
  const detail =
    `${then} the person was not registered yet; the first registration is of ${first.on}. ` +
    'Check effectiveOn, or correct registeredOn first.';
  const facts = { registeredOn: first.on };
  return new Refused('not-registered', detail, { pointer, contradicts: [named(first)], facts });
}

/** A registration brings its status along: the one held already, or one that may stand there by the table. */
export function mustBring(statuses: Track<Fact<Standing>>, status: StatusCode, date: Dated): void {
  const objection = objectionAt(statuses, statusPlace(statuses, date, status), status, '/status');
  if (objection) throw objection;
}

/** After the correction of a date a registration still comes first, and each status may follow the last. */
export function mustStayInSequence({ registrations, statuses }: KnownCase, pointer: string): void {
  const [first] = statuses;
  if (first && !registrations.some(({ version }) => version === first.version)) {
    const detail =
      `The decision of ${first.on} (event ${first.version}) would come before any registration. ` +
      'Send a date no later than that.';
    throw new Refused('would-contradict', detail, { pointer, contradicts: [named(first)] });
  }
  for (const [at, { value }] of statuses.entries()) {
    const objection = objectionAt(statuses.toSpliced(at, 1), at, value.status, pointer);
    if (objection) throw objection;
  }
}

/** What stands against `status` before the index `at`: the decision before it, or the one behind it. */
function objectionAt(
  statuses: Track<Fact<Standing>>,
  at: number,
  status: StatusCode,
  pointer: string,
): Refused | undefined {
  const before = statuses[at - 1];
  const after = statuses[at];
  if (before && !leads(before.value.status, status)) {
    const from = before.value.status;
    const allowed = NEXT[from];
    const detail =
      `From ${from} (${before.on}) no path leads to ${status}, only to ${allowed.join(', ')}. ` +
      'Check status and date.';
    return new Refused('status-not-allowed', detail, {
      pointer,
      contradicts: [named(before)],
      facts: { from, allowed },
    });
  }
  if (after && !leads(status, after.value.status)) {
    const to = after.value.status;
    const detail =
      `From ${status} no path leads to ${to}, which the person has from ${after.on} on. ` +
      'Check status and date.';
    return new Refused('status-not-allowed', detail, {
      pointer,
      contradicts: [named(after)],
      facts: { allowed: NEXT[status] },
    });
  }
  return undefined;
}

function repeated(same: Fact<Standing>, on: PartialDate): Refused {
  const { status } = same.value;
  const detail =
    `The person is ${status} by event ${same.version} (${same.on}) already, and nobody is given a status ` +
    `twice running. Leave it at that; if ${on} is another decision, record first what lay between the two.`;
  return new Refused('status-not-allowed', detail, {
    pointer: '/to',
    contradicts: [named(same)],
    facts: { from: status, allowed: NEXT[status] },
  });
}

function leads(from: StatusCode, to: StatusCode): boolean {
  return from === to || NEXT[from].includes(to);
}
