import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import {
  estimate,
  ESTIMATED_POPULATIONS,
  type EstimatedPopulation,
  intend,
  type Measure,
  MEASURES,
  type Qualifier,
  QUALIFIERS,
  type RecordEstimate,
  type Unit,
  UNITS,
} from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { ListOf, ObjectOf } from '../body/nested.js';
import { PlaceBody } from '../body/place.body.js';
import { Area, Count, OneOf, PartialDate, Prose, Text } from '../body/values.js';

const MOST = 100_000_000;

export class PeriodBody {
  @PartialDate({ example: '1994' }) readonly from!: string;
  @PartialDate({ example: '1997' }) readonly to!: string;
}

/** A part of the estimate, for one place fled, or for several that were named together. */
export class ComponentBody {
  @ListOf(PlaceBody, 1, 10) readonly placesFled!: PlaceBody[];
  @OneOf(QUALIFIERS) readonly qualifier!: Qualifier;
  @Count(0, MOST, { example: 2_100, optional: true }) readonly value?: number;
  @Count(0, MOST, { example: 2_000, optional: true }) readonly low?: number;
  @Count(0, MOST, { example: 2_500, optional: true }) readonly high?: number;
}

export class RecordEstimateBody implements Readonly<Omit<RecordEstimate['data'], 'today'>> {
  @OneOf(ESTIMATED_POPULATIONS) readonly population!: EstimatedPopulation;
  @OneOf(MEASURES, { example: 'inflow' }) readonly measure!: Measure;
  @ObjectOf(PeriodBody) readonly period!: PeriodBody;
  @Area({ optional: true, description: 'Where it holds, if not in the whole country.' })
  readonly area?: string;
  @ObjectOf(PlaceBody, { optional: true }) readonly placeFled?: PlaceBody;
  @OneOf(QUALIFIERS, { example: 'more-than' }) readonly qualifier!: Qualifier;
  @Count(0, MOST, { example: 4_000, optional: true }) readonly value?: number;
  @Count(0, MOST, { example: 2_000, optional: true }) readonly low?: number;
  @Count(0, MOST, { example: 2_500, optional: true }) readonly high?: number;
  @OneOf(UNITS) readonly unit!: Unit;
  @Text(1, 200, { example: 'Jamestown Monitor 4/130' }) readonly publisher!: string;
  @Text(1, 200, { example: 'ICRC', optional: true }) readonly citedSource?: string;
  @PartialDate({ example: '1998-07', optional: true }) readonly publishedOn?: string;
  @Prose(4_000, { example: 'between 1994 and 1997 … an influx of over 4,000 refugees' })
  readonly asReported!: string;
  @ListOf(ComponentBody, 1, 40, { optional: true }) readonly components?: ComponentBody[];
}

export class RecordEstimateCommand extends Command<Receipt> {
  constructor(
    readonly body: RecordEstimateBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('estimates')
@Controller('v1/estimates')
export class RecordEstimateController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Record an estimate as it was said, with its source. It is never added to a count.', {
    body: [
      RecordEstimateBody,
      {
        population: 'refugees',
        measure: 'inflow',
        period: { from: '1994', to: '1997' },
        qualifier: 'more-than',
        value: 4_000,
        unit: 'persons',
        publisher: 'Jamestown Monitor 4/130',
        citedSource: 'ICRC',
        publishedOn: '1998-07',
        asReported: 'between 1994 and 1997 … an influx of over 4,000 refugees',
      },
    ],
    refusals: ['value-missing', 'components-exceed-total'],
  })
  record(@Body() body: RecordEstimateBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RecordEstimateCommand(body, by));
  }
}

@CommandHandler(RecordEstimateCommand)
export class RecordEstimateHandler implements ICommandHandler<RecordEstimateCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ body: { ...facts }, by }: RecordEstimateCommand): Promise<Receipt> {
    const data = { ...facts, today: by.today };
    return this.store.transact([intend(estimate, uuidv7(), { type: 'RecordEstimate', data })], by, {
      fresh: true,
    });
  }
}
