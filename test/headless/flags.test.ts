import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../core/errors.ts";
import {
  choice,
  integer,
  integers,
  type ParsedFlags,
  parseFlags,
  positive,
  text,
  toggle,
  wantsHelp,
} from "../../headless/flags.ts";

const FLAGS = {
  steps: integer({ name: "steps", min: 1, max: 1000, default: 10, description: "" }),
  stages: integers({ name: "stages", min: 0, default: undefined, description: "" }),
  rate: positive({ name: "lr", default: undefined, description: "" }),
  runDir: text({ name: "run.dir", placeholder: "DIR", default: undefined, description: "" }),
  walletName: text({
    name: "wallet.name",
    placeholder: "NAME",
    default: "default",
    publishedNames: ["wallet_name"],
    description: "",
  }),
  backend: choice({
    name: "gpu.backend",
    words: ["wgpu", "dawn"],
    default: "wgpu",
    description: "",
  }),
  json: toggle({ name: "json", default: false, description: "" }),
  masters: toggle({ name: "master-weights", default: true, description: "" }),
};

const SHORT_FLAGS = {
  mode: integer({ name: "hash-type", short: "m", min: 0, default: 610, description: "" }),
  charset: text({
    name: "custom-charset1",
    short: "1",
    placeholder: "CHARS",
    default: undefined,
    description: "",
  }),
  benchmark: toggle({ name: "benchmark", short: "b", default: false, description: "" }),
};

type Variables = Record<string, string>;

function parse(
  args: string[],
  environment: Variables = {},
  envFile: Variables = {},
): ParsedFlags<typeof FLAGS> {
  return parseFlags(FLAGS, { args, environment, envFile });
}

function parseShort(args: string[]): ParsedFlags<typeof SHORT_FLAGS> {
  return parseFlags(SHORT_FLAGS, { args, environment: {}, envFile: {} });
}

/** The message of the UsageError that a command line gives. */
function complaint(args: string[], environment: Variables = {}, envFile: Variables = {}): string {
  return complaintOf(args, () => parse(args, environment, envFile));
}

