import { test } from "#test";
import { assert } from "chai";
import { publicRecordOf, writeKeyRecord } from "../../../core/wallet/key_record.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import type { Finding } from "../../../headless/doctor/check.ts";
import { coldkeyCheck } from "../../../headless/doctor/coldkey_check.ts";
import { ALICE, DEV } from "../../wallet/fixtures.ts";
import { COLDKEY, HOTKEY } from "./fake_chain.ts";
import { encryptedFile, type FakeDoctor, lines, plainKeyfile, WALLET } from "./fake_doctor.ts";
import { withDoctor } from "./fake_doctor.ts";

const SHOWN = "~/.bittensor/wallets/default";
const PUBLIC = `ok coldkeypub: ${COLDKEY}`;

async function check(doctor: FakeDoctor): Promise<Finding[]> {
  return await doctor.check(coldkeyCheck);
}

test("coldkey is well when it is encrypted and its public half is there", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [PUBLIC, "ok coldkey: is encrypted"]);
  });
});

test("coldkey is well when only its public half is on this machine", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(`${WALLET}/coldkey`);
    assert.deepEqual(lines(await check(doctor)), [
      PUBLIC,
      "ok coldkey: is not on this machine, as is safest; registering and paying need it",
    ]);
  });
});

test("coldkey fails where neither half is there", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(`${WALLET}/coldkey`);
    doctor.remove(`${WALLET}/coldkeypub.txt`);
    const [finding] = await check(doctor);
    assert.deepEqual(lines([finding]), [
      `fail coldkey: neither coldkey nor coldkeypub.txt is in ${SHOWN}`,
    ]);
    assert.equal(finding.command, "deno task wallet new_coldkey");
  });
});

test("coldkey fails where the public half is missing", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(`${WALLET}/coldkeypub.txt`);
    const findings = await check(doctor);
    assert.deepEqual(lines(findings), [
      `fail coldkeypub: ${SHOWN}/coldkeypub.txt is not there`,
      "ok coldkey: is encrypted",
    ]);
    assert.equal(findings[0].command, "deno task wallet regen_coldkeypub --overwrite");
  });
});

test("coldkey fails where the public half is rubbish, cut short, or encrypted", async () => {
  const cases = [
    ["rubbish", /coldkeypub.txt is no keyfile: /],
    [`{"ss58Address":"${COLDKEY.slice(0, 40)}`, /coldkeypub.txt is no keyfile: /],
    ["", /coldkeypub.txt is no keyfile: /],
    [encryptedFile(), /coldkeypub.txt is encrypted, which a public half never is/],
  ] as const;
  for (const [content, message] of cases) {
    await withDoctor(async (doctor) => {
      doctor.write(`${WALLET}/coldkeypub.txt`, content);
      const [finding] = await check(doctor);
      assert.equal(finding.level, "fail");
      assert.match(finding.message, message);
      assert.isDefined(finding.command);
    });
  }
});

test("coldkey warns of a file that is not encrypted", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/coldkey`, plainKeyfile("//Alice"));
    const [pub, whole] = await check(doctor);
    assert.deepEqual(lines([pub, whole]), [
      PUBLIC,
      `warning coldkey: ${SHOWN}/coldkey is not encrypted: who copies it owns all that the ` +
      "coldkey holds",
    ]);
    assert.equal(whole.command, "deno task wallet regen_coldkey --overwrite");
  });
});

test("coldkey fails where its public half is that of another key", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/coldkey`, plainKeyfile(DEV.phrase));
    assert.deepEqual(lines(await check(doctor)).slice(1), [
      `fail coldkey: is that of ${HOTKEY}, and coldkeypub.txt says another address`,
    ]);
  });
});

test("coldkey is well where the file itself holds its public half only", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/coldkey`, writeKeyRecord(publicRecordOf(hexToBytes(ALICE.publicKey))));
    assert.deepEqual(lines(await check(doctor)).slice(1), [
      "ok coldkey: holds the public half only; registering and paying need more",
    ]);
  });
});

test("coldkey knows the older forms of encryption", async () => {
  const vault = "$ANSIBLE_VAULT;1.1;AES256\n3030";
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/coldkey`, vault);
    assert.deepEqual(lines(await check(doctor)).slice(1), [
      "ok coldkey: is encrypted, in the form of Ansible's vault",
    ]);
  });
});

