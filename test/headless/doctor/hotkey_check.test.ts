import { test } from "#test";
import { assert } from "chai";
import { hexToBytes } from "@noble/hashes/utils.js";
import { obscurePassword, passwordVariable } from "../../../core/wallet/environment_password.ts";
import { publicRecordOf, writeKeyRecord } from "../../../core/wallet/key_record.ts";
import type { Finding } from "../../../headless/doctor/check.ts";
import { hotkeyCheck } from "../../../headless/doctor/hotkey_check.ts";
import { ALICE, DEV } from "../../wallet/fixtures.ts";
import { COLDKEY, HOTKEY } from "./fake_chain.ts";
import { encryptedFile, FakeDoctor, lines, plainKeyfile, WALLET } from "./fake_doctor.ts";
import { withDoctor } from "./fake_doctor.ts";

const FILE = `${WALLET}/hotkeys/default`;
const SHOWN = "~/.bittensor/wallets/default/hotkeys/default";

async function check(doctor: FakeDoctor, args: string[] = []): Promise<Finding[]> {
  return await doctor.check(hotkeyCheck, args);
}

/** The one line about a hotkey with this content. */
async function holding(content: string | Uint8Array): Promise<Finding> {
  let findings: Finding[] = [];
  await withDoctor(async (doctor) => {
    doctor.write(FILE, content);
    findings = await check(doctor);
  });
  assert.lengthOf(findings, 1);
  return findings[0];
}

test("hotkey is well when it is there and whole", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [`ok hotkey: ${HOTKEY}`]);
  });
});

test("hotkey reads the Python era's files", async () => {
  const json = {
    accountId: `0x${DEV.publicKey}`,
    publicKey: `0x${DEV.publicKey}`,
    privateKey: null,
    secretPhrase: DEV.phrase,
    secretSeed: `0x${DEV.seed}`,
    ss58Address: DEV.address,
  };
  assert.deepEqual(lines([await holding(JSON.stringify(json))]), [`ok hotkey: ${HOTKEY}`]);
});

test("hotkey fails where it is missing, and names the others there", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/hotkeys/defaultpub.txt`, "{}");
    const [finding] = await check(doctor, ["--wallet.hotkey", "miner 2"]);
    assert.deepEqual(finding, {
      level: "fail",
      subject: "hotkey",
      message: "~/.bittensor/wallets/default/hotkeys/miner 2 is not there",
      advice: "Name the one that you mean by --wallet.hotkey, of default, or make this one:",
      command: "deno task wallet new_hotkey --wallet.hotkey 'miner 2'",
    });
  });
});

test("hotkey fails where there is no hotkey at all", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(`${WALLET}/hotkeys`);
    const [finding] = await check(doctor);
    assert.deepEqual(finding, {
      level: "fail",
      subject: "hotkey",
      message: `${SHOWN} is not there`,
      advice: "Make it:",
      command: "deno task wallet new_hotkey",
    });
  });
});

test("hotkey fails for files that are none, and shows nothing of them", async () => {
  const words = DEV.phrase.split(" ");
  const contents = [
    ...["", "rubbish", DEV.phrase, `{"secretPhrase":"${DEV.phrase}`, `["${DEV.phrase}"]`],
    ...[JSON.stringify({ secretPhrase: "zzz zzz zzz" }), "{}", '{"encoded":"x","encoding":{}}'],
    new Uint8Array([0xff, 0xfe, 0x00]),
  ];
  for (const content of contents) {
    const finding = await holding(content);
    assert.equal(finding.level, "fail");
    assert.match(finding.message, /^(~\/\S+ is no keyfile: |The keyfile's secret is malformed)/);
    for (const word of words) assert.notMatch(JSON.stringify(finding), new RegExp(`\\b${word}\\b`));
  }
});

test("hotkey fails where the key is not that of its address", async () => {
  const json = { ss58Address: COLDKEY, secretPhrase: DEV.phrase };
  const { level, message } = await holding(JSON.stringify(json));
  assert.equal(level, "fail");
  assert.match(message, new RegExp(`${COLDKEY} but its secret is that of ${HOTKEY}`));
});

test("hotkey fails where the file holds its public half only", async () => {
  const finding = await holding(writeKeyRecord(publicRecordOf(hexToBytes(DEV.publicKey))));
  assert.deepEqual(lines([finding]), [
    "fail hotkey: holds the public half only, which cannot sign",
  ]);
  assert.equal(finding.command, "deno task wallet regen_hotkey --overwrite");
});

test("hotkey fails where this user cannot read it", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [
      `fail hotkey: ${SHOWN} cannot be read by this user`,
    ]);
  }, { unreadable: [FILE] });
});

