import { test } from "#test";
import { assert } from "chai";
import { encodeAddress } from "@polkadot/util-crypto/address";
import { decodeAddress } from "../../../core/wallet/address.ts";
import { transferCommand } from "../../../headless/wallet/transfer.ts";
import { DEPOSIT_RAO, neverSends, TAO, TRANSFER_FEE_RAO } from "./fake_chain.ts";
import { runWallet } from "./fake_wallet_system.ts";
import { withWallet } from "./money_commands.ts";
import { ALICE, CHARLIE } from "./test_wallet.ts";

const TO_CHARLIE = ["--dest", CHARLIE];

test("transfer shows all that matters, to the character", async () => {
  await withWallet({ answers: ["y"] }, async ({ system }) => {
    const args = [...TO_CHARLIE, "--amount", "1.234567891"];
    const { out } = await runWallet(transferCommand, system, args, { columns: 80 });
    assert.equal(
      out,
      [
        "Transfer",
        "  chain    test",
        `  from     ${ALICE} (default)`,
        `  to       ${CHARLIE}`,
        "  amount   1.234567891 TAO",
        "  fee      0.000124 TAO",
        "  balance  9.9999995 TAO, of which 8.765307609 TAO would remain",
        "Done",
        "  block      1001",
        `  extrinsic  0x${"e".repeat(64)}`,
        "  fee        0.000001 TAO",
        "  balance    8.765308109 TAO free",
        "  recipient  1.234567891 TAO free",
        "",
      ].join("\n"),
    );
    assert.deepEqual(system.questions, [`Send 1.234567891 TAO to ${CHARLIE}? [y/N]`]);
  });
});

test("transfer takes an address of any network and shows it as Bittensor's", async () => {
  await withWallet({ answers: ["y"] }, async ({ chain, system }) => {
    const polkadot = encodeAddress(decodeAddress(CHARLIE), 0);
    const { code, out } = await runWallet(transferCommand, system, [
      ...["--dest", polkadot, "--amount", "1"],
    ]);
    assert.equal(code, 0);
    assert.include(out, CHARLIE);
    assert.notInclude(out, polkadot);
    assert.equal(chain.free.get(CHARLIE), TAO);
  });
});

test("transfer sends all but the fee and the deposit, and not one rao more", async () => {
  const spendable = 10n * TAO - DEPOSIT_RAO - TRANSFER_FEE_RAO;
  const most = `9.${String(spendable).slice(1)}`;
  await withWallet({}, async ({ system }) => {
    const { code, out } = await runWallet(transferCommand, system, [
      ...TO_CHARLIE,
      ...["--amount", most, "--yes"],
    ]);
    assert.equal(code, 0);
    assert.include(out, "of which 0 TAO would remain");
  });
  const more = `9.${String(spendable + 1n).slice(1)}`;
  await withWallet({ answers: [], chain: { instead: neverSends() } }, async ({ system }) => {
    const { code, error } = await runWallet(transferCommand, system, [
      ...TO_CHARLIE,
      ...["--amount", more],
    ]);
    assert.equal(code, 1);
    assert.match(error, /can spend 9\.9999995 TAO, .*: 0\.000000001 TAO is missing/);
    assert.isEmpty(system.questions);
  });
});

test("transfer refuses an amount with which no account could live", async () => {
  await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
    const { code, error } = await runWallet(transferCommand, system, [
      ...TO_CHARLIE,
      ...["--amount", "0.000000499", "--yes"],
    ]);
    assert.equal(code, 1);
    assert.match(error, /would hold less than 0\.0000005 TAO/);
  });
});

test("transfer tops up an account that lives with less than the deposit", async () => {
  const chain = { free: { [ALICE]: TAO, [CHARLIE]: DEPOSIT_RAO } };
  await withWallet({ chain }, async ({ system }) => {
    const args = [...TO_CHARLIE, "--amount", "0.000000001", "--yes"];
    assert.equal((await runWallet(transferCommand, system, args)).code, 0);
  });
});

const WRONG_USES: [what: string, args: string[], message: RegExp][] = [
  ["no recipient", ["--amount", "1"], /add --dest/],
  ["no amount", TO_CHARLIE, /add --amount/],
  ["a recipient that is no address", ["--dest", "5abc", "--amount", "1"], /ss58 address/],
  [
    "an address with one wrong letter",
    ["--dest", `${CHARLIE.slice(0, -1)}Z`, "--amount", "1"],
    /ss58/,
  ],
  ["the sender's own address", ["--dest", ALICE, "--amount", "1"], /own coldkey/],
  ["a negative amount", [...TO_CHARLIE, "--amount", "-1"], /--amount: .*is negative/],
  ["nothing", [...TO_CHARLIE, "--amount", "0"], /--amount: .*is nothing/],
  ["more digits than a rao has", [...TO_CHARLIE, "--amount", "0.1234567891"], /10 digits/],
  ["more than there can be", [...TO_CHARLIE, "--amount", "18446744074"], /more than a chain/],
  ["an exponent", [...TO_CHARLIE, "--amount", "1e3"], /exponent/],
  ["no number", [...TO_CHARLIE, "--amount", "NaN"], /is no number/],
  ["a comma", [...TO_CHARLIE, "--amount", "1,5"], /comma/],
  ["an argument too many", [...TO_CHARLIE, "--amount", "1", "2"], /unexpected argument "2"/],
];

for (const [what, args, message] of WRONG_USES) {
  test(`transfer refuses ${what} before it speaks to a chain`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
      const { code, out, error } = await runWallet(transferCommand, system, [...args, "--yes"]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(error, /^error: [^\n]*\n$/);
      assert.match(error, message);
      assert.isEmpty(system.chainChoices);
    });
  });
}

test("transfer without a wallet fails before it speaks to a chain", async () => {
  await withWallet({}, async ({ system }) => {
    const args = [...TO_CHARLIE, "--amount", "1", "--yes", "--wallet.name", "other"];
    const { code, error } = await runWallet(transferCommand, system, args);
    assert.equal(code, 1);
    assert.match(error, /wallet "other" has no coldkey/);
    assert.isEmpty(system.chainChoices);
  });
});
