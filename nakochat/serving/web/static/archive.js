// Conversations <-> files: JSON that keeps every branch, Markdown that reads well.
//
// A conversation in JSON is {title, created, updated, system, messages: [{role, content}], tree: [message, …], leaf}.
// `messages` is the path that was shown, in the shape that other programs and `nako train` read; `tree` is all of it.

import { addMessage, newConversation, newId, shownPath, titleOf } from "/conversation.js";
import { say } from "/words.js";

/** A file that cannot be read as conversations. */
export class UnreadableFile extends Error {}

export function toJson(conversations) {
  return JSON.stringify({ format: "nakochat", version: 1, conversations: conversations.map(exported) }, null, 2) + "\n";
}

function exported(conversation) {
  const { title, created, updated, system, leaf, forgotten, messages } = conversation;
  const shown = shownPath(conversation).map(({ role, parts }) => ({ role, content: contentOf(role, parts) }));
  if (system) shown.unshift({ role: "system", content: system });
  return { title: title || titleOf(conversation), created, updated, system, messages: shown, tree: Object.values(messages), leaf, forgotten };
}

const isPlain = (parts) => parts.length === 1 && parts[0].type === "text";
const contentOf = (role, parts) => (role === "user" || isPlain(parts) ? parts.map(({ text }) => text).join("") : parts);

/** A file's text -> conversations with new names, so that nothing here is overwritten.  Throws UnreadableFile. */
export function readArchive(text) {
  const isMarkdown = MARK.test(text);
  const found = isMarkdown ? [readMarkdown(text)] : readJson(text).map(imported);
  if (!found.length) throw new UnreadableFile(say("파일에 대화가 없어요.", "There is no conversation in the file."));
  return found;
}

function readJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    try {
      value = text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line)); // JSON lines
    } catch {
      throw new UnreadableFile(say("JSON도, 여기서 내보낸 Markdown도 아니에요.", "Neither JSON nor Markdown exported from here."));
    }
  }
  return Array.isArray(value) ? value : value?.conversations ?? [value];
}

function need(holds) {
  if (!holds) {
    throw new UnreadableFile(
      say('대화의 모양이 아니에요. {"messages": [{"role": "user", "content": "…"}, …]} 여야 해요.', 'Not a conversation: it must look like {"messages": [{"role": "user", "content": "…"}, …]}.'),
    );
  }
}

const isText = (value) => typeof value === "string";
const timeOf = (value) => (Number.isFinite(value) && value > 0 && value < 8.64e15 ? value : Date.now());

function imported(value) {
  need(value && typeof value === "object" && Array.isArray(value.messages));
  const conversation = newConversation(isText(value.system) ? value.system : "");
  if (isText(value.title)) conversation.title = value.title.slice(0, 100);
  if (Array.isArray(value.tree)) plantTree(conversation, value);
  else plantPath(conversation, value.messages);
  conversation.created = timeOf(value.created);
  conversation.updated = timeOf(value.updated);
  return conversation;
}

function plantPath(conversation, messages) {
  for (const message of messages) {
    need(message && ["system", "developer", "user", "assistant"].includes(message.role));
    const parts = isText(message.content) ? [{ type: "text", text: message.content }] : partsOf(message.content);
    if (message.role === "user" || message.role === "assistant") addMessage(conversation, conversation.leaf, message.role, { parts });
    else conversation.system = [conversation.system, parts.map(({ text }) => text).join("")].filter(Boolean).join("\n");
  }
}

function plantTree(conversation, { tree, leaf, forgotten }) {
  const names = new Map([[null, null]]);
  for (const { id, parent, role, parts, model, finish, tokens } of tree) {
    need(isText(id) && !names.has(id) && names.has(parent) && ["user", "assistant"].includes(role));
    const message = { id: newId(), parent: names.get(parent), role, parts: partsOf(parts) };
    if (isText(model)) message.model = model;
    if (isText(finish)) message.finish = finish;
    if (Array.isArray(tokens)) message.tokens = tokens.map(tokenOf);
    names.set(id, message.id);
    conversation.messages[message.id] = message;
  }
  need(names.has(leaf ?? null));
  conversation.leaf = names.get(leaf ?? null);
  conversation.forgotten = Number.isInteger(forgotten) && forgotten > 0 ? forgotten : 0;
}

function partsOf(parts) {
  need(Array.isArray(parts));
  return parts.map((part) => {
    need(part && ["text", "python", "output"].includes(part.type) && isText(part.text));
    return { type: part.type, text: part.text };
  });
}

function tokenOf(value) {
  const isBytes = (bytes) => Array.isArray(bytes) && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  const one = (token) => {
    need(token && isText(token.token) && Number.isFinite(token.logprob));
    return { token: token.token, bytes: isBytes(token.bytes) ? token.bytes : null, logprob: token.logprob };
  };
  return { ...one(value), top: Array.isArray(value.top) ? value.top.map(one) : [] };
}

// In Markdown an HTML comment, which nobody sees, says who speaks.
const MARK = /^<!-- nakochat:(system|user|assistant) -->$/m;
const CALL = /^```calculator\n(.*)\n= (.*)\n```$/m;

export function toMarkdown(conversation) {
  const names = { system: say("시스템 프롬프트", "System prompt"), user: say("나", "Me"), assistant: "nakochat" };
  const section = (role, text) => `<!-- nakochat:${role} -->\n## ${names[role]}\n\n${text.replaceAll("<!-- nakochat:", "<!-- \\nakochat:")}\n`;
  const sections = shownPath(conversation).map(({ role, parts }) => section(role, parts.map(partText).join("")));
  if (conversation.system) sections.unshift(section("system", conversation.system));
  return [`# ${titleOf(conversation)}\n`, ...sections].join("\n");
}

function partText({ type, text }) {
  if (type === "python") return `\`\`\`calculator\n${text}\n`;
  return type === "output" ? `= ${text}\n\`\`\`\n` : text;
}

function readMarkdown(text) {
  const [head, ...rest] = text.replaceAll("\r\n", "\n").split(new RegExp(MARK.source, "gm"));
  const conversation = newConversation();
  conversation.title = (head.match(/^# (.+)$/m)?.[1] ?? "").slice(0, 100);
  const messages = [];
  for (let at = 0; at < rest.length; at += 2) {
    const words = rest[at + 1].replace(/^\n## .*\n/, "").trim().replaceAll("<!-- \\nakochat:", "<!-- nakochat:");
    messages.push({ role: rest[at], content: rest[at] === "assistant" ? readParts(words) : words });
  }
  plantPath(conversation, messages);
  return conversation;
}

function readParts(words) {
  const pieces = words.split(new RegExp(`${CALL.source}\\n?`, "m")); // text, call, result, text, …
  const kinds = ["text", "python", "output"];
  return pieces.map((text, at) => ({ type: kinds[at % 3], text })).filter(({ type, text }) => type !== "text" || text);
}
