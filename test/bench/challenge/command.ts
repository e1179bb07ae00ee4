/**
 * `deno task bench challenge`: how soon a miner that trains answers challenges, what that costs its
 * training, and how long hashcat takes in its place.
 *
 * @module
 */

import { join } from "node:path";
import { readyKeys } from "../../../core/wallet/ready.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { gpuBackend, json } from "../../../headless/common_flags.ts";
import { createLog } from "../../../headless/deno_host.ts";
import { choice, integer, integers, text } from "../../../headless/flags.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import { checkUse, markdown, typedCommand } from "../bench_flags.ts";
import { Printer } from "../print_table.ts";
import { median } from "../../../core/bench/timing.ts";
import { isFaster, raceChallenges, type RaceRow } from "./beside_hashcat.ts";
import { MinerLink } from "./miner_link.ts";
import {
  countedJson,
  isAnswered,
  keepsBounds,
  showBursts,
  showHead,
  showRace,
  showRoundTrips,
  showTraining,
} from "./report.ts";
import { askAtOnce, askInTurn, type Burst } from "./round_trips.ts";
import type { Serving } from "./served_messages.ts";
import { FAIR_SHARE, MOST_LOSS, sharesOf, watchTraining, type Windows } from "./training_rate.ts";
import { Validator } from "./validators.ts";

const DIR = join(CACHE_DIR, "bench-challenge");
const VALIDATORS = 8;
const BURST_ROUNDS = 5;
/** The network's deadline, and one that not all can keep at once on a slow machine. */
const BURST_TIMEOUTS_S = [30, 1];
/** The compute network's easiest challenges, in which latency counts most. */
const DIFFICULTY = 7;
const RACED = [7, 8, 9];

const FLAGS = {
  part: choice({
    name: "part",
    words: ["all", "round-trip", "hashcat", "training"],
    default: "all",
    description: "What to measure.",
  }),
  count: integer({
    name: "count",
    min: 1,
    default: 1_000,
    description: "For round-trip: challenges, one after another.",
  }),
  difficulties: integers({
    name: "difficulties",
    min: 1,
    default: undefined,
    defaultText: RACED.join(),
    description: "For hashcat: lengths of passwords.",
  }),
  seconds: integer({
    name: "seconds",
    min: 1,
    default: 30,
    description: "For hashcat: time of each row of the table, in which both search.",
  }),
  pairs: integer({
    name: "pairs",
    min: 1,
    default: 3,
    description: "For training: windows without challenges, and as many with them.",
  }),
  periods: integer({
    name: "periods",
    min: 1,
    default: 2,
    description: "For training: half minutes of a window.",
  }),
  model: text({
    name: "model",
    placeholder: "NAME",
    default: "nano",
    description: "The preset that trains meanwhile.",
  }),
  gpuBackend,
  markdown,
  json,
};

type Context = CommandContext<typeof FLAGS>;

/** What the parts work with. */
interface Bench extends Context {
  readonly link: MinerLink;
  readonly serving: Serving;
  readonly validators: readonly Validator[];
  readonly printer: Printer;
}

/** The command. */
export const challengeCommand: Command<typeof FLAGS> = {
  name: "challenge",
  summary:
    "Lets validators challenge a miner that trains, over HTTP on loopback, and checks every answer: " +
    "how long round trips take beside the search, what many at once come to, how long hashcat takes " +
    "for the same challenges behind the same axon, and what challenges cost training. The exit code " +
    "is 1 if an answer is wrong or late, or a bound is not kept.",
  flags: FLAGS,
  run,
};

