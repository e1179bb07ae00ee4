/**
 * The search benchmark's results as tables.
 *
 * @module
 */
import type { Variant } from "../../../core/hash/search_engine.ts";
import type { Column } from "../../../headless/text_table.ts";
import { percent, type Printer, threeDigits } from "../print_table.ts";
import { median } from "../../../core/bench/timing.ts";
import type { BoundEvent, CheckedEvent, RatesEvent } from "../../../core/bench/hash/hash_rates.ts";
import type {
  EndToEndEvent,
  HashBenchEvent,
  HashcatEvent,
  LatencyEvent,
  RaceEvent,
} from "./hash.ts";
import { formText } from "./hashcat.ts";
import { operations32 } from "../../../core/hash/wasm/operation_count.ts";

/** Prints what is read together in one table, once the last of it is there. */
export class HashReport {
  #variants: Variant[] = [];
  #bound: BoundEvent | undefined;
  #rates: RatesEvent[] = [];
  #latencies: LatencyEvent[] = [];
  #hashcat: HashcatEvent | undefined;
  #races: RaceEvent[] = [];

  constructor(readonly printer: Printer, readonly command: string, readonly date: Date) {}

  show(event: HashBenchEvent): void {
    switch (event.kind) {
      case "checked":
        return this.#checked(event);
      case "bound":
        this.#bound = event;
        return;
      case "rates":
        return void this.#rates.push(event);
      case "latency":
        return void this.#latencies.push(event);
      case "hashcat":
        this.#showRates();
        this.#showOperations();
        this.#showLatencies();
        this.#hashcat = event;
        return;
      case "race":
        return void this.#races.push(event);
      case "end to end":
        this.#showRaces();
        return this.#endToEnd(event);
    }
  }

