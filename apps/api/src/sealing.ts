import { Injectable } from '@nestjs/common';
import type { KoshEvent } from '#domain';
import type { TransactOptions } from '#event-store';
import { Vault } from '#vault';

/** Personal details and free text on their way into the vault, beside the event that they belong to. */
@Injectable()
export class Sealing {
  constructor(private readonly vault: Vault) {}

  /**
   * The option of `transact` that seals `details` with the event of this type; none where there is nothing
   * to seal. `subject` is the person's case; `fresh` says that it is being opened by this command.
   */
  async of(
    type: KoshEvent['type'],
    subject: string,
    details: Readonly<Record<string, unknown>>,
    options: { fresh?: boolean } = {},
  ): Promise<Pick<TransactOptions, 'seal' | 'fresh'>> {
    if (Object.values(details).every((detail) => detail === undefined)) return options;
    const row = await this.vault.seal(subject, details, options);
    return { ...options, seal: (event) => (event.type === type ? row : undefined) };
  }
}
