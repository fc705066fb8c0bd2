// The chat page: what is typed -> the server's answer, shown as it comes.  Text from the model is only ever textContent.

import { growWithText, sendOnEnter } from "/compose.js";
import { ServerError, Unreachable, answer, servedModel } from "/stream.js";
import { load, save } from "/memory.js";

const isKorean = (navigator.languages ?? [navigator.language])[0].toLowerCase().startsWith("ko");
const say = (korean, english) => (isKorean ? korean : english);
const by = (id) => document.getElementById(id);
const make = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });

const box = by("text");
let messages = load("messages", []); // {role, parts: [{type, text}]}
let forgotten = load("forgotten", 0); // so many of them no longer fit the model
let running = null; // the AbortController of the answer that is coming

function translate() {
  if (isKorean) return;
  document.documentElement.lang = "en";
  for (const element of document.querySelectorAll("[data-en]")) element.textContent = element.dataset.en;
  for (const element of document.querySelectorAll("[data-en-label]")) {
    element.ariaLabel = element.dataset.enLabel;
    if (element.title) element.title = element.dataset.enLabel;
  }
  for (const element of document.querySelectorAll("[data-en-placeholder]")) {
    element.placeholder = element.dataset.enPlaceholder;
  }
}

function tell(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

/** Add a message to the page -> a function that shows its parts, called again whenever they grow. */
function showMessage(message) {
  const item = make("li", message.role);
  const body = make("div", "body");
  body.lang = "ko";
  item.append(make("span", "speaker", message.role === "user" ? say("나", "You") : "nakochat"), body);
  if (message.role === "assistant") item.append(copyButton(message));
  by("log").append(item);
  by("welcome").hidden = true;
  const update = () => {
    body.replaceChildren(...rendered(message.parts));
    item.classList.toggle("is-waiting", message.parts.length === 0);
  };
  update();
  return { item, update };
}

function rendered(parts) {
  const elements = [];
  for (const part of parts) {
    if (part.type === "text") elements.push(make("p", "", part.text));
    else if (part.type === "python") elements.push(callCard(part.text));
    else elements.at(-1)?.append(make("b", "", ` = ${part.text}`));
  }
  return elements;
}

function callCard(call) {
  const card = make("div", "call");
  card.append(make("span", "label", say("계산기", "Calculator")), make("code", "", call));
  return card;
}

const textOf = (message) => message.parts.filter((part) => part.type === "text").map((part) => part.text).join("");

function copyButton(message) {
  const button = make("button", "copy", say("복사", "Copy"));
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(textOf(message));
      button.textContent = say("복사했어요", "Copied");
    } catch {
      button.textContent = say("복사하지 못했어요", "Could not copy");
    }
    setTimeout(() => (button.textContent = say("복사", "Copy")), 1500);
  });
  return button;
}

/** Put a piece at the end of an answer's parts. */
function grow(parts, piece) {
  const last = parts.at(-1);
  if (last?.type === piece.kind) last.text += piece.text;
  else parts.push({ type: piece.kind, text: piece.text });
}

/** Messages as the server reads them. */
const sent = (list) =>
  list.map(({ role, parts }) => ({ role, content: role === "user" ? parts[0].text : parts }));

/** The answer's pieces; where the conversation has outgrown the model, its oldest turns are left out, and it is said. */
async function* answerWithinContext(signal) {
  for (let start = forgotten; ; start += 2) { // a question and its answer
    try {
      for await (const piece of answer(sent(messages.slice(start)), signal)) {
        forget(start);
        yield piece;
      }
      return;
    } catch (error) {
      const isTooLong = error instanceof ServerError && error.code === "context_length_exceeded";
      if (!isTooLong || start + 2 >= messages.length) throw error;
    }
  }
}

function forget(count) {
  if (count === forgotten) return;
  forgotten = count;
  save("forgotten", count);
  tell(by("notice"), say("대화가 길어져서 앞부분은 잊었어요.", "The conversation is long: its beginning is forgotten."));
}

async function send() {
  const text = box.value.trim();
  if (!text || running) return;
  tell(by("error"), "");
  tell(by("notice"), "");
  setText("");
  const asked = { role: "user", parts: [{ type: "text", text }] };
  const answered = { role: "assistant", parts: [] };
  messages.push(asked);
  save("messages", messages);
  const shown = [showMessage(asked), showMessage(answered)];
  setRunning(new AbortController());
  follow(true);
  try {
    for await (const piece of answerWithinContext(running.signal)) {
      const isFollowing = isAtEnd();
      if (piece.finish === "length") tell(by("notice"), say("길이 제한에서 끊겼어요.", "Cut at the length limit."));
      if (piece.text) grow(answered.parts, piece);
      shown[1].update();
      follow(isFollowing);
    }
    if (!answered.parts.length) throw new ServerError(say("빈 답이 왔어요.", "The answer was empty."), null);
  } catch (error) {
    if (error.name !== "AbortError") tell(by("error"), inWords(error));
  } finally {
    finish(asked, answered, shown, text);
  }
}

/** Keep what was answered; give the words back when nothing was. */
function finish(asked, answered, shown, text) {
  setRunning(null);
  if (!messages.includes(asked)) return; // a new conversation was begun meanwhile
  if (answered.parts.at(-1)?.type === "python") answered.parts.pop(); // a call that was stopped before its result
  if (answered.parts.length) {
    messages.push(answered);
    shown[1].update();
  } else {
    messages = messages.filter((message) => message !== asked);
    for (const { item } of shown) item.remove();
    setText([text, box.value].filter(Boolean).join("\n"));
    by("welcome").hidden = messages.length > 0;
  }
  save("messages", messages);
  box.focus();
}

function inWords(error) {
  if (error.code === "context_length_exceeded") {
    return say("이 모델에게는 너무 긴 말이에요. 나누어 보내 주세요.", "This is too long for the model. Send it in parts.");
  }
  if (error instanceof ServerError) return error.message;
  if (error instanceof Unreachable) {
    return say(
      "서버와 연결이 끊겼어요. 터미널에서 서버가 켜져 있는지 보고 다시 보내 주세요.",
      "The server cannot be reached. See in the terminal whether it runs, then send again.",
    );
  }
  throw error; // a mistake of this page: let the console have it
}

function setRunning(controller) {
  running = controller;
  by("send").hidden = Boolean(controller);
  by("stop").hidden = !controller;
  by("log").setAttribute("aria-busy", String(Boolean(controller)));
}

function setText(text) {
  box.value = text;
  save("draft", text);
  fitBox();
}

const isAtEnd = () => by("scroll").scrollHeight - by("scroll").scrollTop - by("scroll").clientHeight < 60;

function follow(wanted) {
  if (wanted) by("scroll").scrollTop = by("scroll").scrollHeight;
}

function startAnew() {
  running?.abort();
  messages = [];
  forgotten = 0;
  save("messages", messages);
  save("forgotten", forgotten);
  by("log").replaceChildren();
  by("welcome").hidden = false;
  tell(by("notice"), "");
  tell(by("error"), "");
  box.focus();
}

translate();
const fitBox = growWithText(box);
setText(load("draft", ""));
sendOnEnter(box, send);
box.addEventListener("input", () => save("draft", box.value));
by("form").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
by("stop").addEventListener("click", () => running?.abort());
by("new").addEventListener("click", startAnew);
for (const idea of by("ideas").children) {
  idea.addEventListener("click", () => {
    setText(idea.textContent);
    send();
  });
}
for (const message of messages) showMessage(message);
follow(true);
servedModel().then(
  (model) => tell(by("model"), model.id),
  (error) => tell(by("error"), inWords(error)),
);
