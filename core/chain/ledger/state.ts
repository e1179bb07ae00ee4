/**
 * A ledger's state, as one transaction sees it.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { blockNumberAt, type BlockTime, genesisHashOf } from "./block_time.ts";
import {
  type Account,
  accountSchema,
  commitsSchema,
  FORMAT_VERSION,
  type Header,
  headerSchema,
  type NeuronRecord,
  neuronSchema,
  ownerSchema,
  type SparseRow,
  sparseRowSchema,
  stakeSchema,
  type Subnet,
  subnetSchema,
  uidSchema,
  usedWorkSchema,
  type WeightCommits,
} from "./records.ts";
import type { LedgerCells } from "./store.ts";
import { Table } from "./table.ts";

const HEADER_KEY = "ledger";

/** The tables, and the block in which the transaction happens. */
export class LedgerState {
  readonly header: Header;
  readonly genesisHash: string;
  /** By address. */
  readonly accounts: Table<Account>;
  /** The coldkey of each hotkey. */
  readonly owners: Table<string>;
  /** By netuid. */
  readonly subnets: Table<Subnet>;
  /** By netuid/uid. */
  readonly neurons: Table<NeuronRecord>;
  /** By netuid/hotkey. */
  readonly uids: Table<number>;
  /** By netuid/uid. */
  readonly weights: Table<SparseRow>;
  /** By netuid/uid. */
  readonly bonds: Table<SparseRow>;
  /** By netuid/hotkey. */
  readonly commits: Table<WeightCommits>;
  /** Alpha rao by netuid/hotkey/coldkey; of netuid 0, rao. */
  readonly stakes: Table<bigint>;
  /** By the work in hex. */
  readonly usedWork: Table<number>;

  readonly #headers: Table<Header>;
  readonly #headerBefore: string;

  private constructor(cells: LedgerCells, header: Header, isKept: boolean) {
    this.header = header;
    this.genesisHash = genesisHashOf(header);
    this.accounts = new Table(cells, "accounts", accountSchema);
    this.owners = new Table(cells, "owners", ownerSchema);
    this.subnets = new Table(cells, "subnets", subnetSchema);
    this.neurons = new Table(cells, "neurons", neuronSchema);
    this.uids = new Table(cells, "uids", uidSchema);
    this.weights = new Table(cells, "weights", sparseRowSchema);
    this.bonds = new Table(cells, "bonds", sparseRowSchema);
    this.commits = new Table(cells, "commits", commitsSchema);
    this.stakes = new Table(cells, "stakes", stakeSchema);
    this.usedWork = new Table(cells, "used_work", usedWorkSchema);
    this.#headers = new Table(cells, "header", headerSchema);
    this.#headerBefore = isKept ? fingerprint(header) : "";
  }

  /**
   * The state that is kept, or undefined if there is none yet.
   *
   * @throws {WeftError} if a newer Weft has written it
   */
  static open(cells: LedgerCells): LedgerState | undefined {
    refuseNewer(cells);
    const header = new Table(cells, "header", headerSchema).get(HEADER_KEY);
    return header && new LedgerState(cells, header, true);
  }

  /** An empty state that begins at a time. */
  static create(cells: LedgerCells, time: BlockTime): LedgerState {
    const { genesisUnixMs, blockMs } = time;
    const empty = { block: 0, issuedRao: 0n, burnedRao: 0n };
    const header: Header = { version: FORMAT_VERSION, genesisUnixMs, blockMs, ...empty };
    return new LedgerState(cells, header, false);
  }

  /** The block that calls are executed in. */
  get block(): number {
    return this.header.block;
  }

  /** Goes on to the block of a time. Where the clock was set back, the ledger waits for it. */
  advanceTo(unixMs: number): void {
    this.header.block = Math.max(this.header.block, blockNumberAt(this.header, unixMs));
  }

  /** Keeps the header, if it has changed. */
  save(): void {
    if (fingerprint(this.header) !== this.#headerBefore) {
      this.#headers.put(HEADER_KEY, this.header);
    }
  }
}

function fingerprint(header: Header): string {
  return Object.values(header).join(" ");
}

function refuseNewer(cells: LedgerCells): void {
  const versionOnly = v.object({ version: v.number() });
  const found = new Table(cells, "header", versionOnly).get(HEADER_KEY);
  if (found && found.version > FORMAT_VERSION) {
    throw new WeftError(
      `The ledger has format ${found.version}, and this Weft knows up to ${FORMAT_VERSION}: ` +
        "use a newer Weft, or begin a new ledger.",
    );
  }
}
