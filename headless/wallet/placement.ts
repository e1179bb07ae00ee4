/**
 * One file on its way to its place: written aside first, then put there in one step of the file
 * system that can be taken back.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { WeftError } from "../../core/errors.ts";

const OWNER_FILE = 0o600;

/** The steps of replacing or making a file; after any of them `undo` makes all as it was. */
export class Placement {
  readonly #aside: string;
  readonly #old: string;
  #isOldKept = false;
  #isOldGone = false;
  #isPlaced = false;

  constructor(readonly path: string, readonly bytes: Uint8Array) {
    // The opening dot keeps both out of lists of hotkeys.
    const stem = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}`);
    this.#aside = `${stem}.new`;
    this.#old = `${stem}.old`;
  }

  /** Writes all bytes beside the place, to the disk itself. */
  writeAside(): void {
    using file = Deno.openSync(this.#aside, { write: true, createNew: true, mode: OWNER_FILE });
    for (let at = 0; at < this.bytes.length;) at += file.writeSync(this.bytes.subarray(at));
    file.syncSync();
  }

  /** Gives the file that is in the place, if one is, a second name. */
  keepOld(): void {
    try {
      Deno.linkSync(this.path, this.#old);
      this.#isOldKept = true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Empties the place; the old file keeps its second name. */
  removeOld(): void {
    if (!this.#isOldKept) return;
    Deno.removeSync(this.path);
    this.#isOldGone = true;
  }

  /**
   * Puts the new file into the place.
   *
   * @throws {WeftError} if a file is there, whenever it came, and may not be overwritten
   */
  place({ overwrite }: { readonly overwrite: boolean }): void {
    if (overwrite) Deno.renameSync(this.#aside, this.path);
    else this.#linkIntoPlace();
    this.#isPlaced = true;
  }

  /** Makes all as it was, as far as the disk lets it. */
  undo(): void {
    if (this.#isOldKept && (this.#isPlaced || this.#isOldGone)) {
      // Over a failing disk the second name is all that is left of the old key: it must stay.
      tryTo(() => Deno.renameSync(this.#old, this.path));
    } else {
      if (this.#isPlaced) tryTo(() => Deno.removeSync(this.path));
      if (this.#isOldKept) tryTo(() => Deno.removeSync(this.#old));
    }
    tryTo(() => Deno.removeSync(this.#aside));
  }

  /** Removes what was kept for `undo`. */
  finish(): void {
    tryTo(() => Deno.removeSync(this.#aside));
    if (this.#isOldKept) tryTo(() => Deno.removeSync(this.#old));
  }

  /** A link fails if the name is taken, where a rename would take it over. */
  #linkIntoPlace(): void {
    try {
      Deno.linkSync(this.#aside, this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      throw new WeftError(`${this.path} is there already: --overwrite replaces it`, {
        cause: error,
      });
    }
  }
}

/** Makes a new name outlast a power cut; systems that cannot open a folder do without. */
export function syncFolder(dir: string): void {
  tryTo(() => {
    using folder = Deno.openSync(dir, { read: true });
    folder.syncSync();
  });
}

/** For steps that must not hide the error they clean up after. */
function tryTo(step: () => void): void {
  try {
    step();
  } catch {
    return;
  }
}
