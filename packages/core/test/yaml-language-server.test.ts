import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { specFields } from "../src/index.ts";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";

// Editors ask a language server; this is the one behind the YAML extensions of VS Code, Neovim, Emacs and others.
const server = join(
  dirname(createRequire(import.meta.url).resolve("yaml-language-server/package.json")),
  "bin/yaml-language-server",
);
const schema = pathToFileURL(join(import.meta.dirname, "../schema/image-spec.schema.json")).href;

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}
interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}
interface Completion {
  readonly label: string;
  readonly documentation?: string | { readonly value: string };
}

/** A client that speaks just enough of the protocol: JSON-RPC in frames with a Content-Length. */
class LanguageClient {
  readonly #process: ChildProcess;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #diagnostics = new Map<string, (found: readonly Diagnostic[]) => void>();
  #buffer = Buffer.alloc(0);
  #lastId = 0;

  constructor() {
    this.#process = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.#process.stdout?.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      for (let message = this.#next(); message !== undefined; message = this.#next()) this.#receive(message);
    });
  }

  #next(): Message | undefined {
    const end = this.#buffer.indexOf("\r\n\r\n");
    const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.toString("latin1", 0, Math.max(0, end)))?.[1]);
    if (end < 0 || this.#buffer.length < end + 4 + length) return undefined;
    const body = this.#buffer.toString("utf8", end + 4, end + 4 + length);
    this.#buffer = this.#buffer.subarray(end + 4 + length);
    return JSON.parse(body) as Message;
  }

  #receive({ id, method, params, ...rest }: Message): void {
    if (method === "textDocument/publishDiagnostics") {
      const { uri, diagnostics } = params as { readonly uri: string; readonly diagnostics: readonly Diagnostic[] };
      this.#diagnostics.get(uri)?.(diagnostics);
    } else if (method === "workspace/configuration") {
      const { items } = params as { readonly items: readonly { readonly section?: string }[] };
      const yaml = { validate: true, hover: true, completion: true, schemaStore: { enable: false } };
      this.#send({ id: id ?? 0, result: items.map(({ section }) => (section === "yaml" ? yaml : {})) });
    } else if (method !== undefined) {
      if (id !== undefined) this.#send({ id, result: null });
    } else if (typeof id === "number") {
      this.#answers.get(id)?.(rest);
    }
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#process.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  async request(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#lastId;
    const answered = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  notify(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  /** Opens a document; what the server finds wrong with it. */
  async open(uri: string, text: string): Promise<readonly Diagnostic[]> {
    const found = new Promise<readonly Diagnostic[]>((resolve) => this.#diagnostics.set(uri, resolve));
    this.notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
    return found;
  }

  async close(): Promise<void> {
    await this.request("shutdown", null);
    const ended = once(this.#process, "exit");
    this.notify("exit", null);
    this.#process.stdin?.end();
    await ended;
  }
}

let client: LanguageClient;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let count = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  client = new LanguageClient();
  const rootUri = pathToFileURL(folder.path).href;
  await client.request("initialize", {
    processId: process.pid,
    rootUri,
    capabilities: {
      textDocument: {
        completion: { completionItem: { documentationFormat: ["markdown"] } },
        hover: { contentFormat: ["markdown"] },
      },
      workspace: { configuration: true },
    },
    workspaceFolders: [{ uri: rootUri, name: "specs" }],
  });
  client.notify("initialized", {});
});
afterAll(async () => {
  await client?.close();
  await folder?.[Symbol.asyncDispose]();
});

/** Opens a spec as a person has it: with the line that names the schema. Line 0 is that line. */
async function openSpec(text: string): Promise<{ readonly uri: string; readonly found: readonly Diagnostic[] }> {
  const file = join(folder.path, `spec-${++count}.yaml`);
  const whole = `# yaml-language-server: $schema=${schema}\n${text}`;
  await writeFile(file, whole);
  const uri = pathToFileURL(file).href;
  return { uri, found: await client.open(uri, whole) };
}

async function complete(text: string, line: number, character: number): Promise<readonly Completion[]> {
  const { uri } = await openSpec(text);
  const result = await client.request("textDocument/completion", {
    textDocument: { uri },
    position: { line, character },
  });
  return Array.isArray(result) ? result : (result as { readonly items: readonly Completion[] }).items;
}

const documentation = ({ documentation: text }: Completion) => (typeof text === "string" ? text : (text?.value ?? ""));

describe("an editor", () => {
  test.each([
    ["a misspelt field", "name: acme/train\npackage: [numpy]\n", 2, /package/],
    ["a value of another type", "packages: numpy\n", 1, /type/i],
    ["a number for a Python version", "pythonVersion: 3.10\n", 1, /type/i],
    ["a value that is none of the choices", "profile: flytkit\n", 1, /flytekit/],
    ["a text without the form of its field", "platform: amd64\n", 1, /pattern|platform/i],
    ["a misspelt field further in", "commands:\n  - run: make\n    aftr: system\n", 3, /aftr/],
  ])("marks %s", async (_, text, line, message) => {
    const { found } = await openSpec(text);
    expect(found.map((one) => one.message).join("\n")).toMatch(message);
    expect(found.map((one) => one.range.start.line)).toContain(line);
  });

  test("marks nothing in the examples of the reference", async () => {
    const page = await readFile(join(import.meta.dirname, "../../../docs/reference/image-spec.md"), "utf8");
    const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect((await openSpec(example)).found, example).toEqual([]);
  });

  test("proposes every field, with its description", async () => {
    const proposals = await complete("\n", 1, 0);
    for (const [name, { description }] of Object.entries(specFields)) {
      const proposal = proposals.find(({ label }) => label === name);
      expect(proposal, name).toBeDefined();
      expect(documentation(proposal!), name).toContain(description.slice(0, 30));
    }
  });

  test("proposes the values of a choice, and the fields of what is further in", async () => {
    const profiles = await complete("profile: \n", 1, 9);
    expect(profiles.map(({ label }) => label)).toEqual(expect.arrayContaining(["imagespec", "flytekit"]));
    const inside = await complete("commands:\n  - run: make\n    \n", 3, 4);
    expect(inside.map(({ label }) => label)).toContain("after");
  });

  test("shows the description of the field under the pointer", async () => {
    const { uri } = await openSpec("packages:\n  - numpy\n");
    const hover = await client.request("textDocument/hover", {
      textDocument: { uri },
      position: { line: 1, character: 3 },
    });
    expect(JSON.stringify(hover)).toContain("Their order is kept");
  });
});
