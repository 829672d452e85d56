/**
 * What a problem's code means: the page at `/problems/<code>` says it, and `type` of the problem points
 * there.
 */
export type ProblemKind = Readonly<{ status: number; title: string; cause: string; cure: string }>;

const http = (status: number, title: string, cause: string, cure: string): ProblemKind => ({
  status,
  title,
  cause,
  cure,
});

/** What the API itself answers. The refusals of the rules are in `refusal-codes.ts`. */
export const PROBLEMS = {
  'malformed-json': http(
    400,
    'The body is not JSON',
    'The body could not be parsed, or an object in it has a member twice.',
    'Send one JSON object in UTF-8, each member once. The detail says where to look.',
  ),
  'bad-request': http(
    400,
    'The request could not be read',
    'The request line, the address or a header is not HTTP as it should be.',
    'Check the percent-encoding of the address and the headers.',
  ),
  'bad-header': http(
    400,
    'A header is not as it should be',
    'A header has a value that is not allowed for it.',
    'If-Match is a version, such as "7", or *. Idempotency-Key has 1 to 255 visible ASCII characters.',
  ),
  'idempotency-key-missing': http(
    400,
    'The Idempotency-Key is missing',
    'Every write needs a key, so that it can be repeated safely after a broken connection.',
    'Send Idempotency-Key: "<a new UUID>", and the same key when you repeat the same request.',
  ),
  unauthenticated: http(
    401,
    'No valid token',
    'The request has no bearer token, or one that is expired, forged or for somebody else.',
    'Send Authorization: Bearer <token>. In local mode `kosh token` makes one.',
  ),
  forbidden: http(
    403,
    'Not for this role',
    'None of the roles in the token may do this.',
    'Ask a colleague whose role it is, or for a token with that role. No role includes another.',
  ),
  'not-found': http(
    404,
    'Not found',
    'There is no such thing, or it belongs to another office.',
    'Check the address and the id. Ask the office that keeps the file.',
  ),
  'method-not-allowed': http(
    405,
    'Not with this method',
    'There is something at this address, but nothing for this method.',
    'Use one of the methods that Allow lists.',
  ),
  'version-conflict': http(
    409,
    'Others kept changing the record',
    'The record changed while the command was decided, three times.',
    'Repeat the request with the same Idempotency-Key.',
  ),
  'stale-version': http(
    412,
    'The record has changed',
    'If-Match names a version that is no longer the current one; ETag of this answer is the current one.',
    'Read the record again, see whether the change is still right, and send it with the new version.',
  ),
  'payload-too-large': http(
    413,
    'The body is too large',
    'A body may have 256 KiB.',
    'Send at most 256 KiB in one request.',
  ),
  'uri-too-long': http(
    414,
    'The address is too long',
    'A part of the address is too long.',
    'Check the id in it.',
  ),
  'unsupported-media-type': http(
    415,
    'The body is of another type',
    'Bodies are JSON, not packed.',
    'Send Content-Type: application/json in UTF-8, and no Content-Encoding.',
  ),
  'validation-failed': http(
    422,
    'The request is not as described',
    'A field or parameter is missing, unknown or has a value that is not possible. `errors` lists each.',
    'Correct the fields that `errors` points at. The API is described at /docs.',
  ),
  'idempotency-key-reused': http(
    422,
    'The key was used for another request',
    'The same actor used this Idempotency-Key for a request with another method, path or body.',
    'Use a new key for a new request; repeat a request unchanged.',
  ),
  'known-at-not-settled': http(
    422,
    'Not yet known',
    'knownAt lies after the last event that the figures contain, so the answer could still change.',
    'Ask for an earlier moment, or leave knownAt out.',
  ),
  'too-many-requests': http(
    429,
    'Too many requests',
    'The caller sends too fast.',
    'Wait for Retry-After seconds.',
  ),
  internal: http(
    500,
    'Something is wrong here',
    'A fault of this service; it was logged under the id in `instance`.',
    'Repeat the request with the same key. If it fails again, report the id.',
  ),
  unavailable: http(
    503,
    'Not available',
    'The service could not do it now. Nothing was written.',
    'Repeat the request after Retry-After seconds, with the same Idempotency-Key.',
  ),
  overloaded: http(
    503,
    'Too much at once',
    'This process has as many requests under way as it can answer soon. Nothing was done.',
    'Repeat the request after Retry-After seconds, with the same Idempotency-Key.',
  ),
  'outcome-unknown': http(
    503,
    'Perhaps written',
    'The connection to the database ended before its answer came.',
    'Repeat the request with the same Idempotency-Key: it is written once, and the answer tells.',
  ),
  'not-signed-yet': http(
    503,
    'No checkpoint covers it yet',
    'The event is in the log; what the log is gets signed every 1,000 events or 60 seconds.',
    'Ask again after Retry-After seconds. If that does not help, /v1/audit/verification says why nothing is signed.',
  ),
  'not-as-signed': http(
    500,
    'The log is not what was signed',
    'A proof was made and did not hold: the log was changed, or what is kept of its tree.',
    'Run kosh verify. It names the first bad position; keep the database as it is. If it finds the log whole, ' +
      'empty audit.nodes: the notary makes them anew.',
  ),
  'projection-lagging': http(
    503,
    'The figures are not there yet',
    'The read model had not reached the position of `atLeast` after 5 seconds.',
    'Ask again after Retry-After seconds.',
  ),
} satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;