async function run(context: Context): Promise<number> {
  const { values, screen } = context;
  checkUse(values);
  await readyKeys();
  const http = nodeHttp();
  const log = createLog("warn", (line) => screen.message(line));
  const validators = Array.from({ length: VALIDATORS }, (_, at) => new Validator(at, http, log));
  await Deno.mkdir(DIR, { recursive: true });
  screen.status("opening the GPU, and training a step");
  const { link, serving } = await MinerLink.start({
    ...{ dir: DIR, model: values.model, backend: values.gpuBackend },
    hotkeys: validators.map(({ hotkey }) => hotkey),
    hashcat: values.part === "all" || values.part === "hashcat",
  });
  try {
    const printer = new Printer(screen, values.markdown);
    const bench = { ...context, link, serving, validators, printer };
    if (values.json) screen.printJson(serving);
    else {
      const facts = { model: values.model, command: typedCommand(), date: new Date() };
      screen.endStatus();
      showHead(printer, serving, facts);
    }
    const parts = { "round-trip": roundTrip, hashcat: besideHashcat, training };
    let isGood = true;
    for (const [name, part] of Object.entries(parts)) {
      if (values.part === "all" || values.part === name) isGood = await part(bench) && isGood;
    }
    return isGood ? 0 : 1;
  } finally {
    screen.endStatus();
    http.close();
    await link.stop();
    await Deno.remove(DIR, { recursive: true });
  }
}

async function roundTrip(bench: Bench): Promise<boolean> {
  const { link, serving: { port }, validators, printer, values: { json, count }, screen } = bench;
  const [validator] = validators;
  screen.status("warming up");
  const inTurn = await askInTurn(
    link,
    { port, validator },
    { difficulty: DIFFICULTY, count },
    (asked) => screen.status(`challenge ${asked} of ${count}`),
  );
  screen.status("many at once");
  const bursts: Burst[] = [];
  for (const timeoutS of BURST_TIMEOUTS_S) {
    const how = { difficulty: DIFFICULTY, timeoutS, rounds: BURST_ROUNDS };
    bursts.push(await askAtOnce(port, validators, how));
  }
  screen.endStatus();
  if (json) {
    screen.printJson({ kind: "round trips", ...countedJson(inTurn) });
    bursts.forEach((burst) => screen.printJson({ kind: "burst", ...countedJson(burst) }));
  } else {
    showRoundTrips(printer, inTurn);
    showBursts(printer, bursts, validators.length);
  }
  return keepsBounds(inTurn) && bursts.every(isAnswered);
}

async function besideHashcat(bench: Bench): Promise<boolean> {
  const { serving: { port: weft, hashcat }, validators: [validator], values, screen } = bench;
  if (typeof hashcat === "string") {
    if (values.json) screen.printJson({ kind: "hashcat", absentBecause: hashcat });
    else bench.printer.line(`hashcat is left out: ${hashcat}`);
    return true;
  }
  const ports = { weft, hashcat: hashcat.port };
  const rows: RaceRow[] = [];
  for (const difficulty of values.difficulties ?? RACED) {
    for (const search of ["found", "exhausted"] as const) {
      screen.status(`beside hashcat: difficulty ${difficulty}, ${search}`);
      const how = { difficulty, search, seconds: values.seconds };
      rows.push(await raceChallenges(ports, validator, how));
    }
  }
  screen.endStatus();
  if (values.json) rows.forEach((row) => screen.printJson({ kind: "beside hashcat", ...row }));
  else showRace(bench.printer, rows, hashcat.version);
  return isFaster(rows);
}

async function training(bench: Bench): Promise<boolean> {
  const { link, serving: { port }, validators: [validator], printer, values, screen } = bench;
  const windows: Windows[] = [];
  for (let pair = 1; pair <= values.pairs; pair++) {
    screen.status(`watching training: pair ${pair} of ${values.pairs}`);
    windows.push(await watchTraining(link, { port, validator }, values.periods));
  }
  screen.endStatus();
  if (values.json) windows.forEach((each) => screen.printJson({ kind: "training", ...each }));
  else showTraining(printer, windows);
  return median(sharesOf(windows)) >= FAIR_SHARE * (1 - MOST_LOSS);
}
