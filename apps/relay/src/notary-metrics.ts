import { Counter, Gauge, type Registry } from 'prom-client';
import type { NotaryOptions, NotaryState } from '#audit';

/** What is known of the notary of this process, for Prometheus. */
export class NotaryMetrics {
  state: NotaryState = 'standby';
  private readonly leading: Gauge;
  private readonly refusing: Gauge;
  private readonly size: Gauge;
  private readonly signed: Counter;
  private readonly position: Gauge;
  private readonly full: Gauge;
  private readonly fullAt: Gauge;
  private readonly firstBad: Gauge;
  private readonly faults: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    this.leading = gauge(
      'kosh_notary_leading',
      '1 while the notary of this process signs or refuses to, else 0.',
    );
    this.refusing = gauge('kosh_notary_refusing', '1 while the log is not what was signed: an alarm.');
    this.size = gauge('kosh_checkpoint_size', 'Events that the last checkpoint of this process covers.');
    this.signed = new Counter({
      name: 'kosh_checkpoints_signed_total',
      help: 'Checkpoints that this process has signed.',
      registers,
    });
    this.position = gauge(
      'kosh_verification_position',
      'How far the verification in the background has come.',
    );
    this.full = gauge('kosh_verification_full_position', 'Up to where its last whole pass found all good.');
    this.fullAt = gauge('kosh_verification_full_timestamp_seconds', 'When that pass ended.');
    this.firstBad = gauge(
      'kosh_verification_first_bad_position',
      'The first bad position; 0: none: an alarm.',
    );
    this.faults = gauge(
      'kosh_verification_bad_checkpoints',
      'Files of checkpoints that prove nothing: an alarm.',
    );
  }

  /** What the notary tells. */
  readonly told: Required<Pick<NotaryOptions, 'onState' | 'onSigned' | 'onWatched'>> = {
    onState: (state) => {
      this.state = state;
      this.leading.set(state === 'signing' || state === 'refusing' ? 1 : 0);
      this.refusing.set(state === 'refusing' ? 1 : 0);
    },
    onSigned: ({ size }) => {
      this.size.set(size);
      this.signed.inc();
    },
    onWatched: ({ position, full, firstBad, faults }) => {
      this.position.set(position);
      this.firstBad.set(firstBad?.position ?? 0);
      this.faults.set(faults.length);
      if (!full) return;
      this.full.set(full.position);
      this.fullAt.set(Date.parse(full.at) / 1_000);
    },
  };
}
