/**
 * The error that is worth asking again for.
 *
 * @module
 */

import { WeftError } from "../errors.ts";

/** The password does not open the file, or the file was changed: the formats cannot tell. */
export class WrongPasswordError extends WeftError {
  override name = "WrongPasswordError";

  constructor() {
    super(
      "Wrong password for decryption. If you are sure of it, the file is damaged: restore it from " +
        "a copy, or the key from its mnemonic.",
    );
  }
}
