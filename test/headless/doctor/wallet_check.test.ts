import { test } from "#test";
import { assert } from "chai";
import type { Finding } from "../../../headless/doctor/check.ts";
import { walletCheck } from "../../../headless/doctor/wallet_check.ts";
import { type FakeDoctor, lines, USER_ID, WALLET, withDoctor } from "./fake_doctor.ts";

const SHOWN = "~/.bittensor/wallets/default";

async function check(doctor: FakeDoctor, args: string[] = []): Promise<Finding[]> {
  return await doctor.check(walletCheck, args);
}

test("wallet names the folder below the home", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [`ok wallet: ${SHOWN}`]);
  });
});

test("wallet names a folder outside of the home in full", async () => {
  await withDoctor(async (doctor) => {
    const path = `${doctor.home}/.bittensor/wallets`;
    assert.deepEqual(lines(await check(doctor, ["--wallet.path", path])), [
      `ok wallet: ${path}/default`,
    ]);
  }, { system: { home: () => "/home/nobody" } });
});

test("wallet fails where there is no such folder, and names the others there", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(".bittensor/wallets/other/coldkeypub.txt", "{}");
    const [finding] = await check(doctor, ["--wallet.name", "mine"]);
    assert.deepEqual(finding, {
      level: "fail",
      subject: "wallet",
      message: "~/.bittensor/wallets/mine is not there",
      advice: "Name the one that you mean by --wallet.name, of default, other, or make this one:",
      command: "deno task wallet new_coldkey --wallet.name mine",
    });
  });
});

test("wallet fails where there are no wallets at all", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(".bittensor");
    const [finding] = await check(doctor);
    assert.deepEqual(lines([finding]), [`fail wallet: ${SHOWN} is not there`]);
    assert.equal(
      finding.advice,
      "Make it, or name the folder of your wallets by --wallet.path:",
    );
    assert.equal(finding.command, "deno task wallet new_coldkey");
  });
});

test("wallet fails where a file stands in its place", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(".bittensor/wallets/file", "x");
    const findings = await check(doctor, ["--wallet.name", "file"]);
    assert.deepEqual(lines(findings), ["fail wallet: ~/.bittensor/wallets/file is no folder"]);
  });
});

test("wallet fails where it may not be looked into", async () => {
  await withDoctor(async (doctor) => {
    const [finding] = await check(doctor);
    assert.deepEqual(lines([finding]), [`fail wallet: ${SHOWN} may not be looked into`]);
    assert.include(finding.advice, "as the user");
  }, { states: { [WALLET]: { kind: "hidden" } } });
});

test("wallet warns where others may put files in, and says how to close it", async () => {
  await withDoctor(async (doctor) => {
    const [, folder, hotkeys] = await check(doctor);
    assert.deepEqual(lines([folder, hotkeys]), [
      `warning wallet: ${SHOWN} lets others put files in (mode 0775)`,
      `warning wallet: ${SHOWN}/hotkeys lets others put files in (mode 0707)`,
    ]);
    assert.equal(folder.command, `chmod 755 ${doctor.home}/${WALLET}`);
    assert.equal(hotkeys.command, `chmod 755 ${doctor.home}/${WALLET}/hotkeys`);
  }, { states: { [WALLET]: { mode: 0o775 }, [`${WALLET}/hotkeys`]: { mode: 0o707 } } });
});

test("wallet takes any folder that only its owner writes", async () => {
  for (const mode of [0o700, 0o750, 0o755, undefined]) {
    await withDoctor(async (doctor) => {
      assert.lengthOf(await check(doctor), 1);
    }, { states: { [WALLET]: { mode } } });
  }
});

test("wallet warns of a folder that belongs to someone else", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)).slice(1), [
      `warning wallet: ${SHOWN} belongs to user 0, and you are user ${USER_ID}`,
    ]);
  }, { states: { [WALLET]: { ownerId: 0 } } });
});

test("wallet says nothing of owners where the system has none", async () => {
  await withDoctor(async (doctor) => {
    assert.lengthOf(await check(doctor), 1);
  }, { states: { [WALLET]: { ownerId: undefined } }, system: { userId: () => undefined } });
});
