// The chat page: what is done on it -> conversations, their answers and what is shown.

import { Answering } from "/answering.js";
import { UnreadableFile, readArchive, toJson, toMarkdown } from "/archive.js";
import { growWithText, sendOnEnter } from "/compose.js";
import { addMessage, newConversation, removeMessage, showBranch, shownPath, textOf, titleOf } from "/conversation.js";
import { by, copyText, download, tell } from "/elements.js";
import { inWords, needsKey } from "/faults.js";
import { Kept } from "/kept.js";
import { Log } from "/log.js";
import { Shelf, load, save } from "/memory.js";
import { Settings, askKey, openSettings, toast } from "/settings.js";
import { Sidebar } from "/sidebar.js";
import { StagePicker } from "/stage_picker.js";
import { servedModels } from "/stream.js";
import { say, translate } from "/words.js";

translate();
const settings = new Settings();
const shelf = await new Shelf().open();
const kept = new Kept(shelf, await shelf.all(), () =>
  tell(by("alert"), say("이 브라우저에 자리가 없어서 대화를 간직하지 못했어요. 설정에서 내보내 두세요.", "No room in this browser to keep the conversation. Export it in the settings.")),
);
let current = kept.named(load("current", null)) ?? newConversation();

const log = new Log(by("log"), by("scroll"), {
  copy: (message) => copyText(textOf(message)),
  again: answerAgain,
  edit: ask,
  remove: (message) => change(say("지웠어요.", "Deleted."), () => removeMessage(current, message)),
  turn: (message) => {
    showBranch(current, message);
    kept.save(current);
    show();
  },
});
const sidebar = new Sidebar(by("list"), { open: openConversation, rename, remove: removeConversation });
const answering = new Answering(() => settings.request(), grow);
const stages = new StagePicker(by("model"), by("growth"), (id) => {
  settings.model = id;
  settings.keep();
});
const box = by("text");
const fitBox = growWithText(box);

// ---- what is shown

function show() {
  log.show(current, answering.comingIn(current), settings.showsTokens);
  sidebar.show(kept.all, current.id);
  const isRunning = answering.isRunning(current);
  by("send").hidden = isRunning;
  by("stop").hidden = !isRunning;
  by("welcome").hidden = shownPath(current).length > 0;
  by("tokens").setAttribute("aria-pressed", String(settings.showsTokens));
  const title = titleOf(current);
  by("title").textContent = title || "nakochat";
  document.title = title ? `${title} · nakochat` : "nakochat";
}

function setText(text) {
  box.value = text;
  keepDraft();
  fitBox();
}

const draftName = () => `draft.${kept.has(current) ? current.id : "new"}`;
const keepDraft = () => save(draftName(), box.value);

/** Take messages out in a way that can be taken back.  What was said since stays, beside them. */
function change(words, act) {
  const conversation = current;
  const [before, leaf] = [{ ...conversation.messages }, conversation.leaf];
  answering.stop(conversation);
  act();
  kept.save(conversation);
  show();
  toast(words, () => {
    conversation.messages = { ...before, ...conversation.messages };
    conversation.leaf = leaf;
    kept.save(conversation);
    show();
  });
}

// ---- asking and answering

/** Ask under the last message; with `edited`, beside that question.  Returns whether it was taken. */
function ask(edited, text) {
  if (answering.isRunning(current)) {
    toast(say("답이 끝나면 보낼 수 있어요. Esc로 멈출 수 있어요.", "You can send when the answer has ended. Esc stops it."));
    return false;
  }
  const question = addMessage(current, edited ? edited.parent : current.leaf, "user", { parts: [{ type: "text", text }] });
  answerTo(current, question);
  save("current", current.id);
  return true;
}

function send() {
  const text = box.value.trim();
  if (!text || !ask(null, text)) return;
  save("draft.new", null);
  setText("");
}

/** Another answer beside this one; one that never came is replaced. */
function answerAgain(message) {
  if (answering.isRunning(current)) return;
  const parent = current.messages[message.parent];
  if (!message.parts.length) removeMessage(current, message);
  answerTo(current, parent);
}

async function answerTo(conversation, question) {
  const message = addMessage(conversation, question.id, "assistant", { model: settings.model ?? stages.first });
  kept.add(conversation);
  const ending = answering.fill(conversation, message);
  show();
  log.toEnd();
  try {
    await ending;
    if (!message.parts.length && message.finish !== "stopped") message.finish = "empty";
  } catch (error) {
    log.faults.set(message.id, error);
    if (needsKey(error) && (await unlock(error)) && conversation === current) answerAgain(message);
  } finally {
    conversation.updated = Date.now();
    kept.save(conversation);
    const wasAtEnd = log.isAtEnd;
    if (conversation === current) show();
    else sidebar.show(kept.all, current.id);
    if (wasAtEnd) log.toEnd();
  }
}

function grow(conversation, message) {
  kept.saveSoon(conversation);
  if (conversation === current) log.grow(message);
}