  #checked({ gpu, cores, contenders, absent, answers }: CheckedEvent): void {
    const { printer, command, date } = this;
    this.#variants = contenders.map(({ variant }) => variant);
    const adapter = gpu
      ? `${gpu.adapterName}${gpu.isSoftware ? ", a software adapter" : ""} (${gpu.backend})`
      : "no adapter";
    printer.heading(`Password search on ${gpu?.adapterName ?? "the processor"}`);
    printer.line(`${adapter}, ${cores} cores, ${date.toISOString().slice(0, 10)}`);
    printer.line(printer.markdown ? `\`${command}\`` : command);
    for (const { variant, devices } of contenders) {
      printer.line(`${variant}: ${devices.join(", ")}`);
    }
    for (const { variant, algorithm, why } of absent) {
      printer.line(`${variant} is left out of ${algorithm}: ${why}`);
    }
    printer.line(`answers are right: ${answers} searches found what they had to`);
  }

  #showRates(): void {
    const { printer } = this;
    printer.heading("Rates");
    printer.line(
      "millions of candidates a second; share: of the adapter's integer bound in the same rounds",
    );
    const perVariant = this.#variants.flatMap((variant): Column[] => [
      { title: `${variant} MH/s`, align: "right" },
      ...(variant === "wasm" ? [] : [{ title: "share", align: "right" as const }]),
    ]);
    printer.table(
      [{ title: "mode" }, { title: "hash" }, { title: "length", align: "right" }, ...perVariant],
      this.#rates.map((event) => [
        String(event.mode.number),
        event.mode.name,
        String(event.length),
        ...this.#variants.flatMap((variant) => this.#rateCells(event, variant)),
      ]),
    );
  }

  #rateCells({ count, perSecond, boundPerSecond }: RatesEvent, variant: Variant): string[] {
    const rate = perSecond.get(variant) ?? NaN;
    if (variant === "wasm") return [megahashes(rate)];
    const share = rate * operations32(count) / (boundPerSecond ?? NaN);
    return [megahashes(rate), Number.isNaN(share) ? "-" : percent(share)];
  }

  #showOperations(): void {
    const { printer } = this;
    printer.heading("Integer operations of a candidate");
    printer.line("one on 64-bit words counts as two; carries and rotations by 32 count as none");
    printer.line("what does not change from candidate to candidate is left out");
    const bounds = this.#rates.flatMap(({ boundPerSecond }) => boundPerSecond ?? []);
    if (bounds.length > 0) {
      printer.line(
        `integer bound of the adapter: ${threeDigits(median(bounds) / 1e9)} G of them a second, ` +
          `measured with u${this.#bound?.bits} words`,
      );
    }
    const numbers = ["words", "additions", "xors, ands", "rotations, shifts", "32-bit operations"];
    // Most lengths of a mode cost the same.
    const alike = Map.groupBy(
      this.#rates,
      ({ mode, count }) => JSON.stringify([mode.number, count]),
    );
    printer.table(
      [
        { title: "mode" },
        { title: "lengths" },
        ...numbers.map((title): Column => ({ title, align: "right" })),
      ],
      [...alike.values()].map((events) => {
        const [{ mode, count }] = events;
        const { wordBits, additions, logic, rotations } = count;
        return [
          String(mode.number),
          events.map(({ length }) => length).join(", "),
          `${wordBits} bits`,
          ...[additions, logic, rotations, operations32(count)].map(String),
        ];
      }),
    );
  }

  #showLatencies(): void {
    const { printer } = this;
    const mode = this.#latencies[0]?.mode.number;
    printer.heading(`Milliseconds from call to first candidates, mode ${mode}`);
    printer.line("submitted: until the first slice was; tried: until its answer was there");
    printer.line("cold: a new device in a process that runs, with what the driver caches on disk");
    const titles = ["warm: submitted", "tried", "cold: submitted", "tried", "opening", "compiling"];
    printer.table(
      [{ title: "variant" }, ...titles.map((title): Column => ({ title, align: "right" }))],
      this.#latencies.map(({ variant, warm, cold, openMs, compileMs }) => [
        variant,
        ...[warm.submittedMs, warm.triedMs, cold.submittedMs, cold.triedMs, openMs, compileMs]
          .map(threeDigits),
      ]),
    );
  }

  #showRaces(): void {
    const { printer } = this;
    printer.heading("Beside hashcat");
    const { version, absentBecause } = this.#hashcat ?? {};
    if (version === undefined) return printer.line(`hashcat is left out: ${absentBecause}`);
    printer.line(`hashcat ${version}, by its own speed, in rounds that take turns; medians`);
    printer.line("ratio: median over the rounds of Weft's speed by hashcat's of the same round");
    if (this.#races.length === 0) return;
    const numbers = ["Weft MH/s", "hashcat MH/s", "ratio"];
    printer.table(
      [
        { title: "mode" },
        { title: "variant" },
        ...numbers.map((title): Column => ({ title, align: "right" })),
        { title: "hashcat as" },
      ],
      this.#races.flatMap(({ mode, form, rows, hashcatPerSecond }) =>
        rows.map(({ variant, perSecond, ratio }) => [
          String(mode.number),
          variant,
          megahashes(perSecond),
          megahashes(hashcatPerSecond),
          times(ratio),
          formText(form, mode),
        ])
      ),
    );
  }

  #endToEnd({ mode, length, candidates, rows, hashcatMs }: EndToEndEvent): void {
    const { printer } = this;
    printer.heading(`A whole challenge: mode ${mode.number}, difficulty ${length}`);
    const tried = candidates.toLocaleString("en");
    printer.line(`time until the password is known, the last of ${tried} candidates to be tried`);
    printer.line("overhead: the time without that of the candidates at the variant's rate");
    const numbers = ["ms", "overhead ms", ...(hashcatMs === undefined ? [] : ["hashcat takes"])];
    const line = (name: string, ms: number, overhead: number): string[] => [
      name,
      threeDigits(ms),
      threeDigits(overhead),
      ...(hashcatMs === undefined ? [] : [times(hashcatMs / ms)]),
    ];
    printer.table(
      [{ title: "who" }, ...numbers.map((title): Column => ({ title, align: "right" }))],
      [
        ...rows.flatMap(({ variant, warmMs, coldMs, overheadMs }) => [
          line(`${variant}, warm`, warmMs, overheadMs),
          line(`${variant}, cold`, coldMs, coldMs - warmMs + overheadMs),
        ]),
        ...(hashcatMs === undefined ? [] : [line("hashcat, a process", hashcatMs, NaN)]),
      ],
    );
  }
}

function megahashes(perSecond: number): string {
  return threeDigits(perSecond / 1e6);
}

function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${threeDigits(ratio)}x` : "-";
}