test("hotkey fails where a folder stands in its place", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(FILE);
    doctor.write(`${FILE}/x`, "x");
    const [{ level, message }] = await check(doctor);
    assert.deepEqual([level, message], ["fail", `${SHOWN} cannot be read by this user`]);
  });
});

test("hotkey warns of an encrypted one, naming the variable for its password", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(FILE, encryptedFile());
    const [finding] = await check(doctor);
    assert.equal(finding.level, "warning");
    assert.include(finding.message, "is encrypted: no miner starts with it");
    assert.include(finding.advice, passwordVariable(`${doctor.home}/${FILE}`));
  });
});

test("hotkey is well when it is encrypted and its password is in the environment", async () => {
  await withDoctor(async (first) => {
    const variable = passwordVariable(`${first.home}/${FILE}`);
    const value = obscurePassword("hunter2!", variable);
    const doctor = new FakeDoctor(first.home, { environment: { [variable]: value } });
    doctor.write(FILE, encryptedFile());
    assert.deepEqual(lines(await check(doctor)), [
      `ok hotkey: is encrypted; its password comes from ${variable}`,
    ]);
  });
});

test("hotkey fails where that variable holds no password in btwallet's coding", async () => {
  await withDoctor(async (first) => {
    const variable = passwordVariable(`${first.home}/${FILE}`);
    const doctor = new FakeDoctor(first.home, { environment: { [variable]: "hunter2!" } });
    doctor.write(FILE, encryptedFile());
    const [{ level, message }] = await check(doctor);
    assert.equal(level, "fail");
    assert.include(message, variable);
    assert.notInclude(message, "hunter2");
  });
});

test("hotkey warns of a mode that lets others read it", async () => {
  await withDoctor(async (doctor) => {
    const [, warning] = await check(doctor);
    assert.deepEqual(lines([warning]), [
      `warning hotkey: ${SHOWN} can be read or changed by others (mode 0644)`,
    ]);
    assert.equal(warning.command, `chmod 600 ${doctor.home}/${FILE}`);
  }, { states: { [FILE]: { mode: 0o644 } } });
});

test("hotkey warns of a public file that is of another key, or none", async () => {
  const alice = writeKeyRecord(publicRecordOf(hexToBytes(ALICE.publicKey)));
  for (const [content, message] of [[alice, "is that of another key"], ["x", "cannot be read"]]) {
    await withDoctor(async (doctor) => {
      doctor.write(`${FILE}pub.txt`, content);
      const [, warning] = await check(doctor);
      assert.equal(warning.level, "warning");
      assert.include(warning.message, `${SHOWN}pub.txt ${message}`);
    });
  }
});

test("hotkey takes a public file of its own key", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(`${FILE}pub.txt`, writeKeyRecord(publicRecordOf(hexToBytes(DEV.publicKey))));
    assert.lengthOf(await check(doctor), 1);
  });
});

test("hotkey takes a key that was made from a URI", async () => {
  assert.deepEqual(lines([await holding(plainKeyfile("//Alice"))]), [`ok hotkey: ${COLDKEY}`]);
});

test("hotkey is not checked where there is no wallet", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(WALLET);
    assert.deepEqual(lines(await check(doctor)), [
      "warning hotkey: not checked, because the wallet is not there",
    ]);
  });
});
