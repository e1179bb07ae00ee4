/**
 * Refuses a shader whose text is nested or chained so deeply that a compiler could end its process:
 * wgpu's descends by recursion and has no bound of its own (measured: 4,000 parentheses or a sum of
 * 8,000 terms overflow the stack, half of it does not). The bounds are those at which Dawn's gives
 * up, or below.
 *
 * This is no parser: what passes may still be no WGSL, or take long to compile.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";

/** Brackets that are open at a time. */
const MAX_DEPTH = 100;
/** Words and signs between two of `,` `;` `{` `}`. */
const MAX_CHAIN = 500;
/** `if … else if … else if …` are nested for a compiler. */
const MAX_ELSES = 100;

const TOKEN = /\/\/|\/\*|[\p{L}_][\p{L}\p{N}_]*|\p{N}[\p{L}\p{N}_.]*|\n|[^\s]/gu;
const COMMENT_EDGE = /\/\*|\*\//g;
const LINE_END = /[\n\v\f\r\x85\u2028\u2029]/g;

/** @throws {UsageError} with the line, for text that is too deep */
export function checkShaderText(text: string): void {
  if (text.includes("\0")) throw new UsageError("the shader holds a zero character");
  const token = new RegExp(TOKEN);
  let [line, depth, chain, elses] = [1, 0, 0, 0];
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [word] = match;
    if (word === "\n") line += 1;
    else if (word === "//" || word === "/*") {
      const end = word === "//" ? lineEnd(text, match.index) : commentEnd(text, match.index);
      line += text.slice(match.index, end).split("\n").length - 1;
      token.lastIndex = end;
    } else {
      chain = ",;{}".includes(word) ? 0 : chain + 1;
      if ("([{".includes(word)) depth += 1;
      if (")]}".includes(word)) depth -= 1;
      if (word === "else") elses += 1;
      if (word === "fn") elses = 0;
      check(line, "brackets are open", depth, MAX_DEPTH);
      check(line, "words and signs are in one expression", chain, MAX_CHAIN);
      check(line, "elses are in one function", elses, MAX_ELSES);
    }
  }
}

function check(line: number, what: string, count: number, max: number): void {
  if (count > max) {
    throw new UsageError(
      `shader line ${line}: more than ${max} ${what}, write it in smaller parts`,
    );
  }
}

/** Where WGSL ends a line comment; the line break itself stays to be counted. */
function lineEnd(text: string, from: number): number {
  const end = new RegExp(LINE_END);
  end.lastIndex = from;
  return end.exec(text)?.index ?? text.length;
}

/** Comments nest in WGSL. */
function commentEnd(text: string, from: number): number {
  const edge = new RegExp(COMMENT_EDGE);
  edge.lastIndex = from;
  let depth = 0;
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return text.length;
}