function complaintOf(args: string[], body: () => unknown): string {
  try {
    body();
  } catch (error) {
    assert.instanceOf(error, UsageError);
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  assert.fail(`${args.join(" ")} was accepted`);
}

test("parseFlags() gives the defaults when nothing is said", () => {
  assert.deepEqual(parse([]).values, {
    steps: 10,
    stages: undefined,
    rate: undefined,
    runDir: undefined,
    walletName: "default",
    backend: "wgpu",
    json: false,
    masters: true,
  });
});

test("parseFlags() prefers flag, then environment, then .env, then default", () => {
  const [environment, envFile] = [{ WEFT_STEPS: "3" }, { WEFT_STEPS: "4" }];
  assert.equal(parse(["--steps", "2"], environment, envFile).values.steps, 2);
  assert.equal(parse([], environment, envFile).values.steps, 3);
  assert.equal(parse([], {}, envFile).values.steps, 4);
});

test("parseFlags() prefers a published name in the environment to our own in .env", () => {
  const { values } = parse([], { wallet_name: "shell" }, { WEFT_WALLET_NAME: "file" });
  assert.equal(values.walletName, "shell");
});

test("parseFlags() prefers our own name to a published one in the same place", () => {
  const { values } = parse([], { wallet_name: "theirs", WEFT_WALLET_NAME: "ours" });
  assert.equal(values.walletName, "ours");
});

test("parseFlags() takes an empty variable for one that is not set", () => {
  assert.equal(parse([], { WEFT_STEPS: "" }, { WEFT_STEPS: "4" }).values.steps, 4);
});

test("parseFlags() does not take a common variable such as STEPS for its own", () => {
  assert.equal(parse([], { STEPS: "3", steps: "3" }).values.steps, 10);
});

test("parseFlags() lets a flag off the command line turn off what the environment turns on", () => {
  assert.isFalse(parse(["--no-json"], { WEFT_JSON: "1" }).values.json);
});

test("parseFlags() reads dotted names, = and values that open with a dash", () => {
  assert.equal(parse(["--run.dir", "a b"]).values.runDir, "a b");
  assert.equal(parse(["--run.dir=--odd--"]).values.runDir, "--odd--");
  assert.equal(parse(["--run.dir", "-odd"]).values.runDir, "-odd");
});

test("parseFlags() takes the last of a flag that is given twice", () => {
  assert.equal(parse(["--steps", "2", "--steps=3"]).values.steps, 3);
  assert.isTrue(parse(["--no-json", "--json"]).values.json);
});

test("parseFlags() keeps operands in order, also those after -- that look like flags", () => {
  assert.deepEqual(parse(["a", "--json", "b", "--", "--steps"]).operands, ["a", "b", "--steps"]);
});

test("parseFlags() reads a toggle's words in any case", () => {
  for (const word of ["true", "YES", "1", "on"]) {
    assert.isTrue(parse([`--json=${word}`]).values.json);
  }
  for (const word of ["false", "No", "0", "off"]) {
    assert.isFalse(parse([`--master-weights=${word}`]).values.masters);
  }
});

test("parseFlags() does not take the argument behind a toggle for its value", () => {
  assert.deepEqual(parse(["--json", "false"]).operands, ["false"]);
});

test("parseFlags() refuses a flag that is not declared and names the one probably meant", () => {
  assert.include(complaint(["--stpes", "3"]), "unknown flag --stpes, did you mean --steps?");
  assert.include(complaint(["--rundir", "x"]), "did you mean --run.dir?");
  assert.include(complaint(["--backend", "x"]), "did you mean --gpu.backend?");
});

test("parseFlags() refuses a flag like no other without guessing", () => {
  assert.equal(complaint(["--quux"]), "unknown flag --quux, --help lists all flags");
});

test("parseFlags() takes -, _ and . in a long name for each other", () => {
  for (const name of ["--wallet.name", "--wallet-name", "--wallet_name"]) {
    assert.equal(parse([name, "x"]).values.walletName, "x");
    assert.equal(parse([`${name}=x=y`]).values.walletName, "x=y");
  }
  assert.isFalse(parse(["--master_weights=off"]).values.masters);
});

test("parseFlags() takes -, _ and . behind no- for each other", () => {
  for (const name of ["--no-master-weights", "--no_master_weights", "--no-master.weights"]) {
    assert.isFalse(parse([name]).values.masters);
  }
  assert.include(complaint(["--no_steps"]), "unknown flag --no_steps");
});

test("parseFlags() takes the last of a flag given in two spellings", () => {
  assert.equal(parse(["--wallet_name=a", "--wallet.name=b"]).values.walletName, "b");
  assert.equal(parse(["--wallet.name=b", "--wallet-name", "a"]).values.walletName, "a");
});

test("parseFlags() names a flag in another spelling as it was declared when its value is wrong", () => {
  assert.include(complaint(["--wallet_name"]), "--wallet.name needs a value");
  assert.include(complaint(["--gpu_backend=x"]), '--gpu.backend "x": expected wgpu or dawn');
});

test("parseFlags() leaves -, _ and . of values and operands as they are", () => {
  assert.equal(parse(["--run_dir", "wallet_name"]).values.runDir, "wallet_name");
  assert.equal(parse(["--run_dir=--wallet_name"]).values.runDir, "--wallet_name");
  assert.deepEqual(parse(["wallet_name", "--", "--wallet_name", "--no_json"]).operands, [
    "wallet_name",
    "--wallet_name",
    "--no_json",
  ]);
});

test("parseFlags() takes no spelling that differs in letters, dashes or their number", () => {
  for (const name of ["--wallet--name", "--walletname", "--Wallet.Name", "-wallet.name"]) {
    assert.include(complaint([name, "x"]), "unknown flag");
  }
});

test("parseFlags() refuses flags of one dash", () => {
  assert.include(complaint(["-s", "3"]), "unknown flag -s");
});

test("parseFlags() refuses no- before a flag that takes a value", () => {
  assert.include(complaint(["--no-steps"]), "unknown flag --no-steps");
});

test("parseFlags() refuses a value behind no-", () => {
  assert.include(complaint(["--no-json=yes"]), "unknown flag --no-json");
});

test("parseFlags() refuses names that every object has", () => {
  for (const name of ["--constructor", "--__proto__", "--toString"]) {
    assert.include(complaint([name]), "unknown flag");
  }
});

test("parseFlags() says what it expected when a value is missing", () => {
  assert.equal(
    complaint(["--steps"]),
    "--steps needs a value: expected a whole number from 1 to 1000",
  );
  assert.include(complaint(["--steps", "--json"]), "--steps needs a value");
  assert.include(complaint(["--steps", "3", "--run.dir="]), '--run.dir "": expected a text');
});

test("parseFlags() refuses numbers that are not whole, out of range or no numbers", () => {
  for (const text of ["0", "1001", "-5", "1.5", "1e3", "0x10", "ten", " 3", "9007199254740993"]) {
    assert.equal(
      complaint([`--steps=${text}`]),
      `--steps "${text}": expected a whole number from 1 to 1000`,
    );
  }
});

test("parseFlags() refuses rates that are zero, negative, endless or no numbers", () => {
  for (const text of ["0", "-1e-3", "Infinity", "NaN", "1e999", "1e", "..1", "3e-4x"]) {
    assert.include(complaint([`--lr=${text}`]), "expected a number above 0");
  }
});

test("parseFlags() reads rates in any usual notation", () => {
  for (const text of ["3e-4", "0.0003", ".0003", "3E-4"]) {
    assert.equal(parse(["--lr", text]).values.rate, 3e-4);
  }
});

test("parseFlags() reads a list of numbers and refuses gaps, doubles and ranges", () => {
  assert.deepEqual(parse(["--stages", "2, 0"]).values.stages, [2, 0]);
  for (const text of ["", ",", "0,", "0,0", "0-2", "a"]) {
    assert.include(complaint([`--stages=${text}`]), "expected whole numbers from 0 up");
  }
});

test("parseFlags() names the words of a choice", () => {
  assert.equal(complaint(["--gpu.backend", "WGPU"]), '--gpu.backend "WGPU": expected wgpu or dawn');
});

test("parseFlags() says where a bad value was found", () => {
  assert.include(complaint([], { WEFT_STEPS: "x" }), 'WEFT_STEPS of the environment "x"');
  assert.include(complaint([], {}, { WEFT_STEPS: "x" }), 'WEFT_STEPS of .env "x"');
});

test("parseFlags() does not judge a variable that a flag overrules", () => {
  assert.equal(parse(["--steps", "2"], { WEFT_STEPS: "x" }).values.steps, 2);
});

test("parseFlags() reads a short name with its value behind it or joined to it", () => {
  assert.equal(parseShort(["-m", "1400"]).values.mode, 1400);
  assert.equal(parseShort(["-m1400"]).values.mode, 1400);
  assert.equal(parseShort(["-1", "a-z"]).values.charset, "a-z");
  assert.equal(parseShort(["-1abc"]).values.charset, "abc");
  assert.isTrue(parseShort(["-b"]).values.benchmark);
});

test("parseFlags() takes what follows a short name for its value, one dash or not", () => {
  assert.equal(parseShort(["-1", "-m"]).values.charset, "-m");
  assert.equal(parseShort(["-1--x"]).values.charset, "--x");
});

test("parseFlags() reads short names in a row, the last one with a value", () => {
  const { values, operands } = parseShort(["-bm", "0", "x"]);
  assert.deepEqual(values, { mode: 0, charset: undefined, benchmark: true });
  assert.deepEqual(operands, ["x"]);
});

test("parseFlags() takes the last of a flag given by both its names", () => {
  assert.equal(parseShort(["-m", "1", "--hash-type", "2"]).values.mode, 2);
  assert.equal(parseShort(["--hash-type", "2", "-m1"]).values.mode, 1);
});

test("parseFlags() does not take short names behind -- for flags", () => {
  assert.deepEqual(parseShort(["--", "-m", "-1"]).operands, ["-m", "-1"]);
});

test("parseFlags() names a short flag as it was typed when its value is missing or wrong", () => {
  const say = (...args: string[]): string => complaintOf(args, () => parseShort(args));
  assert.equal(say("-m"), "-m needs a value: expected a whole number from 0 up");
  assert.include(say("-m", "--benchmark"), "-m needs a value");
  assert.equal(say("-m=610"), '-m "=610": expected a whole number from 0 up');
  assert.equal(say("-1", ""), '-1 "": expected a text');
});

test("parseFlags() takes no short name with two dashes, nor a long one with one", () => {
  const say = (...args: string[]): string => complaintOf(args, () => parseShort(args));
  assert.include(say("--m", "3"), "unknown flag --m");
  assert.include(say("-x"), "unknown flag -x");
  assert.include(say("--no-b"), "unknown flag --no-b");
  assert.include(say("-benchmark"), "unknown flag -e");
});

test("wantsHelp() sees --help and -h among other flags, but not behind --", () => {
  assert.isTrue(wantsHelp(["--steps", "x", "--help"]));
  assert.isTrue(wantsHelp(["-h"]));
  assert.isFalse(wantsHelp(["--", "--help"]));
});

test("parseFlags() reads a flag that is meant to be typed from no variable", () => {
  const seed = text({
    name: "seed",
    isTyped: true,
    placeholder: "HEX",
    default: "-",
    description: "",
  });
  const source = { args: [], environment: { WEFT_SEED: "7" }, envFile: { WEFT_SEED: "7" } };
  assert.equal(parseFlags({ seed }, source).values.seed, "-");
});
