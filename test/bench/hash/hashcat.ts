/**
 * hashcat as a peer: found, started and read.
 *
 * @module
 */
import { WeftError } from "../../../core/errors.ts";
import type { HashTarget } from "../../../core/hash/hash_target.ts";
import type { HashMode } from "../../../core/hash/modes.ts";
import type { NowMs } from "../../../core/bench/timing.ts";
import { type Challenge, CHARACTERS } from "../../../core/bench/hash/challenge.ts";
import { benchmarkSpeed, foundPassword, lastLine, statusSpeed } from "./hashcat_output.ts";

/** Why hashcat is not here, with what to do. */
const ABSENT =
  "it is not installed: install the package hashcat, on a machine without GPU also pocl-opencl-icd";

/** Two ways to ask for a speed. */
export type HashcatForm = "benchmark" | "attack";

/** Seconds of an attack: its speed has settled by then. */
const ATTACK_S = 3;
/** What it ends with if it has tried everything. */
const EXHAUSTED = 1;

/** What a process left. */
interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An installed hashcat. */
export class Hashcat {
  /** Sessions of one name exclude each other. */
  readonly #session = ["--session", `weft-bench-${Deno.pid}`];
  readonly #devices: readonly string[];

  /** @param onProcessor whether it is to run on the processor, as a software adapter does */
  private constructor(readonly version: string, onProcessor: boolean) {
    // It does not trust OpenCL on a processor by itself.
    this.#devices = onProcessor ? ["-D", "1", "--force"] : [];
  }

  /** hashcat, or why there is none. */
  static async find(onProcessor: boolean): Promise<Hashcat | string> {
    try {
      const { stdout } = await start(["--version"]);
      const devices = await start(["-I"]);
      if (devices.code === 0) return new Hashcat(stdout.trim(), onProcessor);
      return `it finds nothing to run on: ${whyNot(devices)}`;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return ABSENT;
      throw error;
    }
  }

  /**
   * Candidates a second, by its own word: with its benchmark, which takes a mask of its own, or in an
   * attack on a challenge that lasts some seconds.
   *
   * @throws {WeftError} if it tells no speed
   */
  async speed(form: HashcatForm, target: HashTarget, challenge: Challenge): Promise<number> {
    const { mode } = challenge;
    const output = form === "benchmark"
      ? await this.#run("-b", "-m", String(mode.number), "--machine-readable")
      : await this.#run(
        ...[target.line, "-a", "3", "-m", String(mode.number), "-1", CHARACTERS, challenge.mask],
        ...["-w", "3", "-O", "--potfile-disable", "--quiet", "--restore-disable"],
        ...["--status", "--status-json", "--status-timer", "1", "--runtime", String(ATTACK_S)],
      );
    const speed = form === "benchmark"
      ? benchmarkSpeed(output.stdout, mode.number)
      : statusSpeed(output.stdout);
    if (speed !== undefined) return speed;
    throw new WeftError(`hashcat told no speed of mode ${mode.number}: ${whyNot(output)}`);
  }

  /**
   * Finds a password as the published miner of the compute network has it done, and how long that
   * took from the start of the process to its end.
   *
   * @throws {WeftError} if another password or none was found
   */
  async solve(
    target: HashTarget,
    { mask }: Pick<Challenge, "mask">,
    expected: string,
    nowMs: NowMs,
  ): Promise<number> {
    const startMs = nowMs();
    const found = await this.crack(target, { characters: CHARACTERS, mask });
    const tookMs = nowMs() - startMs;
    if (found === expected) return tookMs;
    throw new WeftError(`hashcat found ${found ?? "nothing"}, expected ${expected}`);
  }

  /**
   * Finds a password as the published miner of the compute network has it done; undefined if there
   * is none of the mask.
   *
   * @param search characters of `?1`, and the mask
   * @throws {WeftError} if it neither finds one nor tries all
   */
  async crack(
    target: HashTarget,
    { characters, mask }: { readonly characters: string; readonly mask: string },
  ): Promise<string | undefined> {
    const output = await this.#run(
      ...[target.line, "-a", "3", "-m", String(target.mode.number), "-1", characters, mask],
      ...["-w", "3", "-O", "--potfile-disable"],
    );
    const found = foundPassword(output.stdout, target.line);
    if (found !== undefined || output.code === EXHAUSTED) return found;
    throw new WeftError(`hashcat has failed: ${whyNot(output)}`);
  }

  /** The candidate of a mask that it tries last: it goes by how likely characters are. */
  async lastCandidate(mask: string): Promise<string> {
    const command = new Deno.Command("hashcat", {
      args: ["--stdout", "-a", "3", "-1", CHARACTERS, mask, ...this.#session],
      ...{ stdin: "null", stdout: "piped", stderr: "null" },
    });
    let end = "";
    for await (const chunk of command.spawn().stdout.pipeThrough(new TextDecoderStream())) {
      end = (end + chunk).slice(-2 * mask.length);
    }
    const last = lastLine(end);
    if (last === undefined) throw new WeftError(`hashcat lists no candidates of the mask ${mask}`);
    return last;
  }

  #run(...args: readonly string[]): Promise<Output> {
    return start([...args, ...this.#devices, ...this.#session]);
  }
}

/** The name under which a mode's hashcat figures were taken. */
export function formText(form: HashcatForm, { number }: HashMode): string {
  return form === "benchmark" ? `hashcat -b -m ${number}` : `hashcat -a 3 -m ${number} -w 3 -O`;
}

async function start(args: readonly string[]): Promise<Output> {
  const command = new Deno.Command("hashcat", {
    args: [...args],
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

function whyNot({ code, stdout, stderr }: Output): string {
  return lastLine(stderr) ?? lastLine(stdout) ?? `exit code ${code}`;
}
