/**
 * Choosing, making or importing a hotkey.
 *
 * @module
 */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import {
  createHotkey,
  exportHotkey,
  forgetHotkey,
  forgetRegistration,
  hotkey,
  hotkeys,
  importHotkey,
  newWords,
} from "./join.ts";
import { reasonOf } from "./node.ts";

/** Which form is open. */
type Form = "none" | "create" | "import" | "export";

/** See the module. */
export function HotkeyStep(): JSX.Element {
  const form = useSignal<Form>("none");
  if (newWords.value !== undefined) return <NewWords words={newWords.value} />;
  const isEmpty = hotkeys.value.length === 0;
  const shown = isEmpty && form.value === "none" ? "create" : form.value;
  return (
    <>
      {!isEmpty && <HotkeyChoice />}
      <p class="buttons">
        {shown !== "create" && (
          <button type="button" onClick={() => form.value = "create"}>Create a new one</button>
        )}
        {shown !== "import" && (
          <button type="button" onClick={() => form.value = "import"}>Import one</button>
        )}
        {!isEmpty && shown !== "export" && (
          <button
            type="button"
            onClick={() => form.value = "export"}
          >
            Export this one
          </button>
        )}
      </p>
      {shown === "export" && <ExportForm onDone={() => form.value = "none"} />}
      {(shown === "create" || shown === "import") && (
        <HotkeyForm
          kind={shown}
          onDone={() => form.value = "none"}
        />
      )}
    </>
  );
}

function HotkeyChoice(): JSX.Element {
  const asks = useSignal(false);
  const chosen = hotkey.value;
  return (
    <>
      <p class="fields">
        <label>
          hotkey
          <select
            value={chosen?.address}
            onChange={({ currentTarget }) => {
              hotkey.value = hotkeys.value.find(({ address }) => address === currentTarget.value);
              forgetRegistration();
            }}
          >
            {hotkeys.value.map(({ address, name }) => (
              <option value={address} key={address}>
                {`${name} · ${address.slice(0, 8)}…${address.slice(-6)}`}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => asks.value = true}>Forget</button>
      </p>
      {asks.value && (
        <p class="notice" role="alert">
          Forgotten means gone from this browser; its words or an export bring it back.{" "}
          <button type="button" onClick={() => forgetHotkey().finally(() => asks.value = false)}>
            Forget it
          </button>{" "}
          <button type="button" onClick={() => asks.value = false}>Keep it</button>
        </p>
      )}
    </>
  );
}

/** What {@linkcode HotkeyForm} is made with. */
interface HotkeyFormProps {
  readonly kind: "create" | "import";
  readonly onDone: () => void;
}

function HotkeyForm({ kind, onDone }: HotkeyFormProps): JSX.Element {
  const name = useSignal("default");
  const secret = useSignal("");
  const passphrase = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    isBusy.value = true;
    fault.value = "";
    try {
      if (kind === "create") await createHotkey(name.value, passphrase.value);
      else await importHotkey(name.value, secret.value, passphrase.value);
      onDone();
    } catch (error) {
      fault.value = reasonOf(error);
    } finally {
      isBusy.value = false;
      secret.value = "";
      passphrase.value = "";
    }
  };
  return (
    <form class="fields" onSubmit={submit}>
      <label>
        name
        <input
          value={name.value}
          maxLength={60}
          autocomplete="off"
          onInput={({ currentTarget }) => name.value = currentTarget.value}
        />
      </label>
      {kind === "import" && (
        <label>
          its words, or its keyfile's JSON
          <textarea
            value={secret.value}
            rows={3}
            required
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => secret.value = currentTarget.value}
          />
        </label>
      )}
      <label>
        passphrase for this browser
        <input
          type="password"
          value={passphrase.value}
          required
          autocomplete="new-password"
          onInput={({ currentTarget }) => passphrase.value = currentTarget.value}
        />
      </label>
      <button type="submit" class="primary" disabled={isBusy.value}>
        {isBusy.value ? "Sealing …" : kind === "create" ? "Create" : "Import"}
      </button>
      {fault.value !== "" && <p class="notice bad" role="alert">{fault.value}</p>}
    </form>
  );
}

/** Saves the keyfile, without a password, where btcli keeps hotkeys. */
function ExportForm({ onDone }: Pick<HotkeyFormProps, "onDone">): JSX.Element {
  const passphrase = useSignal("");
  const fault = useSignal("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    fault.value = "";
    try {
      saveFile(await exportHotkey(passphrase.value), hotkey.value?.name ?? "hotkey");
      onDone();
    } catch (error) {
      fault.value = reasonOf(error);
    } finally {
      passphrase.value = "";
    }
  };
  return (
    <form class="fields" onSubmit={submit}>
      <label>
        passphrase of this hotkey
        <input
          type="password"
          required
          autocomplete="current-password"
          value={passphrase.value}
          onInput={({ currentTarget }) => passphrase.value = currentTarget.value}
        />
      </label>
      <button type="submit" class="primary">Save its keyfile</button>
      <p class="soft">
        The file has no password, as btcli keeps hotkeys: put it into
        ~/.bittensor/wallets/NAME/hotkeys.
      </p>
      {fault.value !== "" && <p class="notice bad" role="alert">{fault.value}</p>}
    </form>
  );
}

function saveFile(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function NewWords({ words }: { readonly words: string }): JSX.Element {
  return (
    <div class="notice">
      <p>
        <b>Write these words down.</b>{" "}
        They alone bring the hotkey back if this browser's data or your passphrase is lost. They are
        not shown again.
      </p>
      <ol class="words">
        {words.split(" ").map((word, at) => <li key={at}>{word}</li>)}
      </ol>
      <p class="buttons">
        <button type="button" class="primary" onClick={() => newWords.value = undefined}>
          I have written them down
        </button>
      </p>
    </div>
  );
}
