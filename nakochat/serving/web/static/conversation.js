// One conversation: a tree of messages, of which the page shows the path that ends at `leaf`.  Values only, no page.
//
//   {id, title, created, updated, system, leaf, forgotten, messages: {id: message}}
//   message: {id, parent, role: "user" | "assistant", parts: [{type: "text" | "python" | "output", text}],
//             model, finish, tokens}
//
// An edited question and a repeated answer are siblings: nothing that was said is overwritten.

export const newId = () =>
  `m${[...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

export function newConversation(system = "") {
  const now = Date.now();
  return { id: newId(), title: "", created: now, updated: now, system, leaf: null, forgotten: 0, messages: {} };
}

/** The messages from the first to the one named, in order. */
export function pathTo(conversation, id) {
  const path = [];
  for (let at = conversation.messages[id]; at; at = conversation.messages[at.parent]) path.unshift(at);
  return path;
}

/** What is on the page. */
export const shownPath = (conversation) => pathTo(conversation, conversation.leaf);

export const childrenOf = (conversation, id) =>
  Object.values(conversation.messages).filter((message) => message.parent === id);

/** The message and the others in its place, oldest first. */
export const siblingsOf = (conversation, message) => childrenOf(conversation, message.parent);

/** Add a message under a parent (null: the beginning) and show it. */
export function addMessage(conversation, parent, role, fields = {}) {
  const message = { id: newId(), parent, role, parts: [], ...fields };
  conversation.messages[message.id] = message;
  conversation.leaf = message.id;
  conversation.updated = Date.now();
  return message;
}

/** Show the branch that goes through a message: down along its newest children. */
export function showBranch(conversation, message) {
  let last = message;
  for (let next; (next = childrenOf(conversation, last.id).at(-1)); ) last = next;
  conversation.leaf = last.id;
}

/** Take a message out with all that follows it.  A sibling comes in its place, else the path ends before it. */
export function removeMessage(conversation, message) {
  const place = siblingsOf(conversation, message);
  const other = place[place.indexOf(message) - 1] ?? place[place.indexOf(message) + 1];
  const removed = [message];
  for (const one of removed) removed.push(...childrenOf(conversation, one.id));
  for (const one of removed) delete conversation.messages[one.id];
  if (other) showBranch(conversation, other);
  else conversation.leaf = message.parent;
  conversation.updated = Date.now();
}

/** The words of a message, without tool calls. */
export const textOf = (message) =>
  message.parts.filter((part) => part.type === "text").map((part) => part.text).join("");

/** Put a piece at the end of an answer. */
export function growAnswer(message, { kind, text }) {
  const last = message.parts.at(-1);
  if (last?.type === kind) last.text += text;
  else message.parts.push({ type: kind, text });
}

/** An answer that was stopped in a tool call has no use for the half. */
export function closeAnswer(message) {
  if (message.parts.at(-1)?.type === "python") message.parts.pop();
}

/** What the conversation is called: its title, else how it begins. */
export function titleOf(conversation) {
  if (conversation.title) return conversation.title;
  const first = shownPath(conversation)[0];
  return first ? textOf(first).replace(/\s+/gu, " ").trim().slice(0, 60) : "";
}

/** A path as the server reads it, without the first `forgotten` messages; questions left unanswered are joined. */
export function requestMessages(conversation, path, forgotten = 0) {
  const messages = [];
  for (const { role, parts } of path.slice(forgotten)) {
    if (!parts.length) continue;
    const last = messages.at(-1);
    if (role === "assistant") messages.push({ role, content: parts });
    else if (last?.role === "user") last.content += `\n\n${textOf({ parts })}`;
    else messages.push({ role, content: textOf({ parts }) });
  }
  if (conversation.system.trim()) messages.unshift({ role: "system", content: conversation.system.trim() });
  return messages;
}
