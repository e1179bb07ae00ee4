/**
 * The text of `--help`.
 *
 * @module
 */

import { environmentNames, type Flag, type Flags } from "./flags.ts";
import { wrapText } from "./text_table.ts";

/** What help says about a command. */
export interface CommandText {
  /** The task's name: `golden`. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly summary: string;
  /** What the arguments that are no flags are called, such as `FILE…`; undefined if it has none. */
  readonly operands?: string;
  readonly flags: Flags;
  /** The commands of a group, each with a help of its own. */
  readonly members?: readonly MemberText[];
}

/** What the help of a group says about one of its commands. */
export interface MemberText {
  /** As typed behind the group's name, words with blanks between them: `stake add`. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly summary: string;
}

const DESCRIPTION_INDENT = 28;

/** Help for a command, in lines of at most `width` characters. */
export function helpText(command: CommandText, width: number): string {
  const usage = ["deno task", command.name, command.operands, "[flags]"].filter(Boolean).join(" ");
  const names =
    "Defaults stand in brackets. A flag may also be set in the environment or in a file .env in " +
    "the current folder: --gpu.backend as WEFT_GPU_BACKEND. A flag beats the environment, which " +
    "beats .env.";
  const flags = Object.values(command.flags);
  const hasShort = flags.some(({ short }) => short !== undefined);
  return [
    usage,
    "",
    ...wrapText(command.summary, width),
    "",
    ...(command.members ?? []).flatMap(({ name, summary }) => columnLines(name, summary, width)),
    ...flags.flatMap((flag) => flagLines(flag, hasShort, width)),
    ...columnLines(hasShort ? "-h, --help" : "--help", "Shows this text.", width),
    "",
    ...wrapText(command.members ? membersNote(command) : names, width),
  ].join("\n");
}

function membersNote({ name }: CommandText): string {
  return `Each has flags of its own: deno task ${name} COMMAND --help lists them.`;
}

/** @param isShifted whether names stand behind room for a short one */
function flagLines(flag: Flag<unknown>, isShifted: boolean, width: number): string[] {
  const isOn = flag.default === true;
  const short = flag.short === undefined ? isShifted ? "    " : "" : `-${flag.short}, `;
  const name = flag.placeholder === undefined
    ? `--${isOn ? "[no-]" : ""}${flag.name}`
    : `--${flag.name} ${flag.placeholder}`;
  const published = environmentNames(flag).slice(1);
  const also = published.length > 0 ? ` In the environment also ${published.join(", ")}.` : "";
  return columnLines(short + name, `${flag.description}${also} ${defaultText(flag)}`.trim(), width);
}

function defaultText(flag: Flag<unknown>): string {
  if (flag.defaultText !== undefined) return `[${flag.defaultText}]`;
  if (flag.default === undefined) return "";
  if (typeof flag.default === "boolean") return `[${flag.default ? "on" : "off"}]`;
  return `[${flag.default}]`;
}

function columnLines(left: string, right: string, width: number): string[] {
  const [first, ...rest] = wrapText(right, width - DESCRIPTION_INDENT);
  const indent = " ".repeat(DESCRIPTION_INDENT);
  const opening = `  ${left}`;
  const lines = opening.length + 2 <= DESCRIPTION_INDENT
    ? [opening.padEnd(DESCRIPTION_INDENT) + first]
    : [opening, indent + first];
  return [...lines, ...rest.map((line) => indent + line)];
}
