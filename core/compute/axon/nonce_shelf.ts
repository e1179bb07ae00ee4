/**
 * The last nonces of many keys, within bounds. What is dropped of one hotkey to keep a bound raises
 * that hotkey's floor, below which a nonce of an unknown key may be a repetition.
 *
 * @module
 */

/** How much is kept. */
export interface ShelfBounds {
  readonly maxKeysOfHotkey: number;
  readonly maxKeys: number;
}

/** What is kept of a hotkey. */
interface Account {
  /** By key, oldest acceptance first. */
  readonly nonces: Map<string, bigint>;
  floor: bigint;
}

/** See the module. A key is `hotkey:uuid`. */
export class NonceShelf {
  /** By hotkey, the one longest without a nonce first. */
  readonly #accounts = new Map<string, Account>();
  #size = 0;

  constructor(readonly bounds: ShelfBounds) {}

  /** The last nonce of a key. */
  get(key: string): bigint | undefined {
    return this.#accounts.get(hotkeyOf(key))?.nonces.get(key);
  }

  /** The largest nonce that was dropped of the key's hotkey. */
  floorOf(key: string): bigint {
    return this.#accounts.get(hotkeyOf(key))?.floor ?? 0n;
  }

  /** Keeps a nonce, and drops the hotkey's own oldest beyond its bound. */
  put(key: string, nonce: bigint): void {
    const account = this.#accountOf(hotkeyOf(key));
    // Deleted first, so that the order is that of acceptance.
    if (!account.nonces.delete(key)) this.#size += 1;
    account.nonces.set(key, nonce);
    for (const [oldest, dropped] of account.nonces) {
      if (account.nonces.size <= this.bounds.maxKeysOfHotkey) break;
      account.nonces.delete(oldest);
      this.#size -= 1;
      if (dropped > account.floor) account.floor = dropped;
    }
  }

  /** Takes nonces of unknown keys of a hotkey only above this. */
  raise(hotkey: string, floor: bigint): void {
    this.#accountOf(hotkey).floor = floor;
  }

  /** Drops what is past of the key's hotkey and of those longest silent, and beyond the bound all. */
  forget(key: string, pastNs: bigint): void {
    const own = this.#accounts.get(hotkeyOf(key));
    if (own) this.#dropPast(own, pastNs);
    for (const [hotkey, account] of this.#accounts) {
      const isOver = this.#size > this.bounds.maxKeys && account !== own;
      this.#dropPast(account, pastNs);
      if (!isOver && (account.nonces.size > 0 || account.floor > pastNs)) return;
      this.#size -= account.nonces.size;
      this.#accounts.delete(hotkey);
    }
  }

  /** What a record holds, numbers in decimal. */
  dump(): { readonly nonces: unknown[]; readonly floors: unknown[] } {
    const accounts = [...this.#accounts];
    return {
      nonces: accounts.flatMap(([, { nonces }]) =>
        [...nonces].map(([key, nonce]) => [key, `${nonce}`])
      ),
      floors: accounts.flatMap(([hotkey, { floor }]) => floor > 0n ? [[hotkey, `${floor}`]] : []),
    };
  }

  #accountOf(hotkey: string): Account {
    const account = this.#accounts.get(hotkey) ?? { nonces: new Map(), floor: 0n };
    this.#accounts.delete(hotkey);
    this.#accounts.set(hotkey, account);
    return account;
  }

  #dropPast({ nonces }: Account, pastNs: bigint): void {
    for (const [key, nonce] of nonces) {
      if (nonce > pastNs) return;
      nonces.delete(key);
      this.#size -= 1;
    }
  }
}

/** An address has no colon. */
function hotkeyOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf(":")));
}