test("coldkey warns of the form that today's btwallet does not open", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/coldkey`, FERNET);
    const [, whole] = await check(doctor);
    assert.deepEqual(lines([whole]), [
      "warning coldkey: is encrypted in the oldest form, which today's btwallet does not open",
    ]);
    assert.equal(whole.command, "deno task wallet regen_coldkey --overwrite");
  });
});

test("coldkey warns of an encrypted file that was cut short", async () => {
  for (const cut of [encryptedFile().slice(0, 30), FERNET.slice(0, 40)]) {
    await withDoctor(async (doctor) => {
      doctor.write(`${WALLET}/coldkey`, cut);
      const [, whole] = await check(doctor);
      assert.equal(whole.level, "warning");
      assert.match(whole.message, /coldkey is no keyfile: /);
    });
  }
});

test("coldkey warns of a file that this user cannot read", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [
      PUBLIC,
      `warning coldkey: ${SHOWN}/coldkey cannot be read by this user`,
    ]);
  }, { unreadable: [`${WALLET}/coldkey`] });
});

test("coldkey fails where this user cannot read the public half", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)).slice(0, 1), [
      `fail coldkeypub: ${SHOWN}/coldkeypub.txt cannot be read by this user`,
    ]);
  }, { unreadable: [`${WALLET}/coldkeypub.txt`] });
});

test("coldkey warns of files that others may touch, and says how to close them", async () => {
  for (const [mode, shown] of [[0o640, "0640"], [0o604, "0604"], [0o666, "0666"]] as const) {
    await withDoctor(async (doctor) => {
      const warning = (await check(doctor))[2];
      assert.deepEqual(warning, {
        level: "warning",
        subject: "coldkey",
        message: `${SHOWN}/coldkey can be read or changed by others (mode ${shown})`,
        advice: "Close it:",
        command: `chmod 600 ${doctor.home}/${WALLET}/coldkey`,
      });
    }, { states: { [`${WALLET}/coldkey`]: { mode } } });
  }
});

test("coldkey takes a mode that is stricter than 0600, and a public half that all may read", async () => {
  await withDoctor(async (doctor) => {
    assert.lengthOf(await check(doctor), 2);
  }, {
    states: {
      [`${WALLET}/coldkey`]: { mode: 0o400 },
      [`${WALLET}/coldkeypub.txt`]: { mode: 0o644 },
    },
  });
});

test("coldkey warns of a public half that others may change", async () => {
  await withDoctor(async (doctor) => {
    const [, warning] = await check(doctor);
    assert.include(warning.message, "can be changed by others (mode 0664)");
    assert.include(warning.command, "chmod 644 ");
  }, { states: { [`${WALLET}/coldkeypub.txt`]: { mode: 0o664 } } });
});

test("coldkey is not checked where there is no wallet", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(WALLET);
    assert.deepEqual(lines(await check(doctor)), [
      "warning coldkey: not checked, because the wallet is not there",
    ]);
  });
});

test("coldkey leaves every file as it was", async () => {
  await withDoctor(async (doctor) => {
    const alice = writeKeyRecord(publicRecordOf(hexToBytes(ALICE.publicKey)));
    await check(doctor);
    assert.deepEqual(Deno.readFileSync(`${doctor.home}/${WALLET}/coldkeypub.txt`), alice);
    assert.deepEqual(Deno.readFileSync(`${doctor.home}/${WALLET}/coldkey`), encryptedFile());
  });
});

/** The token of the published vector. */
const FERNET =
  "gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD_AV4jFB-swhHtqx18mKGDQS7JzqPtEjvLjTjBc9gATEI4aK5ITE-xQqYmmdnEDu" +
  "JgPTCvCjVfoM9RTFaDO_Osn1y-sYjOmCc4hmN0XW9AONg35efBXBtaKli9FPxx6nBfrIBQAzkt99qkGuacD_AFg=";
