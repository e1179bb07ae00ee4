/**
 * What a person sees of a validator at work: a line for each thing that happens.
 *
 * @module
 */

import type { ValidationEvent, ValidatorEvent } from "../../core/iota/gradient_validator/events.ts";
import type { Screen } from "../screen.ts";

/** Shows events. */
export class ValidateReport {
  constructor(readonly screen: Screen, readonly isJson: boolean) {}

  /** Shows one event. */
  show(event: ValidatorEvent): void {
    if (this.isJson) this.screen.printJson(event);
    else this.screen.print(`${timeOf(event)}  ${this.#line(event)}`);
  }

  #line(event: ValidatorEvent): string {
    switch (event.kind) {
      case "registered":
        return `registered with the orchestrator${event.version ? ` ${event.version}` : ""}`;
      case "tracking":
        return `tracking ${event.hotkey} on layer ${event.layer}`;
      case "scores":
        return `submitted ${listed(event.scores)}`;
      case "weights set":
        return `set the weights of ${event.uids.length} uids`;
      case "validation":
        return this.#validationLine(event);
    }
  }

  #validationLine(
    { event, direction, uid, is_valid, score, reason, problem }: ValidationEvent,
  ): string {
    const what = direction && uid ? `${direction} ${uid.slice(0, 8)}` : event;
    const isUnjudged = reason === "no-validation-possible";
    const style = isUnjudged ? "dim" : is_valid ? "green" : "red";
    const text = `${what.padEnd(17)}  ${isUnjudged ? "      " : score.toFixed(4)}  ` +
      this.screen.style(style, reason);
    return problem ? `${text}: ${problem}` : text;
  }
}

function listed(scores: Readonly<Record<string, number>>): string {
  const entries = Object.entries(scores);
  if (entries.length === 0) return "no score";
  return entries.map(([uid, score]) => `score ${score} of uid ${uid}`).join(", ");
}

function timeOf({ unixMs }: ValidatorEvent): string {
  return new Date(unixMs).toISOString().slice(11, 19);
}
