import { test } from "#test";
import { assert } from "chai";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { verifySignature } from "../../../core/wallet/verify.ts";
import { signCommand } from "../../../headless/wallet/sign.ts";
import { verifyCommand } from "../../../headless/wallet/verify.ts";
import {
  type FakeWalletOptions,
  fakeWalletSystem,
  jsonLines,
  runWallet,
  type WalletRun,
} from "./fake_wallet_system.ts";
import { ALICE, BOB, makeWallet } from "./test_wallet.ts";
import { withTempFolder } from "../temp_folder.ts";
import * as known from "../../wallet/fixtures.ts";

type Run = (...args: string[]) => Promise<WalletRun>;

/** Hands a body both commands in a home with the wallet of the development keys. */
async function withWallet(
  options: FakeWalletOptions,
  body: (sign: Run, verify: Run) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir, options);
    await makeWallet(system);
    await body(
      (...args) => runWallet(signCommand, system, args),
      (...args) => runWallet(verifyCommand, system, args),
    );
  });
}

const OUTPUT = /^Signature: 0x([0-9a-f]{128})\nAddress: (\w+)\n$/;

/** The signature and address that sign printed. */
function printed({ code, out, error }: WalletRun): { signature: string; address: string } {
  assert.equal(code, 0, error);
  const [, signature, address] = OUTPUT.exec(out) ?? assert.fail(out);
  return { signature, address };
}

function isOf(message: Uint8Array, { signature, address }: ReturnType<typeof printed>): boolean {
  return verifySignature(message, Uint8Array.fromHex(signature), address);
}

test("sign signs with the coldkey, or with the hotkey where that is asked for", async () => {
  await withWallet({}, async (sign) => {
    const message = new TextEncoder().encode("hello");
    const cases: [string[], string][] = [
      [[], ALICE],
      [["--no-use-hotkey"], ALICE],
      [["--use-hotkey"], BOB],
      [["--use_hotkey", "--wallet.hotkey", "default"], BOB],
    ];
    for (const [args, signer] of cases) {
      const result = printed(await sign("--message", "hello", ...args));
      assert.equal(result.address, signer);
      assert.isTrue(isOf(message, result));
    }
  });
});

test("sign takes a message behind 0x for bytes, and any other for UTF-8", async () => {
  await withWallet({}, async (sign) => {
    const cases: [string, Uint8Array][] = [
      ["0x00ff", Uint8Array.of(0, 0xff)],
      ["0x", new Uint8Array()],
      ["00ff", new TextEncoder().encode("00ff")],
      ["τ ü\n", new TextEncoder().encode("τ ü\n")],
    ];
    for (const [text, bytes] of cases) {
      assert.isTrue(isOf(bytes, printed(await sign("--message", text))), text);
    }
  });
});

test("sign refuses 0x with what is no hex, before it asks for a password", async () => {
  await withWallet({ answers: [] }, async (sign) => {
    for (const text of ["0xabc", "0xzz", "0x 00"]) {
      assert.equal((await sign("--message", text)).code, 2);
    }
  });
});

test("sign asks for a message that is not given, and without a terminal that is wrong use", async () => {
  await withWallet({ answers: ["typed"] }, async (sign) => {
    assert.isTrue(isOf(new TextEncoder().encode("typed"), printed(await sign())));
  });
  await withWallet({}, async (sign) => {
    const { code, error } = await sign();
    assert.equal(code, 2);
    assert.include(error, "--message");
  });
});

test("sign --json tells message, signature and address", async () => {
  await withWallet({}, async (sign) => {
    const [{ signature, ...others }] = jsonLines((await sign("--json", "--message", "hi")).out);
    assert.match(String(signature), /^0x[0-9a-f]{128}$/);
    assert.deepEqual(others, { message: "hi", address: ALICE });
  });
});

test("sign with a key that is not there fails and names it", async () => {
  await withWallet({}, async (sign) => {
    const { code, error } = await sign(
      ...["--message", "x", "--use-hotkey", "--wallet.hotkey", "none"],
    );
    assert.equal(code, 1);
    assert.include(error, 'has no hotkey "none"');
  });
});

test("verify answers 0 for what sign signed, by address or public key, with 0x or without", async () => {
  await withWallet({}, async (sign, verify) => {
    const { signature } = printed(await sign("--message", "hello"));
    for (const shown of [signature, `0x${signature}`, signature.toUpperCase()]) {
      for (
        const who of [["--address", ALICE], ["--public-key", known.ALICE.publicKey], [
          "--public_key",
          `0x${known.ALICE.publicKey}`,
        ]]
      ) {
        const { code, out } = await verify("--message", "hello", "--signature", shown, ...who);
        assert.equal(code, 0);
        assert.equal(out, `The signature is right: ${ALICE} signed this message.\n`);
      }
    }
  });
});

test("verify answers 1 for another message, another signer and a changed signature", async () => {
  await withWallet({}, async (sign, verify) => {
    const { signature } = printed(await sign("--message", "hello"));
    const changed = (signature.startsWith("00") ? "01" : "00") + signature.slice(2);
    const cases = [
      ["--message", "Hello", "--signature", signature, "--address", ALICE],
      ["--message", "hello", "--signature", signature, "--address", BOB],
      ["--message", "hello", "--signature", changed, "--address", ALICE],
      ["--message", "hello", "--signature", "00".repeat(64), "--address", ALICE],
    ];
    for (const args of cases) {
      const { code, out } = await verify(...args);
      assert.equal(code, 1);
      assert.match(out, /^The signature is wrong: /);
    }
  });
});

test("verify knows what a wallet extension signed, which wraps the message", async () => {
  await withWallet({}, async (_, verify) => {
    await readyKeys();
    const wrapped = new TextEncoder().encode("<Bytes>hello</Bytes>");
    const signature = Keypair.fromUri("//Alice").signSync(wrapped).toHex();
    const args = ["--message", "hello", "--signature", signature, "--address", ALICE];
    assert.equal((await verify(...args)).code, 0);
  });
});

test("verify --json tells whether the signature is right", async () => {
  await withWallet({}, async (sign, verify) => {
    const { signature } = printed(await sign("--message", "hello"));
    const rest = ["--signature", signature, "--address", ALICE, "--json"];
    assert.deepEqual(jsonLines((await verify("--message", "hello", ...rest)).out), [
      { message: "hello", address: ALICE, verified: true },
    ]);
    const wrong = await verify("--message", "other", ...rest);
    assert.equal(wrong.code, 1);
    assert.isFalse(jsonLines(wrong.out)[0].verified);
  });
});

test("verify with a missing or malformed argument is wrong use", async () => {
  await withWallet({}, async (_, verify) => {
    const [message, signature] = [["--message", "x"], ["--signature", "00".repeat(64)]];
    const address = ["--address", ALICE];
    const cases = [
      [...signature, ...address],
      [...message, ...address],
      [...message, ...signature],
      [...message, "--signature", "00".repeat(63), ...address],
      [...message, "--signature", "zz".repeat(64), ...address],
      [...message, ...signature, "--address", ALICE.slice(1)],
      [...message, ...signature, "--public-key", "00"],
      [...message, ...signature, ...address, "--public-key", known.DEV.publicKey],
      ["--message", "0xzz", ...signature, ...address],
    ];
    for (const args of cases) {
      const { code, out } = await verify(...args);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
    }
  });
});
