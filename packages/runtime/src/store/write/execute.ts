import type { Operation } from "../operations.ts";
import { unpackSettlement } from "../settlement-row.ts";
import { createBreakers } from "./breakers.ts";
import { createClaim } from "./claim.ts";
import type { WriteContext } from "./context.ts";
import { createCounts } from "./counts.ts";
import { createEnqueue } from "./enqueue.ts";
import { createIncidents } from "./incidents.ts";
import { createJournal } from "./journal.ts";
import { createLeaseOperations } from "./lease.ts";
import { createPrune } from "./prune.ts";
import { createSettle } from "./settle.ts";
import { createTransitions } from "./transitions.ts";

/** Runs one operation inside the open transaction. Depends on nothing but the database and the message, so it can be run again after a rollback. */
export type Execute = (operation: Operation) => unknown;

export function createExecute(context: WriteContext): Execute {
  const enqueue = createEnqueue(context);
  const claim = createClaim(context);
  const incidents = createIncidents(context);
  const settle = createSettle(context, incidents);
  const leases = createLeaseOperations(context);
  const transitions = createTransitions(context);
  const journal = createJournal(context);
  const breakers = createBreakers(context);
  const prune = createPrune(context, incidents);
  const counts = createCounts(context);

  return (operation) => {
    switch (operation.kind) {
      case "enqueue":
        return enqueue(operation.items);
      case "claim":
        return claim(operation.request, operation.seed);
      case "settle":
        return settle(unpackSettlement(operation.row));
      case "release":
        return leases.release(operation.leases);
      case "checkpoint":
        return leases.checkpoint(operation.lease, operation.checkpoint);
      case "progress":
        return leases.progress(operation.entries);
      case "recordIntent":
        return leases.recordIntent(operation.lease, operation.intent);
      case "cancel":
        return transitions.cancel(operation);
      case "retry":
        return transitions.retry(operation);
      case "adoptResult":
        return transitions.adoptResult(operation);
      case "releaseQuarantined":
        return transitions.releaseQuarantined(operation);
      case "discardQuarantined":
        return transitions.discardQuarantined(operation);
      case "reschedule":
        return transitions.reschedule(operation);
      case "remove":
        return transitions.remove(operation);
      case "nextDueMs":
        return counts.nextDueMs();
      case "counts":
        return counts.counts();
      case "unfinished":
        return journal.unfinished(operation);
      case "schedules":
        return journal.schedules(operation);
      case "putSchedule":
        return journal.putSchedule(operation);
      case "removeSchedule":
        return journal.removeSchedule(operation);
      case "lanes":
        return journal.lanes(operation);
      case "putLane":
        return journal.putLane(operation);
      case "book":
        return journal.book(operation);
      case "putBook":
        return journal.putBook(operation);
      case "idempotency":
        return journal.idempotency(operation);
      case "putIdempotency":
        return journal.putIdempotency(operation);
      case "services":
        return journal.services(operation);
      case "putService":
        return journal.putService(operation);
      case "breakers":
        return breakers.breakers(operation);
      case "changeBreaker":
        return breakers.changeBreaker(operation);
      case "changeIncident":
        return incidents.change(operation);
      case "addTrouble":
        return incidents.addTrouble(operation);
      case "watching":
        return incidents.watching();
      case "putValidation":
        return incidents.putValidation(operation);
      case "strayLogs":
        return context.logFiles.strays(operation.names);
      case "prune":
        return prune(operation.rule);
      case "probe":
        return journal.probe(operation);
    }
  };
}
