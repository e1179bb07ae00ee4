/**
 * Fields of Allocate that a renter fills in freely.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { PythonData } from "../../formats/python_json.ts";
import type { FieldsOf } from "../synapse/synapse.ts";
import type { ALLOCATE } from "../synapse/synapses.ts";
import type { KeyType, RentalOrder } from "./rental.ts";

/** The published client asks for 90 at most; Python's own dates end after some millions. */
const MAX_DAYS = 3650;
const MAX_KEY_LETTERS = 16_384;
const MAX_DOCKERFILE_LETTERS = 65_536;

/** Days of a timeline that is more than 0. @throws {WeftError} if they are more than 3650 */
export function daysOf(timeline: number | bigint): number {
  if (timeline <= MAX_DAYS) return Number(timeline);
  throw new WeftError(`the timeline is more than ${MAX_DAYS} days`);
}

/** What to start. @throws {WeftError} if its texts are too long or no texts */
export function orderOf(
  { docker_requirement: { ssh_key, dockerfile } }: FieldsOf<typeof ALLOCATE>,
  { testing, hotkey }: Pick<RentalOrder, "testing" | "hotkey">,
): RentalOrder {
  return {
    ...{ testing, hotkey },
    sshKey: keyText(ssh_key ?? ""),
    dockerfile: text(dockerfile ?? "", MAX_DOCKERFILE_LETTERS, "docker_requirement.dockerfile"),
  };
}

/** A key to put in the place of another. @throws {WeftError} if it is no line, or of no such type */
export function keyChangeOf(
  action: Readonly<Record<string, PythonData>>,
): { readonly sshKey: string; readonly keyType: KeyType } {
  const { ssh_key: sshKey = "", key_type: keyType } = action;
  if (keyType !== "user" && keyType !== "terminal") {
    throw new WeftError("docker_action.key_type: user or terminal is expected");
  }
  const line = keyText(sshKey);
  if (line.includes("\n")) throw new WeftError("docker_action.ssh_key: one line is expected");
  return { sshKey: line, keyType };
}

/** Lines of `authorized_keys` without space around them. */
function keyText(data: PythonData): string {
  const lines = text(data, MAX_KEY_LETTERS, "ssh_key").trim().replaceAll("\r\n", "\n");
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(lines)) throw new WeftError("ssh_key: text is expected");
  return lines;
}

function text(data: PythonData, maxLetters: number, what: string): string {
  if (typeof data === "string" && data.length <= maxLetters) return data;
  throw new WeftError(`${what}: a text of at most ${maxLetters} letters is expected`);
}