/** Ask for a key -> whether there is one now. */
async function unlock(error) {
  const key = await askKey(settings.key ? say("서버가 이 열쇠를 받지 않았어요. 다른 열쇠를 써 보세요.", "The server refused this key. Try another one.") : inWords(error));
  if (!key) return false;
  settings.key = key;
  settings.keep();
  await meetServer();
  return true;
}

// ---- conversations

function openConversation(conversation) {
  keepDraft();
  current = conversation;
  save("current", kept.has(current) ? current.id : null);
  by("drawer").close();
  show();
  log.toEnd();
  setText(load(draftName(), ""));
  if (matchMedia("(hover: hover)").matches) box.focus(); // on a phone the keyboard would cover what was opened
}

function rename(conversation, title) {
  conversation.title = title;
  kept.save(conversation);
  show();
}

function removeConversation(conversation) {
  answering.stop(conversation);
  kept.remove(conversation);
  if (conversation === current) openConversation(newConversation());
  else show();
  toast(say("대화를 지웠어요.", "Conversation deleted."), () => {
    kept.add(conversation);
    openConversation(conversation);
  });
}

// ---- files

const fileName = (conversation) => (titleOf(conversation) || "nakochat").replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40);

async function importFile(file) {
  let found;
  try {
    found = readArchive(await file.text());
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    toast(`${file.name}: ${error.message}`);
    return;
  }
  for (const conversation of found) await kept.add(conversation);
  openConversation(found[0]);
  by("settings").close();
  toast(say(`대화 ${found.length}개를 들여왔어요.`, `${found.length} conversation(s) imported.`));
}

// ---- the server

async function meetServer() {
  try {
    stages.show(await servedModels(settings.key), settings.model);
    tell(by("alert"), "");
  } catch (error) {
    if (needsKey(error)) return void (await unlock(error));
    tell(by("alert"), inWords(error));
  }
}

// ---- wiring

const wide = matchMedia("(min-width: 56rem)");
const placeChats = () => {
  by("drawer").close();
  (wide.matches ? by("beside") : by("drawer")).append(by("chats"));
};
wide.addEventListener("change", placeChats);
placeChats();
by("beside").hidden = load("aside", null) === "closed";

function toggleChats() {
  if (!wide.matches) return void (by("drawer").open ? by("drawer").close() : by("drawer").showModal());
  by("beside").hidden = !by("beside").hidden;
  save("aside", by("beside").hidden ? "closed" : null);
}
by("open-chats").addEventListener("click", toggleChats);
by("close-chats").addEventListener("click", toggleChats);
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
}

const startAnew = () => openConversation(newConversation());
by("new").addEventListener("click", startAnew);
by("stop").addEventListener("click", () => answering.stop(current));
by("form").addEventListener("submit", (event) => (event.preventDefault(), send()));
sendOnEnter(box, send);
box.addEventListener("input", keepDraft);
box.addEventListener("keydown", (event) => {
  const last = shownPath(current).findLast(({ role }) => role === "user");
  if (event.key !== "ArrowUp" || box.value || !last || answering.isRunning(current)) return;
  event.preventDefault();
  log.edit(last);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog:modal")) answering.stop(current);
  if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.code === "KeyO") (event.preventDefault(), startAnew());
});
by("tokens").addEventListener("click", () => {
  settings.showsTokens = !settings.showsTokens;
  settings.keep();
  show();
  const hasTokens = shownPath(current).some((message) => message.tokens?.length);
  if (settings.showsTokens && !hasTokens) toast(say("다음 답부터 토큰이 보여요.", "Tokens will show from the next answer on."));
});
by("open-settings").addEventListener("click", () =>
  openSettings(settings, {
    system: {
      read: () => current.system,
      write: (text) => {
        current.system = text;
        kept.save(current);
      },
    },
    language: () => {
      log.forget();
      show();
      stages.draw();
    },
  }),
);
by("export-markdown").addEventListener("click", () => download(`${fileName(current)}.md`, toMarkdown(current), "text/markdown"));
by("export-json").addEventListener("click", () => download(`${fileName(current)}.json`, toJson([current]), "application/json"));
by("export-all").addEventListener("click", () => download("nakochat.json", toJson(kept.all), "application/json"));
by("import").addEventListener("click", () => by("import-file").click());
by("import-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = ""; // the same file can be chosen again; before the wait, or it would take back the next choice
  if (file) await importFile(file);
});
by("forget-key").addEventListener("click", () => {
  settings.key = "";
  settings.keep();
  by("forget-key").hidden = true;
});
for (const idea of by("ideas").children) idea.addEventListener("click", () => ask(null, idea.textContent));
shelf.onChange(async ({ id, removed }) => {
  const known = kept.named(id);
  if (removed && known) {
    answering.stop(known);
    kept.drop(known);
    await shelf.forget(id); // this window may have saved it once more, before it heard
  } else if (!removed) {
    const found = await shelf.get(id);
    const here = kept.named(id); // of two changes that came at once, the first may have brought it
    if (!found || (known && !here)) return; // gone again, there or here
    if (here && answering.isRunning(here)) return; // this window's is newer
    if (here) Object.assign(here, found);
    else kept.receive(found);
  }
  show();
});

setText(load(draftName(), box.value));
show();
log.toEnd();
meetServer();
