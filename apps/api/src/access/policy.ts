import { type Role, ROLES } from '#vault';

/** How far a role sees: the files of its own office, or of the whole nation. */
export type Scope = 'office' | 'nation';
type Grants = Readonly<Partial<Record<Role, Scope>>>;

const REGISTERING: Grants = { registrar: 'office' };
const FILE_WORK: Grants = { registrar: 'office', caseworker: 'office' };
const FLIGHT_WORK: Grants = { 'flight-coordinator': 'nation' };
const MANIFEST_READING: Grants = { ...FLIGHT_WORK, auditor: 'nation' };
const FLIGHT_READING: Grants = { ...MANIFEST_READING, caseworker: 'nation', analyst: 'nation' };
const FILE_READING: Grants = { ...FILE_WORK, 'decision-officer': 'office', auditor: 'nation' };
const FIGURES: Grants = {
  analyst: 'nation',
  auditor: 'nation',
  'decision-officer': 'nation',
  caseworker: 'nation',
};
/** Whoever may hold a receipt. Checkpoints and proofs are hashes: they say nothing of people. */
const PROOFS: Grants = { ...FIGURES, registrar: 'nation', 'flight-coordinator': 'nation' };

/**
 * Who may do what, by method and route. No role may do all that another may; what an admin is for comes
 * with its routes. A route that is neither here nor in `OPEN` does not start.
 */
export const POLICY: Readonly<Record<string, Grants>> = {
  'POST /v1/cases': REGISTERING,
  'POST /v1/encounters': FILE_WORK,
  'POST /v1/cases/:id/registrations': REGISTERING,
  'POST /v1/cases/:id/status-changes': { 'decision-officer': 'office' },
  'POST /v1/cases/:id/corrections': FILE_WORK,
  'PUT /v1/cases/:id/person': FILE_WORK,
  'POST /v1/cases/:id/relocations': FILE_WORK,
  'POST /v1/cases/:id/departures': FILE_WORK,
  'POST /v1/cases/:id/returns': FILE_WORK,
  'POST /v1/cases/:id/deaths': FILE_WORK,
  'GET /v1/cases': FILE_READING,
  'GET /v1/cases/:id': FILE_READING,
  'GET /v1/cases/:id/history': FILE_READING,

  'POST /v1/flights': FLIGHT_WORK,
  'POST /v1/flights/:id/passengers': FLIGHT_WORK,
  'DELETE /v1/flights/:id/passengers/:passenger': FLIGHT_WORK,
  'POST /v1/flights/:id/manifest': FLIGHT_WORK,
  'POST /v1/flights/:id/boardings': FLIGHT_WORK,
  'POST /v1/flights/:id/no-shows': FLIGHT_WORK,
  'POST /v1/flights/:id/offloads': FLIGHT_WORK,
  'POST /v1/flights/:id/departure': FLIGHT_WORK,
  'POST /v1/flights/:id/diversion': FLIGHT_WORK,
  'POST /v1/flights/:id/arrival': FLIGHT_WORK,
  'POST /v1/flights/:id/cancellation': FLIGHT_WORK,
  'GET /v1/flights': FLIGHT_READING,
  'GET /v1/flights/:id': MANIFEST_READING,
  'GET /v1/flights/:id/manifest': MANIFEST_READING,

  'POST /v1/estimates': { analyst: 'nation' },
  'POST /v1/estimates/:id/supersession': { analyst: 'nation' },
  'POST /v1/estimates/:id/retraction': { analyst: 'nation' },
  'GET /v1/estimates': FIGURES,

  'GET /v1/reports/population': FIGURES,
  'GET /v1/reports/registration-gap': FIGURES,
  'GET /v1/reports/flights': { ...FIGURES, ...FLIGHT_WORK },

  'GET /v1/audit/events': { auditor: 'nation' },
  'GET /v1/audit/verification': { auditor: 'nation' },
  'GET /v1/audit/checkpoints': PROOFS,
  'GET /v1/audit/checkpoints/:size': PROOFS,
  'GET /v1/audit/proofs/inclusion': PROOFS,
  'GET /v1/audit/proofs/consistency': PROOFS,
};

/**
 * Routes for everyone, without a token: they say nothing of people. The pages under `/docs` belong to
 * them.
 */
export const OPEN: readonly string[] = [
  'GET /livez',
  'GET /readyz',
  'GET /metrics',
  'GET /problems',
  'GET /problems/:code',
  'GET /v1/audit/checkpoint-key',
];

/** Who sees names, documents and contacts in what the policy lets them read. */
const SEES_PERSONAL_DATA: ReadonlySet<Role> = new Set([
  'registrar',
  'caseworker',
  'decision-officer',
  'flight-coordinator',
]);

/**
 * What a caller may do on a route. `role` is every role of theirs that the policy grants it to, as
 * `registrar+auditor`; `personalData` is in whose files names are shown, which need not be all that `scope`
 * reaches.
 */
export type Grant = Readonly<{ role: string; scope: Scope; personalData: Scope | 'none' }>;

/**
 * What someone with these roles may do on a route: all that one of the roles may, and nothing more. So
 * another role never takes anything away, and shows no names that none of the roles shows. Undefined: nothing.
 */
export function decide(route: string, roles: readonly Role[]): Grant | undefined {
  const grants = POLICY[route] ?? {};
  const granting = ROLES.filter((role) => roles.includes(role) && grants[role] !== undefined);
  const scope = widest(granting.map((role) => grants[role]));
  if (scope === undefined) return undefined;
  const showing = granting.filter((role) => SEES_PERSONAL_DATA.has(role));
  const personalData = widest(showing.map((role) => grants[role])) ?? 'none';
  return { role: granting.join('+'), scope, personalData };
}

function widest(scopes: readonly (Scope | undefined)[]): Scope | undefined {
  return scopes.includes('nation') ? 'nation' : scopes[0];
}

/** Someone's reach over one file: whether it is there for them, and whether they see whose it is. */
export function reachOf(
  { scope, personalData }: Grant,
  isOwnOffice: boolean,
): Readonly<{ file: boolean; personalData: boolean }> {
  const covers = (reach: Scope | 'none') => reach === 'nation' || (reach === 'office' && isOwnOffice);
  return { file: covers(scope), personalData: covers(personalData) };
}
