import { type DynamicModule, Module, type Type, type ValueProvider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { AccessGuard } from './access/access.guard.js';
import { AccessRecord } from './access/access-record.js';
import { CaseFiles } from './access/case-files.js';
import { LogPosition } from './answers/log-position.js';
import { ReadModels } from './answers/reading.js';
import { ReceiptInterceptor } from './answers/receipt.js';
import { CheckpointKeys } from './audit/checkpoint-keys.js';
import { CheckpointsController } from './audit/checkpoints.controller.js';
import { EventsController } from './audit/events.controller.js';
import { ProofsController } from './audit/proofs.controller.js';
import { VerificationController } from './audit/verification.controller.js';
import { Validation } from './body/validation.js';
import { CaseHistoryController } from './cases/case-history.controller.js';
import { CorrectCaseController, CorrectCaseHandler } from './cases/correct-case.command.js';
import { ListCasesController } from './cases/list-cases.controller.js';
import { ReadCaseController } from './cases/read-case.controller.js';
import { RecordDeathController, RecordDeathHandler } from './cases/record-death.command.js';
import { RecordDepartureController, RecordDepartureHandler } from './cases/record-departure.command.js';
import { RecordReturnController, RecordReturnHandler } from './cases/record-return.command.js';
import { RelocateController, RelocateHandler } from './cases/relocate.command.js';
import { EstimatesController } from './estimates/estimates.controller.js';
import { RecordEstimateController, RecordEstimateHandler } from './estimates/record-estimate.command.js';
import { RetractEstimateController, RetractEstimateHandler } from './estimates/retract-estimate.command.js';
import {
  SupersedeEstimateController,
  SupersedeEstimateHandler,
} from './estimates/supersede-estimate.command.js';
import { AddPassengersController, AddPassengersHandler } from './flights/add-passengers.command.js';
import { ArriveController, ArriveHandler } from './flights/arrive.command.js';
import { BoardPassengersController, BoardPassengersHandler } from './flights/board-passengers.command.js';
import { CancelFlightController, CancelFlightHandler } from './flights/cancel-flight.command.js';
import { DepartController, DepartHandler } from './flights/depart.command.js';
import { DivertController, DivertHandler } from './flights/divert.command.js';
import { FinaliseManifestController, FinaliseManifestHandler } from './flights/finalise-manifest.command.js';
import { FlightBoardController } from './flights/flight-board.controller.js';
import { ManifestController } from './flights/manifest.controller.js';
import {
  OffloadPassengersController,
  OffloadPassengersHandler,
} from './flights/offload-passengers.command.js';
import { PlanFlightController, PlanFlightHandler } from './flights/plan-flight.command.js';
import { RecordNoShowsController, RecordNoShowsHandler } from './flights/record-no-shows.command.js';
import { RemovePassengerController, RemovePassengerHandler } from './flights/remove-passenger.command.js';
import { HealthController } from './operations/health.controller.js';
import { MetricsController } from './operations/metrics.controller.js';
import { ProblemPagesController } from './operations/problem-pages.controller.js';
import { People } from './people.js';
import { ProblemsFilter } from './problems.filter.js';
import {
  AddRegistrationController,
  AddRegistrationHandler,
} from './registration/add-registration.command.js';
import {
  CorrectPersonDetailsController,
  CorrectPersonDetailsHandler,
} from './registration/correct-person-details.command.js';
import {
  RecordEncounterController,
  RecordEncounterHandler,
} from './registration/record-encounter.command.js';
import {
  RegisterMigrantController,
  RegisterMigrantHandler,
} from './registration/register-migrant.command.js';
import { FlightReportController } from './reports/flights.controller.js';
import { PopulationController } from './reports/population.controller.js';
import { RegistrationGapController } from './reports/registration-gap.controller.js';
import { Sealing } from './sealing.js';
import { ChangeStatusController, ChangeStatusHandler } from './status/change-status.command.js';
import { Streams } from './streams.js';

/** What `createApi` makes before the application, such as settings, log, store and vault. */
export type Opened = readonly ValueProvider[];

/** What may be asked: the route of every command, with its handler. */
const COMMANDS: readonly (readonly [controller: Type, handler: Type])[] = [
  [RegisterMigrantController, RegisterMigrantHandler],
  [RecordEncounterController, RecordEncounterHandler],
  [AddRegistrationController, AddRegistrationHandler],
  [CorrectPersonDetailsController, CorrectPersonDetailsHandler],
  [ChangeStatusController, ChangeStatusHandler],
  [CorrectCaseController, CorrectCaseHandler],
  [RelocateController, RelocateHandler],
  [RecordDepartureController, RecordDepartureHandler],
  [RecordReturnController, RecordReturnHandler],
  [RecordDeathController, RecordDeathHandler],
  [PlanFlightController, PlanFlightHandler],
  [AddPassengersController, AddPassengersHandler],
  [RemovePassengerController, RemovePassengerHandler],
  [FinaliseManifestController, FinaliseManifestHandler],
  [BoardPassengersController, BoardPassengersHandler],
  [RecordNoShowsController, RecordNoShowsHandler],
  [OffloadPassengersController, OffloadPassengersHandler],
  [DepartController, DepartHandler],
  [DivertController, DivertHandler],
  [ArriveController, ArriveHandler],
  [CancelFlightController, CancelFlightHandler],
  [RecordEstimateController, RecordEstimateHandler],
  [SupersedeEstimateController, SupersedeEstimateHandler],
  [RetractEstimateController, RetractEstimateHandler],
];

const READS: readonly Type[] = [
  ListCasesController,
  ReadCaseController,
  CaseHistoryController,
  FlightBoardController,
  ManifestController,
  EstimatesController,
  PopulationController,
  RegistrationGapController,
  FlightReportController,
  EventsController,
  VerificationController,
  CheckpointsController,
  ProofsController,
];

const OPERATIONS: readonly Type[] = [HealthController, MetricsController, ProblemPagesController];

/** The one place where the API is put together. */
@Module({})
export class AppModule {
  static with(opened: Opened): DynamicModule {
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot()],
      controllers: [...COMMANDS.map(([controller]) => controller), ...READS, ...OPERATIONS],
      providers: [
        ...opened,
        ...COMMANDS.map(([, handler]) => handler),
        AccessRecord,
        CaseFiles,
        CheckpointKeys,
        LogPosition,
        People,
        ProblemsFilter,
        ReadModels,
        ReceiptInterceptor,
        Sealing,
        Streams,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useClass: Validation },
        { provide: APP_FILTER, useExisting: ProblemsFilter },
      ],
    };
  }
}
