import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { obscurePassword } from "../../../core/wallet/environment_password.ts";
import { newPassword } from "../../../headless/wallet/new_password.ts";
import {
  type FakeWalletOptions,
  type FakeWalletSystem,
  fakeWalletSystem,
} from "./fake_wallet_system.ts";

const PASSWORD = "weft-Test-7";
const FILE = "/w/my-wallet/coldkey";
const VARIABLE = "BT_PW__W_MY-WALLET_COLDKEY";

async function choose(
  options: FakeWalletOptions,
): Promise<{ password: string; system: FakeWalletSystem }> {
  const system = fakeWalletSystem("/home", options);
  return { password: await newPassword(FILE, system), system };
}

async function failure(options: FakeWalletOptions): Promise<WeftError> {
  try {
    await choose(options);
  } catch (error) {
    assert.instanceOf(error, WeftError);
    return error;
  }
  assert.fail("a password was chosen");
}

test("a new password is typed twice, unshown, and blanks around it are cut off", async () => {
  const { password, system } = await choose({ answers: [PASSWORD, `\t${PASSWORD}  `] });
  assert.equal(password, PASSWORD);
  assert.lengthOf(system.secretQuestions, 2);
  assert.include(system.secretQuestions[0], FILE);
});

test("a new password that is too weak is asked for again, and why is said", async () => {
  const { password, system } = await choose({ answers: ["", "abc", "aaaaaa", PASSWORD, PASSWORD] });
  assert.equal(password, PASSWORD);
  assert.lengthOf(system.said, 3);
  assert.isTrue(system.said.every((text) => text.startsWith("The password")));
});

test("two new passwords that differ are both asked for again", async () => {
  const { password, system } = await choose({
    answers: [PASSWORD, `${PASSWORD}8`, PASSWORD, PASSWORD],
  });
  assert.equal(password, PASSWORD);
  assert.deepEqual(system.said, ["The two passwords differ."]);
});

test("nothing that is said or asked shows a password", async () => {
  const { system } = await choose({ answers: ["abcd", PASSWORD, "else-9", PASSWORD, PASSWORD] });
  const all = [...system.said, ...system.questions].join("\n");
  for (const secret of ["abcd", PASSWORD, "else-9"]) assert.notInclude(all, secret);
});

test("the variable that will open the key chooses its password, of either era", async () => {
  const coded = { [VARIABLE]: obscurePassword(PASSWORD, VARIABLE) };
  for (const environment of [coded, { BT_COLD_PW_MY_WALLET: PASSWORD }]) {
    const { password, system } = await choose({ answers: [], environment });
    assert.equal(password, PASSWORD);
    assert.deepEqual(system.questions, []);
  }
});

test("a weak password in a variable is an error that names the variable alone", async () => {
  const weak = { [VARIABLE]: obscurePassword("abcd", VARIABLE) };
  const { message } = await failure({ answers: [PASSWORD, PASSWORD], environment: weak });
  assert.include(message, VARIABLE);
  assert.notInclude(message, "abcd");
});

test("without a terminal and a variable the error names the variables, as wrong use", async () => {
  const error = await failure({});
  assert.instanceOf(error, UsageError);
  assert.include(error.message, VARIABLE);
  assert.include(error.message, "BT_COLD_PW_MY_WALLET");
});
