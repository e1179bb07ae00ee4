/**
 * A search on one thread: walks the outer indices of a slice and lets a kernel scan the inner table
 * for each.
 *
 * @module
 */
import type { Suspect } from "../search_engine.ts";
import { type Digit, groupMessage, type SearchPlan, type Slice } from "../search_plan.ts";
import { memoryLayout, type Pattern } from "./kernel.ts";
import { INPUT, wordWidth } from "./kernel_graph.ts";
import type { Kernel, KernelChoice } from "./kernels.ts";

const PAGE_BYTES = 2 ** 16;

/** A plan in memory, with kernels on it. */
export class ThreadSearch {
  readonly #memory: WebAssembly.Memory;
  /** The inputs and the table as words of 32 bits; those of the message come first. */
  readonly #words: Uint32Array;
  readonly #kernels = new Map<Pattern, Kernel>();
  readonly #layout: { readonly wordBytes: number; readonly table: number };

  /** @param choice of the kernels of the plan's shape */
  constructor(readonly plan: SearchPlan, readonly choice: KernelChoice) {
    this.#layout = memoryLayout(wordWidth(plan.algorithm));
    const entries = plan.inner.length + choice.mostPerTurn;
    const bytes = this.#entryAddress(entries);
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#setInput(INPUT.messageBytes, plan.messageBytes);
    this.#setInput(INPUT.target, plan.targetWord);
    this.#fillTable(entries);
    this.#kernelOf(choice.pattern);
  }

  /** Tries all candidates of a slice with one kernel, and notes how long that took. */
  run({ group, first, count }: Slice, nowMs: () => number): Suspect[] {
    const startMs = nowMs();
    const kernel = this.#kernelOf(this.choice.pattern);
    const { inner, low } = this.plan;
    const [tableStart, tableEnd] = [this.#entryAddress(0), this.#entryAddress(inner.length)];
    this.#words.set(groupMessage(this.plan, group));
    const odometer = new Odometer(low, this.#words, first);
    const suspects: Suspect[] = [];
    for (let outer = first; outer < first + count; outer++) {
      if (kernel.scan(tableStart, tableEnd)) {
        for (const range of this.#narrow(kernel, 0, inner.length)) {
          suspects.push({ outer, ...range });
        }
      }
      odometer.advance();
    }
    this.choice.note(count * inner.length, nowMs() - startMs);
    return suspects;
  }

  /** Halves a part of the table until it is one turn of the kernel's loop. */
  #narrow(
    kernel: Kernel,
    innerFirst: number,
    innerCount: number,
  ): Omit<Suspect, "outer">[] {
    const [start, end] = [innerFirst, innerFirst + innerCount].map((at) => this.#entryAddress(at));
    if (!kernel.scan(start, end)) return [];
    if (innerCount <= kernel.perTurn) return [{ innerFirst, innerCount }];
    const half = Math.ceil(innerCount / 2 / kernel.perTurn) * kernel.perTurn;
    return [
      ...this.#narrow(kernel, innerFirst, half),
      ...this.#narrow(kernel, innerFirst + half, innerCount - half),
    ];
  }

  #kernelOf(pattern: Pattern): Kernel {
    const kernel = this.#kernels.get(pattern) ?? this.choice.instantiate(pattern, this.#memory);
    this.#kernels.set(pattern, kernel);
    return kernel;
  }

  /** A kernel reads on to a whole turn: copies of the last entry are no new candidates. */
  #fillTable(entries: number): void {
    const { inner, innerWord } = this.plan;
    const half = this.#layout.wordBytes === 8 ? innerWord % 2 : 0;
    for (let index = 0; index < entries; index++) {
      this.#words[this.#entryAddress(index) / 4 + half] = inner[Math.min(index, inner.length - 1)];
    }
  }

  #setInput(index: number, value: number): void {
    this.#words[index * this.#layout.wordBytes / 4] = value;
  }

  #entryAddress(index: number): number {
    return this.#layout.table + index * this.#layout.wordBytes;
  }
}

/** Keeps the low digits of one outer index after another in the message. */
class Odometer {
  readonly #values: number[];

  /** @param words of the message, with zeros where the digits belong */
  constructor(readonly digits: readonly Digit[], readonly words: Uint32Array, first: number) {
    let rest = first;
    this.#values = digits.map(({ charset, word, shift }) => {
      const value = rest % charset.length;
      rest = Math.floor(rest / charset.length);
      words[word] |= charset[value] << shift;
      return value;
    });
  }

  advance(): void {
    for (let index = 0; index < this.digits.length; index++) {
      const { charset, word, shift } = this.digits[index];
      const value = this.#values[index];
      const next = value + 1 < charset.length ? value + 1 : 0;
      this.words[word] ^= (charset[value] ^ charset[next]) << shift;
      this.#values[index] = next;
      if (next > 0) return;
    }
  }
}
