// A request -> the pieces of the server's answer.

/** What the server refused.  `status` is HTTP's, `code` the API's, `wait` the seconds it asks to wait, where it does. */
export class Refused extends Error {
  constructor(message, { status = 0, code = null, wait = null } = {}) {
    super(message);
    Object.assign(this, { status, code, wait });
  }
}

/** The server does not answer, or stopped in the middle. */
export class Unreachable extends Error {}

/** The promise's value; a broken connection becomes Unreachable, a stop by the reader stays an AbortError. */
const reached = (promise) =>
  promise.catch((error) => {
    throw error.name === "AbortError" ? error : new Unreachable();
  });

async function request(path, key, options = {}) {
  // a header carries no Hangul, and no key has any
  if (key && !/^[\x21-\x7e]+$/.test(key)) throw new Refused("", { status: 401 });
  const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const response = await reached(fetch(path, { ...options, headers }));
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({})); // a proxy's error page is no JSON
  throw refusal(error, { status: response.status, retry_after: response.headers.get("retry-after") });
}

const refusal = (error, { status, retry_after }) =>
  new Refused(error?.message ?? `HTTP ${status}`, { status, code: error?.code ?? null, wait: Number.parseInt(retry_after, 10) || null });

/** What the server has: [{id, max_model_len, …}]. */
export async function servedModels(key) {
  const body = await (await request("/v1/models", key)).json();
  return body.data;
}

/**
 * Yields {kind: "text" | "python" | "output", text}, {tokens: […]} where `body` asks for logprobs, and once {finish}.
 * Throws Refused, Unreachable, or AbortError when `signal` stopped it.
 */
export async function* answer(body, key, signal) {
  const headers = { "Content-Type": "application/json" };
  const text = JSON.stringify({ ...body, stream: true });
  const response = await request("/v1/chat/completions", key, { method: "POST", headers, body: text, signal });
  for await (const data of events(response.body)) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data);
    if (chunk.error) throw refusal(chunk.error, chunk.error); // too late for a status of the response
    const choice = chunk.choices[0];
    if (!choice) continue;
    const { content, nako } = choice.delta;
    if (nako) yield nako;
    else if (content) yield { kind: "text", text: content };
    if (choice.logprobs?.content?.length) yield { tokens: choice.logprobs.content };
    if (choice.finish_reason) yield { finish: choice.finish_reason };
  }
  throw new Unreachable(); // without [DONE] the answer is not whole
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
      if (line.startsWith("data: ")) yield line.slice("data: ".length).trimEnd();
    }
  }
}
