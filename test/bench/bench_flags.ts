/**
 * What the benchmarks' command lines have in common.
 *
 * @module
 */
import { UsageError } from "../../core/errors.ts";
import { integer, toggle } from "../../headless/flags.ts";

/** `--rounds` */
export const rounds = integer({
  name: "rounds",
  min: 1,
  default: 5,
  description: "Rounds of which the median is taken.",
});

/** `--markdown` */
export const markdown = toggle({
  name: "markdown",
  default: false,
  description: "Writes the tables as Markdown.",
});

/**
 * Checks what flags cannot check by themselves.
 *
 * @throws {UsageError} if the output is to have two forms
 */
export function checkUse(values: { readonly json: boolean; readonly markdown: boolean }): void {
  if (values.json && values.markdown) {
    throw new UsageError("--json and --markdown exclude each other: choose one");
  }
}

/** The command as it was typed. */
export function typedCommand(): string {
  return ["deno task bench", ...Deno.args].join(" ");
}
