/**
 * What hashcat writes, as far as the benchmark reads it. Source: hashcat 6.2.6 at the command line.
 *
 * @module
 */
import * as v from "valibot";

/** The part of a line of `--status-json` that is read. */
const StatusSchema = v.object({
  devices: v.pipe(
    v.array(v.object({ speed: v.pipe(v.number(), v.finite(), v.gtValue(0)) })),
    v.minLength(1),
  ),
});

/** Fields of a benchmark's line: device, mode, two clocks, milliseconds of a run, speed. */
const BENCHMARK_LINE = /^1:(\d+):[^:]*:[^:]*:[^:]*:(\d+)$/;

/**
 * The first device's candidates a second in the output of `--benchmark --machine-readable`; undefined
 * if there is none of that mode.
 */
export function benchmarkSpeed(output: string, mode: number): number | undefined {
  const matches = linesOf(output).map((line) => BENCHMARK_LINE.exec(line));
  const match = matches.find((each) => each?.[1] === String(mode));
  const speed = Number(match?.[2] ?? 0);
  return speed > 0 ? speed : undefined;
}

/** The first device's candidates a second by the last line of `--status-json` that tells any. */
export function statusSpeed(output: string): number | undefined {
  const speeds = linesOf(output).filter((line) => line.startsWith("{")).flatMap((line) => {
    const parsed = v.safeParse(StatusSchema, parseJson(line));
    return parsed.success ? [parsed.output.devices[0].speed] : [];
  });
  return speeds.at(-1);
}

/** The password behind the line of a hash, as hashcat shows it; undefined if it was not found. */
export function foundPassword(output: string, hashLine: string): string | undefined {
  const found = linesOf(output).find((line) => line.startsWith(`${hashLine}:`));
  return found?.slice(hashLine.length + 1);
}

/** The last line that is not empty. */
export function lastLine(output: string): string | undefined {
  return linesOf(output).findLast((line) => line !== "");
}

/** Its prompt ends in no line break, and what comes next follows a carriage return. */
function linesOf(output: string): string[] {
  return output.split(/[\r\n]+/);
}

/** Undefined for what is no JSON: a process that is stopped may leave half a line. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
