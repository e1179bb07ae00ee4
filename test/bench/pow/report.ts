/**
 * The results of the benchmark of registration by work, as tables.
 *
 * @module
 */
import { operations32 } from "../../../core/hash/wasm/operation_count.ts";
import type { Column } from "../../../headless/text_table.ts";
import { percent, type Printer, threeDigits } from "../print_table.ts";
import type { CheckedEvent, OperationsEvent, PowBenchEvent, RaceEvent } from "./pow.ts";
import { sealOperations32 } from "./seal_operations.ts";

/** Prints each result when it is there. */
export class PowReport {
  constructor(readonly printer: Printer, readonly command: string, readonly date: Date) {}

  show(event: PowBenchEvent): void {
    switch (event.kind) {
      case "checked":
        return this.#checked(event);
      case "operations":
        return this.#operations(event);
      case "race":
        return this.#race(event);
    }
  }

  #checked({ gpu, cores, promising, answers }: CheckedEvent): void {
    const { printer, command, date } = this;
    const { adapterName, backend, isSoftware } = gpu;
    printer.heading(`Registration by work on ${adapterName}`);
    printer.line(
      `${adapterName}${isSoftware ? ", a software adapter" : ""} (${backend}), ${cores} cores, ` +
        date.toISOString().slice(0, 10),
    );
    printer.line(printer.markdown ? `\`${command}\`` : command);
    printer.line(`seals are right: ${answers} searches found what they had to`);
    printer.line(
      promising.length === 1
        ? `a search takes ${promising[0]}`
        : `a search takes the fastest of ${promising.join(", ")}`,
    );
  }

  #operations(operations: OperationsEvent): void {
    const { printer } = this;
    printer.heading("Integer operations of a seal");
    printer.line(
      "up to the word that is compared, constants folded, without what all nonces share",
    );
    printer.line("one on 64-bit words counts as two; carries, byte order and complements as none");
    const numbers = ["words", "additions", "xors, ands", "rotations, shifts", "32-bit operations"];
    const rows = Object.entries({ "SHA-256": operations.sha256, Keccak: operations.keccak })
      .map(([name, count]) => [
        name,
        `${count.wordBits} bits`,
        ...[count.additions, count.logic, count.rotations, operations32(count)].map(String),
      ]);
    printer.table(
      [{ title: "hash" }, ...numbers.map((title): Column => ({ title, align: "right" }))],
      [...rows, ["both", "", "", "", "", String(sealOperations32(operations))]],
    );
  }

  #race({ rows, boundPerSecond, boundBits }: RaceEvent): void {
    const { printer } = this;
    printer.heading("Rates");
    printer.line("millions of seals a second, in rounds that take turns; medians");
    printer.line(
      `share: of the adapter's integer bound, ${
        threeDigits(boundPerSecond / 1e9)
      } G operations a ` +
        `second with u${boundBits} words`,
    );
    if (rows.some(({ share }) => share > 1)) {
      printer.line(
        "above 100%: the bound's kernel shifts, which is slow here; a seal's multiplies",
      );
    }
    printer.line("ratio: to a loop in TypeScript over @noble/hashes on all cores, round by round");
    const numbers = ["M seals/s", "share", "ratio"];
    printer.table(
      [{ title: "who" }, ...numbers.map((title): Column => ({ title, align: "right" }))],
      rows.map(({ name, perSecond, share, ratio }) => [
        name,
        threeDigits(perSecond / 1e6),
        name === "noble" ? "-" : percent(share),
        `${threeDigits(ratio)}x`,
      ]),
    );
  }
}
