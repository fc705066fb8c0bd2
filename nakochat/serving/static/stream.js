// A conversation -> the pieces of the server's answer.

/** An error that the server put in words; `code` is for programs. */
export class ServerError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** The server does not answer, or stopped in the middle. */
export class Unreachable extends Error {}

/** The promise's value; a broken connection becomes Unreachable, a stop by the user stays an AbortError. */
const reached = (promise) =>
  promise.catch((error) => {
    throw error.name === "AbortError" ? error : new Unreachable();
  });

/** What the server is called and holds: {id, max_model_len}. */
export async function servedModel() {
  const response = await reached(fetch("/v1/models"));
  if (!response.ok) throw new ServerError(response.statusText, null);
  return (await response.json()).data[0];
}

/**
 * Yields {kind: "text" | "python" | "output", text} and at the end {finish}.
 * Throws ServerError for what the server refuses, Unreachable, or AbortError when stopped.
 */
export async function* answer(messages, signal) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ messages, stream: true });
  const response = await reached(fetch("/v1/chat/completions", { method: "POST", headers, body, signal }));
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({})); // a proxy's error page is no JSON
    throw new ServerError(error?.message ?? `HTTP ${response.status}`, error?.code ?? null);
  }
  let isWhole = false;
  for await (const data of events(response.body)) {
    if (data === "[DONE]") {
      isWhole = true;
      break;
    }
    const chunk = JSON.parse(data);
    if (chunk.error) throw new ServerError(chunk.error.message, chunk.error.code);
    const choice = chunk.choices[0];
    if (!choice) continue;
    const { content, nako } = choice.delta;
    if (nako) yield nako;
    else if (content) yield { kind: "text", text: content };
    if (choice.finish_reason) yield { finish: choice.finish_reason };
  }
  if (!isWhole) throw new Unreachable();
}

/** The data of server-sent events, each in one line, as the server writes them. */
async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder(); // keeps the bytes of a syllable that a packet cut in two
  let rest = "";
  for (;;) {
    const { value, done } = await reached(reader.read());
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: ")) yield line.slice("data: ".length);
    }
  }
}
