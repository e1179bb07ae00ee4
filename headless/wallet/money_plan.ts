/**
 * What is shown before something is paid, and what came of it. As text on stdout:
 *
 *     Transfer
 *       from     5Grwva…
 *       amount   1.5 TAO
 *
 * With `--json` stdout has an object a line instead, told apart by `event`: `plan` with `dryRun`, then
 * `result` with `extrinsicHash`, `blockHash`, `blockNumber` and `feeRao`; both with `action` and what
 * the command adds. A hotkey that is registered already has a `result` without them, with
 * `alreadyRegistered`. Amounts are texts of whole rao, which a JSON number may not hold; what is not
 * known is left out.
 *
 * @module
 */

import type { Receipt } from "../../core/chain/receipt.ts";
import { formatTao } from "../../core/chain/amounts.ts";
import type { Screen } from "../screen.ts";
import { wrapText } from "../text_table.ts";

/** A label and what it says. */
export type Fact = readonly [label: string, value: string];

/** Values for `--json`; amounts in rao as bigint, which become texts. */
export type Fields = Readonly<
  Record<string, bigint | number | string | boolean | null | undefined>
>;

/** What is to be done. */
export interface MoneyPlan {
  /** As JSON names it: `register`. */
  readonly action: string;
  /** As a person reads it: `Registration on subnet 9`. */
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly fields: Fields;
  /** What should be known before saying yes, a sentence or two. */
  readonly risk?: string;
}

/** What came of it. */
export interface Outcome {
  readonly facts: readonly Fact[];
  readonly fields: Fields;
}

/** How a plan is shown. */
export interface PlanStyle {
  readonly json: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

const LEAST_VALUE_WIDTH = 20;

/** Shows what is to be done. A person who is asked sees it as text, with `--json` on stderr. */
export function showPlan(screen: Screen, plan: MoneyPlan, { json, yes, dryRun }: PlanStyle): void {
  if (json) printFields(screen, { event: "plan", action: plan.action, dryRun, ...plan.fields });
  if (json && (yes || dryRun)) return;
  const write = (line: string): void => json ? screen.message(line) : screen.print(line);
  write(screen.style("bold", plan.title));
  factLines(plan.facts, screen.columns).forEach(write);
  for (const line of plan.risk ? wrapText(plan.risk, screen.columns) : []) {
    write(screen.style("yellow", line));
  }
}

/** The last line of a command that has sent nothing, on purpose. */
export function showNothingSent(screen: Screen, { json }: { readonly json: boolean }): void {
  if (json) screen.message("nothing was sent");
  else screen.print("nothing was sent");
}

/** Shows what came of it. */
export function showOutcome(
  screen: Screen,
  action: string,
  receipt: Receipt,
  outcome: Outcome,
  { json }: { readonly json: boolean },
): void {
  const { extrinsicHash, blockHash, blockNumber, feeRao } = receipt;
  if (json) {
    const sent = { extrinsicHash, blockHash, blockNumber, feeRao };
    return printFields(screen, { event: "result", action, ...sent, ...outcome.fields });
  }
  const fee: Fact[] = feeRao === undefined ? [] : [["fee", formatTao(feeRao)]];
  const facts: Fact[] = [["block", `${blockNumber}`], ["extrinsic", extrinsicHash], ...fee];
  screen.print(screen.style("green", "Done"));
  for (const line of factLines([...facts, ...outcome.facts], screen.columns)) screen.print(line);
}

/** A balance, and what is left of it: `2 TAO, of which 0.5 TAO would remain`. */
export function remainsText(balanceRao: bigint, remainingRao: bigint): string {
  return `${formatTao(balanceRao)}, of which ${formatTao(remainingRao)} would remain`;
}

/** One object a line; amounts as texts. */
export function printFields(screen: Screen, fields: Fields): void {
  const shown = Object.entries(fields).map(([key, value]) => [
    key,
    typeof value === "bigint" ? String(value) : value,
  ]);
  screen.printJson(Object.fromEntries(shown));
}

function factLines(facts: readonly Fact[], width: number): string[] {
  const labelWidth = 4 + Math.max(...facts.map(([label]) => label.length));
  const valueWidth = Math.max(LEAST_VALUE_WIDTH, width - labelWidth);
  return facts.flatMap(([label, value]) =>
    wrapText(value, valueWidth).map((line, at) =>
      (at === 0 ? `  ${label}` : "").padEnd(labelWidth) + line
    )
  );
}
