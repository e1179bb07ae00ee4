import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import {
  legacyPasswordVariable,
  obscurePassword,
  passwordVariable,
  revealPassword,
} from "../../core/wallet/environment_password.ts";
import { messageOf } from "./fixtures.ts";

const NAME = "BT_PW__HOME_U__BITTENSOR_WALLETS_DEFAULT_COLDKEY";

test("the variable is named after the keyfile's path", () => {
  assert.strictEqual(passwordVariable("/home/u/.bittensor/wallets/default/coldkey"), NAME);
  assert.strictEqual(passwordVariable("/a-b/x.y/hotkeys/h1"), "BT_PW__A-B_X_Y_HOTKEYS_H1");
  assert.strictEqual(passwordVariable("~/wallets/ü"), "BT_PW_~_WALLETS_Ü");
});

test("the Python era's variable is named after the wallet", () => {
  assert.strictEqual(legacyPasswordVariable("default"), "BT_COLD_PW_DEFAULT");
  assert.strictEqual(legacyPasswordVariable("my-cold-wallet"), "BT_COLD_PW_MY_COLD_WALLET");
});

test("the vector's password is obscured and revealed", () => {
  assert.strictEqual(obscurePassword("testpassword123", NAME), "NjEsJCc+LDs4Ijc7ZG1s");
  assert.strictEqual(revealPassword("NjEsJCc+LDs4Ijc7ZG1s", NAME), "testpassword123");
});

test("a line end that a shell left behind the value is cut off", () => {
  assert.strictEqual(revealPassword("NjEsJCc+LDs4Ijc7ZG1s\n", NAME), "testpassword123");
});

const PASSWORDS = {
  "longer than the variable's name": "correct horse battery staple ".repeat(4),
  "not ASCII": "pässwörd 密码 🔑",
  "of one letter": "x",
  "with spaces around it": " x ",
  "with a byte order mark": "\ufeffx",
};

for (const [what, password] of Object.entries(PASSWORDS)) {
  test(`a password ${what} comes back as it was`, () => {
    for (const variable of [NAME, "BT_PW_~_WALLETS_Ü"]) {
      assert.strictEqual(revealPassword(obscurePassword(password, variable), variable), password);
    }
  });
}

test("a value that is not in this coding is refused by the variable's name, and not shown", () => {
  for (const value of ["testpassword123", "NjEsJCc+LDs4Ijc7ZG1", "!!!!", "vb7/vb7/"]) {
    assert.throws(() => revealPassword(value, NAME), WeftError, NAME);
    assert.notInclude(messageOf(() => revealPassword(value, NAME)), value);
  }
});
