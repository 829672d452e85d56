import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, type CaseCorrection, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { AnyValue, type Rule } from '../body/field.js';
import { PLACE_RULES } from '../body/place.body.js';
import { Reason, ReasonCode } from '../body/reasons.js';
import { RecordId } from '../body/record-id.js';
import { invalid } from '../body/validation.js';
import { OneOf, PartialDate, RULES } from '../body/values.js';
import { Sealing } from '../sealing.js';

/** What a field of the file may hold. Where nothing may be held yet, `from` may be null. */
const HOLDS: Readonly<Record<CaseCorrection['field'], { rules: readonly Rule[]; from?: null }>> = {
  citizenship: { rules: RULES.country, from: null },
  habitualResidence: { rules: RULES.country, from: null },
  placeFled: { rules: PLACE_RULES, from: null },
  sex: { rules: RULES.sex, from: null },
  birthYear: { rules: RULES.year, from: null },
  region: { rules: RULES.area },
  arrivedOn: { rules: RULES.date, from: null },
  registeredOn: { rules: RULES.date },
  authority: { rules: RULES.authority },
};

export class CorrectCaseBody {
  @OneOf(Object.keys(HOLDS), { example: 'placeFled' }) readonly field!: CaseCorrection['field'];
  @AnyValue({ example: { country: 'AFG' }, description: 'What the file holds now; null if nothing.' })
  readonly from!: unknown;
  @AnyValue({ example: { country: 'TJK', area: 'TJ-KT' }, description: 'What is right.' })
  readonly to!: unknown;
  @PartialDate({ optional: true, description: 'Right from then on; from the start unless told.' })
  readonly validFrom?: string;
  @ReasonCode('correction') readonly reasonCode!: string;
  @Reason() readonly reason?: string;
}

export class CorrectCaseCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: CorrectCaseBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/corrections')
export class CorrectCaseController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('A fact of the file was wrong. What was recorded stays readable, with knownAt.', {
    body: [
      CorrectCaseBody,
      {
        field: 'placeFled',
        from: { country: 'AFG' },
        to: { country: 'TJK', area: 'TJ-KT' },
        reasonCode: 'document-seen',
        reason: 'The passport was seen on a later visit.',
      },
    ],
    refusals: ['from-not-held', 'would-contradict'],
  })
  correct(@RecordId() id: string, @Body() body: CorrectCaseBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new CorrectCaseCommand(id, body, by));
  }
}

@CommandHandler(CorrectCaseCommand)
export class CorrectCaseHandler implements ICommandHandler<CorrectCaseCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly sealing: Sealing,
  ) {}

  async execute({ id, body, by }: CorrectCaseCommand): Promise<Receipt> {
    const { validFrom, reasonCode, reason, ...change } = body;
    const dated = validFrom === undefined ? {} : { validFrom };
    const data = { ...correctionOf(change), ...dated, reasonCode, today: by.today };
    return this.store.transact(
      [intend(caseFile, id, { type: 'CorrectCase', data })],
      by,
      await this.sealing.of('CaseCorrected', id, { reason }),
    );
  }
}

type Change = Pick<CorrectCaseBody, 'field' | 'from' | 'to'>;

/** Throws `validation-failed` where a value is none that the field can hold. */
function correctionOf(change: Change): CaseCorrection {
  if (isCorrection(change)) return change;
  throw invalid(
    (['from', 'to'] as const).flatMap((name) => {
      const broken = brokenRule(change, name);
      return broken ? [{ pointer: `#/${name}`, code: broken.code, detail: broken.detail(change[name]) }] : [];
    }),
  );
}

/** The table says which values go with which field, as the union does. */
function isCorrection(change: Change): change is CaseCorrection {
  return !brokenRule(change, 'from') && !brokenRule(change, 'to');
}

function brokenRule(change: Change, name: 'from' | 'to'): Rule | undefined {
  const { rules, from } = HOLDS[change.field];
  if (name === 'from' && change.from === null && from === null) return undefined;
  return rules.find(({ test }) => !test(change[name]));
}
