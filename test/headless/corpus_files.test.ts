import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { UsageError, WeftError } from "../../core/errors.ts";
import { readDocuments } from "../../headless/corpus_files.ts";
import { withTempFolder } from "./temp_folder.ts";

/** The error that reading a path gives. */
async function complaint(path: string): Promise<Error> {
  try {
    await readDocuments(path);
  } catch (error) {
    assert.instanceOf(error, WeftError);
    assert.notInclude(error.message, "\n");
    return error;
  }
  assert.fail(`${path} was read`);
}

function write(dir: string, files: Record<string, string | Uint8Array<ArrayBuffer>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    Deno.writeFileSync(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
}

test("readDocuments() reads a folder in the order of paths, and passes other files over", async () => {
  await withTempFolder(async (dir) => {
    write(dir, {
      "b.txt": "3",
      "a/z.jsonl": '{"text":"1"}\n{"text":"2"}\n',
      "c.TXT": "4",
      "README.md": "no",
      ".hidden.txt": "no",
      ".git/x.txt": "no",
    });
    assert.deepEqual((await readDocuments(dir)).documents, ["1", "2", "3", "4"]);
  });
});

test("readDocuments() refuses a path that is not there", async () => {
  await withTempFolder(async (dir) => {
    const error = await complaint(join(dir, "absent.txt"));
    assert.instanceOf(error, UsageError);
    assert.include(error.message, "no such file or folder");
  });
});

test("readDocuments() refuses a folder without texts", async () => {
  await withTempFolder(async (dir) => {
    write(dir, { "a/b.md": "" });
    const error = await complaint(dir);
    assert.instanceOf(error, UsageError);
    assert.include(error.message, "no .txt and no .jsonl");
  });
});

test("readDocuments() refuses a single file of another kind", async () => {
  await withTempFolder(async (dir) => {
    write(dir, { "book.pdf": "%PDF" });
    assert.instanceOf(await complaint(join(dir, "book.pdf")), UsageError);
  });
});

test("readDocuments() refuses a file that is not UTF-8, by name", async () => {
  await withTempFolder(async (dir) => {
    write(dir, { "latin.txt": Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20) });
    assert.include((await complaint(dir)).message, "latin.txt is not text in UTF-8");
  });
});

test("readDocuments() names file and line of a broken .jsonl line", async () => {
  await withTempFolder(async (dir) => {
    write(dir, { "a.jsonl": '{"text":"1"}\n{"txt":"2"}\n' });
    assert.match((await complaint(dir)).message, /a\.jsonl, line 2/);
  });
});

test("readDocuments() reads more lines than a function takes arguments", async () => {
  await withTempFolder(async (dir) => {
    write(dir, { "a.jsonl": '{"text":"x"}\n'.repeat(200_000) });
    assert.equal((await readDocuments(dir)).documents.length, 200_000);
  });
});

test("readDocuments() names the text after its file", async () => {
  await withTempFolder(async (dir) => {
    write(dir, { "my.book.txt": "x" });
    assert.equal((await readDocuments(join(dir, "my.book.txt"))).name, "my.book");
  });
});

test("readDocuments() brings the book without a path", async () => {
  const { name, documents } = await readDocuments(undefined);
  assert.equal(name, "moby-dick");
  assert.isAbove(documents.length, 100);
});
