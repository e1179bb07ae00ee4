/**
 * Several commands under one name, as `wallet new_coldkey` and `wallet stake add`.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import { type Command, type CommandContext, runCommand, runInProcess } from "./command.ts";
import type { MemberText } from "./flag_help.ts";
import type { Flags, FlagSource } from "./flags.ts";
import { nearestName } from "./nearest_name.ts";
import type { Screen } from "./screen.ts";

/** A command with its flags put away, so that commands of all kinds fit into one list. */
export interface GroupMember extends MemberText {
  run(source: FlagSource, screen: Screen, signal: AbortSignal): Promise<number>;
}

/** Commands under one name. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly members: readonly GroupMember[];
}

/** Puts a command into a group; its help is then titled with the group's name. */
export function member<F extends Flags>(group: string, command: Command<F>): GroupMember {
  const titled = { ...command, name: `${group} ${command.name}` };
  return {
    name: command.name,
    summary: command.summary.split(/(?<=\.)\s/)[0],
    run: (source, screen, signal) => runCommand(titled, source, screen, signal),
  };
}

/** Runs the member that the arguments name; without one, the list of members is the help. */
export function runGroup(
  group: CommandGroup,
  source: FlagSource,
  screen: Screen,
  signal: AbortSignal,
): Promise<number> {
  const { member, rest } = findMember(group, source.args);
  return member
    ? member.run({ ...source, args: rest }, screen, signal)
    : runCommand(listing(group), source, screen, signal);
}

/** Runs a group as this process and ends it with the exit code. */
export function runGroupAsProcess(group: CommandGroup): Promise<never> {
  return runInProcess((source, screen, signal) => runGroup(group, source, screen, signal));
}

/** Names may be typed with `-` for `_`, as btcli takes both. The longest name that fits wins. */
function findMember(
  group: CommandGroup,
  args: readonly string[],
): { member?: GroupMember; rest: readonly string[] } {
  for (const words of [2, 1]) {
    const typed = args.slice(0, words).join(" ").replaceAll("-", "_");
    const member = group.members.find((each) => each.name === typed);
    if (member) return { member, rest: args.slice(words) };
  }
  return { rest: args };
}

/** What answers when no member was named. */
function listing(group: CommandGroup): Command<Record<never, never>> {
  return {
    name: group.name,
    operands: "COMMAND",
    summary: group.summary,
    members: group.members,
    flags: {},
    run({ operands }: CommandContext<Record<never, never>>): Promise<number> {
      const names = group.members.map(({ name }) => name);
      const typed = operands[0];
      if (typed === undefined) {
        throw new UsageError(`${group.name} takes a command, expected one of ${names.join(", ")}`);
      }
      const near = nearestName(typed, names);
      throw new UsageError(
        `${group.name} has no command "${typed}"` +
          (near === undefined
            ? `, expected one of ${names.join(", ")}`
            : `, did you mean ${near}?`),
      );
    },
  };
}
