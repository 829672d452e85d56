import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { load } from './measure.js';
import { registration } from './people.js';

/** The callers of `benchHttp`, in a process of their own: `driver.js <url> <token> <clients> <for ms>`. */
const [url = '', token = '', clients = '1', forMs = '1000'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(clients) });

/** A registration with a name to seal; throws unless it is recorded. */
function register(): Promise<void> {
  const { office: _office, late: _late, ...facts } = registration(Math.random());
  const body = JSON.stringify({
    ...facts,
    person: { names: [{ full: 'Invented Person', script: 'Latn', kind: 'as-documented' }] },
  });
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/v1/cases`,
      {
        method: 'POST',
        agent,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'idempotency-key': randomUUID(),
        },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => {
          if (answer.statusCode === 201) resolve();
          else reject(new Error(`A registration was answered ${answer.statusCode}.`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

process.stdout.write(JSON.stringify(await load(Number(clients), Number(forMs), register)));
agent.destroy();
