/**
 * Flags that take an amount of money.
 *
 * @module
 */

import { parseTao } from "../../core/chain/amounts.ts";
import { UsageError } from "../../core/errors.ts";
import type { Flag } from "../flags.ts";

/** What such a flag says about itself. */
interface AmountSettings {
  readonly name: string;
  readonly description: string;
  /** @default {"TAO"} */
  readonly placeholder?: string;
  readonly defaultText?: string;
}

/** A flag for an amount, in rao; a text that is none is refused in words. */
export function amount(settings: AmountSettings): Flag<bigint | undefined> {
  return {
    default: undefined,
    placeholder: "TAO",
    ...settings,
    expected: "an amount such as 0.5",
    parse(text): bigint {
      try {
        return parseTao(text);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new UsageError(`--${settings.name}: ${error.message}`, { cause: error });
      }
    },
  };
}
