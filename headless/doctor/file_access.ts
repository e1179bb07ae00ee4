/**
 * Who may touch the files of a wallet.
 *
 * @module
 */

import { chmodCommand } from "./commands.ts";
import { type Finding, warning } from "./check.ts";
import type { DoctorSystem, FileState } from "./system.ts";

/** What a file or folder is for, and so who may do what with it. */
export type FileRole = "secret" | "public" | "folder";

/** Permissions that should not be there, and what to set instead. */
const WRONG_MODES: Record<FileRole, { bits: number; harm: string; mode: string }> = {
  secret: { bits: 0o077, harm: "can be read or changed by others", mode: "600" },
  public: { bits: 0o022, harm: "can be changed by others", mode: "644" },
  folder: { bits: 0o022, harm: "lets others put files in", mode: "755" },
};

/** What is wrong with who owns a file and who may read and write it; nothing if all is well. */
export function accessFindings(
  subject: string,
  path: string,
  role: FileRole,
  state: FileState,
  system: DoctorSystem,
): Finding[] {
  const shown = shownPath(path, system);
  const { bits, harm, mode } = WRONG_MODES[role];
  const findings: Finding[] = [];
  if (state.mode !== undefined && (state.mode & bits) !== 0) {
    const has = state.mode.toString(8).padStart(4, "0");
    findings.push(
      warning(subject, `${shown} ${harm} (mode ${has})`, "Close it:", chmodCommand(mode, path)),
    );
  }
  const userId = system.userId();
  if (userId !== undefined && state.ownerId !== undefined && state.ownerId !== userId) {
    findings.push(
      warning(
        subject,
        `${shown} belongs to user ${state.ownerId}, and you are user ${userId}`,
        "Run Weft as the user that it belongs to.",
      ),
    );
  }
  return findings;
}

/** A path with `~` for the user's home. */
export function shownPath(path: string, system: DoctorSystem): string {
  const home = system.home();
  return home && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
