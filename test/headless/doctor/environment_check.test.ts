import { test } from "#test";
import { assert } from "chai";
import { passwordVariable } from "../../../core/wallet/environment_password.ts";
import type { Finding } from "../../../headless/doctor/check.ts";
import { envFileCheck, environmentCheck } from "../../../headless/doctor/environment_check.ts";
import { DEV } from "../../wallet/fixtures.ts";
import { FakeDoctor, type FakeDoctorOptions, lines, WALLET, withDoctor } from "./fake_doctor.ts";

/** What is said of these variables. */
async function environment(
  variables: Record<string, string>,
  options: { envFile?: string; args?: string[] } = {},
): Promise<Finding[]> {
  let findings: Finding[] = [];
  await withDoctor(async (doctor) => {
    if (options.envFile !== undefined) doctor.write(".env", options.envFile);
    findings = await doctor.check(environmentCheck, options.args);
  }, { environment: variables });
  return findings;
}

/** What is said of a file `.env` with this text. */
async function envFile(
  text: string | undefined,
  options: FakeDoctorOptions = {},
): Promise<Finding[]> {
  let findings: Finding[] = [];
  await withDoctor(async (doctor) => {
    if (text !== undefined) doctor.write(".env", text);
    findings = await doctor.check(envFileCheck);
  }, options);
  return findings;
}

test("environment is well where no variable sets a flag", async () => {
  assert.deepEqual(lines(await environment({ PATH: "/bin", BT_WALLET_NAME: "" })), [
    "ok environment: no variable sets a flag",
  ]);
});

test("environment names the variables that set flags, with their values", async () => {
  const variables = { BT_WALLET_NAME: "alice", netuid: "9", WEFT_AXON_PORT: "9000" };
  assert.deepEqual(lines(await environment(variables)), [
    "ok environment: flags are set by BT_WALLET_NAME=alice, netuid=9, WEFT_AXON_PORT=9000",
  ]);
});

test("environment names the variables of .env as such", async () => {
  const [finding] = await environment({}, {
    envFile: "network=test\n",
    args: ["--subtensor.network", "test"],
  });
  assert.equal(finding.message, "flags are set by network=test (.env)");
});

test("environment takes a flag's own variable before the published ones", async () => {
  const variables = { BT_WALLET_NAME: "bob", WEFT_WALLET_NAME: "alice" };
  assert.deepEqual(lines(await environment(variables)), [
    "ok environment: flags are set by WEFT_WALLET_NAME=alice",
  ]);
});

test("environment warns of a variable that a flag overrides here only", async () => {
  const [first, second] = await environment(
    { BT_WALLET_NAME: "alice" },
    { args: ["--wallet.name", "bob"] },
  );
  assert.equal(first.message, "no variable sets a flag");
  assert.deepEqual(lines([second]), [
    "warning environment: BT_WALLET_NAME=alice is set, but --wallet.name was given another value here",
  ]);
  assert.include(second.advice, "Commands without --wallet.name take the variable's");
});

test("environment compares values as the flag reads them", async () => {
  const findings = await environment(
    { netuid: " 27, 9", BT_LOGGING_DEBUG: "yes" },
    { args: ["--netuid", "27,9", "--logging.debug"] },
  );
  assert.deepEqual(findings.map(({ level }) => level), ["ok"]);
});

test("environment warns of a value that no flag takes, where a flag was given instead", async () => {
  const [, warning] = await environment({ BT_AXON_PORT: "high" }, {
    args: ["--axon.port", "9000"],
  });
  assert.include(warning.message, "BT_AXON_PORT=high is set");
});

test("environment warns where it hides what .env says", async () => {
  const [, warning] = await environment({ BT_WALLET_NAME: "alice" }, {
    envFile: "wallet_name=bob",
  });
  assert.deepEqual(lines([warning]), [
    "warning environment: BT_WALLET_NAME=alice of the environment hides wallet_name=bob of .env",
  ]);
});

test("environment says nothing where it agrees with .env", async () => {
  const findings = await environment({ BT_WALLET_NAME: "bob" }, { envFile: "wallet_name=bob" });
  assert.lengthOf(findings, 1);
});

test("environment shows no value that looks like a secret", async () => {
  const [finding] = await environment({ BT_WALLET_NAME: DEV.phrase });
  assert.equal(finding.message, "flags are set by BT_WALLET_NAME=…");
});

test("environment warns of the coldkey's password, and shows the name only", async () => {
  await withDoctor(async (first) => {
    const variable = passwordVariable(`${first.home}/${WALLET}/coldkey`);
    const doctor = new FakeDoctor(first.home, {
      environment: { [variable]: "NjEsJCc+", BT_COLD_PW_DEFAULT: "hunter22" },
    });
    const [, coded, plain] = await doctor.check(environmentCheck);
    assert.deepEqual([coded.level, plain.level], ["warning", "warning"]);
    assert.include(coded.message, `the coldkey's password is in ${variable}`);
    assert.include(plain.message, "the coldkey's password is in BT_COLD_PW_DEFAULT");
    assert.notMatch(JSON.stringify([coded, plain]), /NjEsJCc|hunter22/);
  });
});

test("environment leaves the hotkey's password alone, which mining may need", async () => {
  await withDoctor(async (first) => {
    const variable = passwordVariable(`${first.home}/${WALLET}/hotkeys/default`);
    const doctor = new FakeDoctor(first.home, { environment: { [variable]: "NjEsJCc+" } });
    assert.lengthOf(await doctor.check(environmentCheck), 1);
  });
});

test(".env is nothing to speak of where there is none", async () => {
  assert.deepEqual(await envFile(undefined), []);
});

test(".env is well when it holds no secret, whoever may read it", async () => {
  const states = { ".env": { mode: 0o644 } };
  assert.deepEqual(lines(await envFile("netuid=9\nHF_TOKEN=\n", { states })), [
    "ok .env: holds no secret",
  ]);
});

test(".env is well when it holds secrets for its owner alone", async () => {
  assert.deepEqual(
    lines(await envFile("HF_TOKEN=hf_abcdef\n", { states: { ".env": { mode: 0o600 } } })),
    [
      "ok .env: holds HF_TOKEN, for you alone",
    ],
  );
});

test(".env is warned of when others may read its secrets, which are not shown", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(".env", `HF_TOKEN=hf_abcdef\nnetuid=9\nNOTE="${DEV.phrase}"\n`);
    const [finding] = await doctor.check(envFileCheck);
    assert.deepEqual(finding, {
      level: "warning",
      subject: ".env",
      message: "holds HF_TOKEN, NOTE; ~/.env can be read or changed by others (mode 0644)",
      advice: "Close it:",
      command: `chmod 600 ${doctor.home}/.env`,
    });
  }, { states: { ".env": { mode: 0o644 } } });
});

test(".env is warned of when it cannot be read", async () => {
  assert.deepEqual(lines(await envFile("HF_TOKEN=hf_abcdef", { unreadable: [".env"] })), [
    "warning .env: cannot be read by this user",
  ]);
});
