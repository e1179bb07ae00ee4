import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import type { Command } from "../../../headless/command.ts";
import type { Flags } from "../../../headless/flags.ts";
import { parseKeyRecord } from "../../../core/wallet/key_record.ts";
import { listCommand } from "../../../headless/wallet/list.ts";
import { newColdkeyCommand } from "../../../headless/wallet/new_coldkey.ts";
import { newHotkeyCommand } from "../../../headless/wallet/new_hotkey.ts";
import { regenColdkeyCommand } from "../../../headless/wallet/regen_coldkey.ts";
import { regenHotkeyCommand } from "../../../headless/wallet/regen_hotkey.ts";
import { signCommand } from "../../../headless/wallet/sign.ts";
import type { WalletSystem } from "../../../headless/wallet/system.ts";
import { WalletFolder } from "../../../headless/wallet/wallet_folder.ts";
import { type FakeWalletSystem, fakeWalletSystem, runWallet } from "./fake_wallet_system.ts";
import { ansibleKeyfile, PASSWORD } from "./sealed_file.ts";
import { namesIn, withTempFolder } from "../temp_folder.ts";
import { DEV } from "../../wallet/fixtures.ts";

const PLAIN = "--no-use-password";

/** All secrets in the keyfiles of a wallet that are not encrypted, as they may be written. */
function secretsIn({ dir }: WalletFolder): string[] {
  const files = [
    join(dir, "coldkey"),
    ...namesIn(join(dir, "hotkeys")).map((name) => join(dir, "hotkeys", name)),
  ];
  return files.flatMap((file) => {
    const bytes = Deno.readFileSync(file);
    if (new TextDecoder().decode(bytes).startsWith("$")) return [];
    const { secretPhrase, secretSeed, privateKey } = parseKeyRecord(bytes).secrets();
    return [secretPhrase, secretSeed?.toHex(), privateKey?.toHex()].filter((each) =>
      each !== undefined
    );
  });
}

/** Everything that all commands showed and asked. */
class Ears {
  heard = "";

  constructor(readonly system: FakeWalletSystem) {}

  async run<F extends Flags>(
    command: (system: WalletSystem) => Command<F>,
    ...args: string[]
  ): Promise<number> {
    const { code, out, error } = await runWallet(command, this.system, args);
    this.heard += out + error;
    return code;
  }

  all(): string {
    return [this.heard, ...this.system.said, ...this.system.questions].join("\n");
  }
}

function assertUnheard(heard: string, secrets: readonly string[]): void {
  assert.isNotEmpty(secrets);
  for (const secret of secrets) {
    assert.notInclude(heard.toLowerCase(), secret.toLowerCase());
  }
}

test("commands that make, list and use keys with --json show no secret", async () => {
  await withTempFolder(async (dir) => {
    const ears = new Ears(fakeWalletSystem(dir));
    const wallet = new WalletFolder(ears.system.walletsDir, "default");
    await ears.run(newColdkeyCommand, PLAIN, "--json");
    await ears.run(newHotkeyCommand, "--json");
    await ears.run(regenHotkeyCommand, "--json", "--seed", DEV.seed, "--wallet.hotkey", "dev");
    await ears.run(listCommand, "--json");
    await ears.run(listCommand);
    await ears.run(signCommand, "--json", "--message", "x");
    await ears.run(signCommand, "--message", "x", "--use-hotkey");
    const secrets = secretsIn(wallet);
    assert.lengthOf(secrets, 8);
    assertUnheard(ears.all(), secrets);
  });
});

test("without --json a new key's mnemonic is shown and no other form of its secret", async () => {
  await withTempFolder(async (dir) => {
    const ears = new Ears(fakeWalletSystem(dir));
    await ears.run(newColdkeyCommand, PLAIN);
    await ears.run(newHotkeyCommand);
    const wallet = new WalletFolder(ears.system.walletsDir, "default");
    const [shown, hidden] = [/ /, /^[0-9a-f]+$/].map((form) =>
      secretsIn(wallet).filter((secret) => form.test(secret))
    );
    for (const mnemonic of shown) assert.include(ears.all(), mnemonic);
    assert.lengthOf(shown, 2);
    assertUnheard(ears.all(), hidden);
  });
});

test("a key that is made again shows nothing of what it was made of", async () => {
  await withTempFolder(async (dir) => {
    const answers = [DEV.phrase];
    const ears = new Ears(fakeWalletSystem(dir, { answers }));
    await ears.run(regenColdkeyCommand, PLAIN);
    await ears.run(regenHotkeyCommand, "--mnemonic", DEV.phrase);
    await ears.run(regenHotkeyCommand, "--mnemonic", DEV.phrase);
    await ears.run(regenHotkeyCommand, "--mnemonic", DEV.phrase, "--seed", DEV.seed);
    assertUnheard(ears.all(), [DEV.phrase, DEV.seed, DEV.privateKey]);
  });
});

test("commands that fail show no secret of a damaged keyfile, and no password", async () => {
  await withTempFolder(async (dir) => {
    const environment = { BT_COLD_PW_DEFAULT: "wrong-password-1" };
    const ears = new Ears(fakeWalletSystem(dir, { answers: [], environment }));
    const wallet = new WalletFolder(ears.system.walletsDir, "default");
    await ears.run(regenColdkeyCommand, PLAIN, "--mnemonic", DEV.phrase);
    const text = Deno.readTextFileSync(wallet.coldkeyFile);
    const damages = [
      text.slice(0, -1),
      text.replace(DEV.address, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
      text.replace(DEV.phrase, DEV.phrase.replace("walk", "abandon")),
      text.replace(DEV.seed, DEV.seed.slice(1)).replace(`"secretPhrase":"${DEV.phrase}",`, ""),
      text.replaceAll('"', "'"),
    ];
    for (const damage of damages) {
      Deno.writeTextFileSync(wallet.coldkeyFile, damage);
      await ears.run(signCommand, "--message", "x");
      Deno.removeSync(wallet.coldkeypubFile);
      await ears.run(listCommand);
      Deno.writeTextFileSync(wallet.coldkeypubFile, "");
    }
    Deno.writeFileSync(wallet.coldkeyFile, await ansibleKeyfile(new TextEncoder().encode(text)));
    assert.equal(await ears.run(signCommand, "--message", "x"), 1);
    const words = DEV.phrase.split(" ").slice(0, 3).join(" ");
    assertUnheard(ears.all(), [
      words,
      DEV.seed.slice(1),
      DEV.privateKey,
      "wrong-password-1",
      PASSWORD,
    ]);
  });
});
