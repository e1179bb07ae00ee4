/**
 * Where a command writes: results on stdout, messages on stderr, and on a terminal one line at the
 * bottom that is rewritten in place.
 *
 * @module
 */

import { styleText } from "node:util";

/** A look of text. */
export type Style = "bold" | "dim" | "green" | "red" | "yellow";

/** What a screen writes to. */
export interface ScreenTarget {
  /** Characters in a line. */
  readonly columns: number;
  /** Whether stdout is a terminal, so that a line may be rewritten. */
  readonly isLive: boolean;
  readonly hasColour: boolean;
  writeOut(text: string): void;
  writeError(text: string): void;
}

const CLEAR_LINE = "\r\x1b[2K";
const DEFAULT_COLUMNS = 80;

/** Writes whole lines; the status line never mixes with them. */
export class Screen {
  #status = "";

  constructor(readonly target: ScreenTarget) {}

  get columns(): number {
    return this.target.columns;
  }

  get isLive(): boolean {
    return this.target.isLive;
  }

  /** A line, or several, on stdout. */
  print(text: string): void {
    this.#around(() => this.target.writeOut(`${text}\n`));
  }

  /** One value as a line of JSON on stdout. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** A line on stderr. */
  message(text: string): void {
    this.#around(() => this.target.writeError(`${text}\n`));
  }

  /** Shows a line at the bottom in place of the one before, cut to fit; nothing off a terminal. */
  status(text: string): void {
    if (!this.isLive) return;
    this.#status = text.slice(0, this.columns - 1);
    this.target.writeOut(CLEAR_LINE + this.#status);
  }

  /** Removes the status line. */
  endStatus(): void {
    if (this.#status !== "") this.target.writeOut(CLEAR_LINE);
    this.#status = "";
  }

  /** The text with that look, where colours are wanted. */
  style(style: Style, text: string): string {
    return this.target.hasColour ? styleText(style, text, { validateStream: false }) : text;
  }

  #around(write: () => void): void {
    if (this.#status === "") return write();
    this.target.writeOut(CLEAR_LINE);
    write();
    this.target.writeOut(this.#status);
  }
}

/** The screen of this process. Colours are for a terminal, and not where `NO_COLOR` is set. */
export function processScreen(): Screen {
  const isLive = Deno.stdout.isTerminal();
  return new Screen({
    // Asked each time, since a window changes its size; some terminals answer 0.
    get columns(): number {
      return isLive && Deno.consoleSize().columns || DEFAULT_COLUMNS;
    },
    isLive,
    hasColour: isLive && !Deno.env.get("NO_COLOR"),
    writeOut: (text) => writeText(Deno.stdout, text),
    writeError: (text) => writeText(Deno.stderr, text),
  });
}

/** Writes a text whole, before it returns. */
export function writeText(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}
