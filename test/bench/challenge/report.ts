/**
 * The challenge benchmark's results as tables and as JSON lines.
 *
 * @module
 */

import type { Column } from "../../../headless/text_table.ts";
import { percent, type Printer, threeDigits } from "../print_table.ts";
import { median } from "../../../core/bench/timing.ts";
import type { RaceRow } from "./beside_hashcat.ts";
import type { Burst, RoundTrips } from "./round_trips.ts";
import type { Serving } from "./served_messages.ts";
import { countOf, type Spread, spreadOf } from "./statistics.ts";
import { FAIR_SHARE, sharesOf, type Windows } from "./training_rate.ts";

/** What a round trip may take beside its search at p99, and until it starts, in milliseconds. */
export const BOUNDS = { beside: 150, wait: 50 } as const;

/** Ways in which a challenge may go wrong that must not come up. */
const FAULTS = ["wrong", "late", "unanswered"] as const;
const VERDICTS = ["right", "gave up", ...FAULTS] as const;

/** Whether challenges that came in turn kept to all bounds. */
export function keepsBounds({ outcomes, beside, wait }: RoundTrips): boolean {
  return countOf(outcomes, "right") === outcomes.length && beside.p99 < BOUNDS.beside &&
    wait.p99 < BOUNDS.wait;
}

/** Whether all that came at once were answered, rightly or with word that time was short. */
export function isAnswered({ outcomes }: Burst): boolean {
  return FAULTS.every((fault) => countOf(outcomes, fault) === 0);
}

/** A result for JSON lines: of its outcomes only how many there are of each verdict. */
export function countedJson<Result extends RoundTrips | Burst>(
  { outcomes, ...result }: Result,
): Record<string, unknown> {
  const counts = VERDICTS.map((verdict) => [verdict, countOf(outcomes, verdict)]);
  return { ...result, count: outcomes.length, verdicts: Object.fromEntries(counts) };
}

/** What ran where. */
export function showHead(
  printer: Printer,
  { adapter, isSoftware, variant }: Serving,
  { model, command, date }: {
    readonly model: string;
    readonly command: string;
    readonly date: Date;
  },
): void {
  printer.heading("Challenges over loopback while training runs");
  printer.line(
    `${adapter}${isSoftware ? ", a software adapter" : ""}, ${navigator.hardwareConcurrency} ` +
      `cores, ${date.toISOString().slice(0, 10)}; the search is ${variant}, the model ${model}`,
  );
  printer.line(printer.markdown ? `\`${command}\`` : command);
}

/** Parts of the time of challenges that came in turn. */
export function showRoundTrips(printer: Printer, result: RoundTrips): void {
  const { difficulty, outcomes, roundTrip, solver, beside, wait, rate } = result;
  printer.heading(`${outcomes.length} challenges of difficulty ${difficulty}, one after another`);
  printer.line(`answers: ${verdictsText(outcomes)}`);
  printer.line(`searched ${threeDigits(rate / 1e6)} M candidates a second, median of challenges`);
  const { undisturbed, meanwhile } = result;
  printer.line(
    `training: ${threeDigits(meanwhile)} slices a second meanwhile, ${threeDigits(undisturbed)} ` +
      "without challenges",
  );
  const row = (name: string, { p50, p99, max }: Spread, bound?: number): string[] => [
    name,
    ...[p50, p99, max].map(threeDigits),
    bound === undefined ? "-" : `${bound}`,
    bound === undefined ? "-" : `${(p99 / bound).toFixed(2)}x`,
  ];
  printer.table(
    [
      { title: "ms" },
      ...["p50", "p99", "largest", "bound", "p99 by bound"].map(right),
    ],
    [
      row("round trip", roundTrip),
      row("of it, search", solver),
      row("of it, everything else", beside, BOUNDS.beside),
      row("of that, from arrival to first slice", wait, BOUNDS.wait),
    ],
  );
}

/** Challenges that came at once. */
export function showBursts(printer: Printer, bursts: readonly Burst[], validators: number): void {
  printer.heading(`${validators} validators at the same moment`);
  printer.line("gave up: the miner said before the deadline that time was short");
  printer.table(
    [
      ...["difficulty", "deadline s", "asked", ...VERDICTS].map(right),
      ...["p50 ms", "p99 ms"].map(right),
    ],
    bursts.map(({ difficulty, timeoutS, outcomes }) => {
      const { p50, p99 } = spreadOf(outcomes.map(({ roundTripMs }) => roundTripMs));
      const verdicts = VERDICTS.map((verdict) => countOf(outcomes, verdict));
      return [
        ...[difficulty, timeoutS, outcomes.length, ...verdicts].map(String),
        ...[p50, p99].map(threeDigits),
      ];
    }),
  );
}

/** Both beside each other. */
export function showRace(printer: Printer, rows: readonly RaceRow[], version: string): void {
  printer.heading("Beside hashcat");
  printer.line(
    `hashcat ${version} -m 610 -w 3 -O behind the same axon, training waiting for it as it does ` +
      "for ours; the same challenges, alternately",
  );
  printer.line("all tried: no candidate fits; ratio: median over the challenges");
  printer.table(
    [
      right("difficulty"),
      { title: "password" },
      ...["challenges", "Weft ms", "hashcat ms", "ratio"].map(right),
    ],
    rows.map(({ difficulty, search, count, weftMs, hashcatMs, ratio }) => [
      `${difficulty}`,
      search === "found" ? "anywhere" : "none, all tried",
      `${count}`,
      ...[weftMs, hashcatMs].map(threeDigits),
      `${threeDigits(ratio)}x`,
    ]),
  );
}

/** What challenges cost training. */
export function showTraining(printer: Printer, windows: readonly Windows[]): void {
  const shares = sharesOf(windows);
  const share = median(shares);
  printer.heading("Training with a challenge of 1 s every 30 s");
  printer.line("slices a second in windows that take turns; of fair: share by 29/30");
  printer.table(
    [
      right("pair"),
      ...["without", "with", "share", "of fair"].map(right),
    ],
    [
      ...windows.map(({ undisturbed, disturbed }, index) => [
        `${index + 1}`,
        ...[undisturbed, disturbed].map(threeDigits),
        percent(shares[index]),
        percent(shares[index] / FAIR_SHARE),
      ]),
      ["median", "", "", percent(share), percent(share / FAIR_SHARE)],
    ],
  );
  const of = (pick: (each: Windows) => number): string => {
    const values = windows.map(pick);
    return percent((Math.max(...values) - Math.min(...values)) / median(values));
  };
  printer.line(
    `noise, largest less smallest window: ${of(({ undisturbed }) => undisturbed)} without, ` +
      `${of(({ disturbed }) => disturbed)} with`,
  );
}

function verdictsText(outcomes: RoundTrips["outcomes"]): string {
  const faults = FAULTS.map((fault) => `${countOf(outcomes, fault)} ${fault}`);
  const gaveUp = countOf(outcomes, "gave up");
  return [`${countOf(outcomes, "right")} right`, ...faults, `${gaveUp} given up`].join(", ");
}

function right(title: string): Column {
  return { title, align: "right" };
}
