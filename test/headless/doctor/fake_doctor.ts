/**
 * Surroundings for doctor in a test: a wallet in a folder of its own, a chain, a network and clocks
 * that do what the test wants. Unless told otherwise all is well.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import type { Chain } from "../../../core/chain/chain.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { keyRecordOf, publicRecordOf, writeKeyRecord } from "../../../core/wallet/key_record.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { runCommand } from "../../../headless/command.ts";
import { doctorCommand } from "../../../headless/doctor.ts";
import { type Check, type Finding, findingsOf } from "../../../headless/doctor/check.ts";
import { CheckContext } from "../../../headless/doctor/context.ts";
import { Facts } from "../../../headless/doctor/facts.ts";
import { DOCTOR_FLAGS } from "../../../headless/doctor/flags.ts";
import { readSettings } from "../../../headless/doctor/settings.ts";
import type { DoctorSystem, FileState, HeldPort } from "../../../headless/doctor/system.ts";
import { TimeLimit } from "../../../headless/doctor/time_limit.ts";
import { parseFlags } from "../../../headless/flags.ts";
import { fakeScreen, type FakeScreenOptions } from "../fake_screen.ts";
import { withTempFolder } from "../temp_folder.ts";
import { ALICE, DEV } from "../../wallet/fixtures.ts";
import { fakeWalletSystem } from "../wallet/fake_wallet_system.ts";
import { fakeChain, NOW_MS } from "./fake_chain.ts";
import { ManualClock } from "./manual_clock.ts";

/** The user who runs doctor, and owns the files. */
export const USER_ID = 1000;

/** What differs from surroundings in which all is well. */
export interface FakeDoctorOptions {
  readonly chain?: Partial<Chain>;
  readonly openChain?: () => Promise<Chain>;
  readonly environment?: Readonly<Record<string, string>>;
  /** What `stat` says, by the path below the home. */
  readonly states?: Readonly<Record<string, Partial<FileState>>>;
  /** Paths below the home that cannot be read. */
  readonly unreadable?: readonly string[];
  readonly wallClockMs?: number;
  /** Differences in all else. */
  readonly system?: Partial<DoctorSystem>;
}

/** A home with doctor's surroundings. */
export class FakeDoctor {
  readonly clock = new ManualClock();
  readonly system: DoctorSystem;

  constructor(readonly home: string, readonly options: FakeDoctorOptions = {}) {
    const { environment = {}, chain, openChain, unreadable = [], wallClockMs = NOW_MS } = options;
    this.system = {
      ...fakeWalletSystem(home, { environment }),
      openChain: openChain ?? (() => Promise.resolve(fakeChain(chain))),
      clock: this.clock,
      wallClock: { unixMs: () => wallClockMs },
      userId: () => USER_ID,
      stat: (path) => Promise.resolve(this.#stat(path)),
      readFile: async (path) => {
        const isUnreadable = unreadable.some((each) => join(home, each) === path);
        if (isUnreadable) throw new Deno.errors.PermissionDenied("no");
        return await Promise.resolve(Deno.readFileSync(path));
      },
      fetch: () => Promise.resolve(dated(NOW_MS)),
      holdPort: () => freePort(),
      connects: () => Promise.resolve(true),
      ...options.system,
    };
  }

  /** Writes a file below the home. */
  write(path: string, content: string | Uint8Array): void {
    const file = join(this.home, path);
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeFileSync(file, typeof content === "string" ? utf8(content) : content);
  }

  remove(path: string): void {
    Deno.removeSync(join(this.home, path), { recursive: true });
  }

  /** Runs one check with these arguments. */
  async check(check: Check, args: readonly string[] = []): Promise<Finding[]> {
    const source = { args, environment: this.system.environment, envFile: {} };
    const settings = await readSettings(parseFlags(DOCTOR_FLAGS, source).values, this.system);
    const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const time = new TimeLimit(this.clock, settings.limitMs);
    const context = new CheckContext(new Facts(settings, this.system, silent), time);
    return await findingsOf(check.name, () => time.cover(check.run(context)));
  }

  /** Runs the command. */
  async run(args: readonly string[] = [], options: DoctorRunOptions = {}): Promise<DoctorRun> {
    const { envFile = {}, signal = NEVER, checks } = options;
    const fake = fakeScreen(options);
    const source = { args, environment: this.system.environment, envFile };
    const command = doctorCommand(this.system, checks);
    const code = await runCommand(command, source, fake.screen, signal);
    return { code, out: fake.out(), error: fake.error() };
  }

  #stat(path: string): FileState {
    const told = Object.entries(this.options.states ?? {})
      .find(([each]) => join(this.home, each) === path)?.[1];
    try {
      const { isFile, isDirectory } = Deno.statSync(path);
      return {
        kind: isFile ? "file" : isDirectory ? "folder" : "other",
        mode: isDirectory ? 0o755 : path.endsWith("pub.txt") ? 0o644 : 0o600,
        ownerId: USER_ID,
        ...told,
      };
    } catch {
      return { kind: "missing", ...told };
    }
  }
}

/** How the command is run. */
export interface DoctorRunOptions extends FakeScreenOptions {
  readonly envFile?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly checks?: readonly Check[];
}

/** What a run left behind. */
export interface DoctorRun {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

const NEVER = new AbortController().signal;

/** The folder of the wallet `default` below the home. */
export const WALLET = ".bittensor/wallets/default";

/** Calls `body` with a healthy wallet: //Alice as the coldkey, encrypted, and the hotkey as it is. */
export async function withDoctor(
  body: (doctor: FakeDoctor) => Promise<void>,
  options: FakeDoctorOptions = {},
): Promise<void> {
  await readyKeys();
  await withTempFolder(async (dir) => {
    const doctor = new FakeDoctor(resolve(dir), options);
    const record = publicRecordOf(hexToBytes(ALICE.publicKey));
    doctor.write(`${WALLET}/coldkeypub.txt`, writeKeyRecord(record));
    doctor.write(`${WALLET}/coldkey`, encryptedFile());
    doctor.write(`${WALLET}/hotkeys/default`, plainKeyfile(DEV.phrase));
    await body(doctor);
  });
}

/** The keyfile of a mnemonic or URI. */
export function plainKeyfile(uri: string): Uint8Array {
  return writeKeyRecord(keyRecordOf(Keypair.fromUri(uri)));
}

/** Looks like a file that no password opens. */
export function encryptedFile(): Uint8Array {
  return new Uint8Array([...utf8("$NACL"), ...new Uint8Array(200).fill(7)]);
}

/** An answer of a host at that time. */
export function dated(unixMs: number): Response {
  return new Response(null, { status: 405, headers: { date: new Date(unixMs).toUTCString() } });
}

/** A port that can be held; `reached` by a connection unless said otherwise. */
export function freePort(reached: Promise<void> = Promise.resolve()): HeldPort {
  return { reached, close: () => {} };
}

/** `LEVEL SUBJECT: MESSAGE` of each finding. */
export function lines(findings: readonly Finding[]): string[] {
  return findings.map(({ level, subject, message }) => `${level} ${subject}: ${message}`);
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
