// A conversation -> the list of its messages on the page.

import { shownPath } from "/conversation.js";
import { make } from "/elements.js";
import { inWords } from "/faults.js";
import { MessageView } from "/message.js";
import { say } from "/words.js";

export class Log {
  #list;
  #scroller;
  #deeds;
  #views = new Map();
  #waiting = new Set(); // messages that grew since the last frame
  faults = new Map(); // an answer's id -> the error that ended it

  constructor(list, scroller, deeds) {
    this.#list = list;
    this.#scroller = scroller;
    this.#deeds = deeds;
  }

  /** Draw the whole path.  What is on the page already stays: a selection, an open box, the keyboard's place. */
  show(conversation, coming, showsTokens) {
    const focus = this.#focus();
    const before = this.#views;
    this.#views = new Map();
    const items = [];
    shownPath(conversation).forEach((message, index) => {
      const error = this.faults.get(message.id);
      const state = { isComing: message === coming, showsTokens, fault: error ? inWords(error) : "" };
      const known = before.get(message.id);
      const view = known?.message === message ? known : new MessageView(conversation, message, this.#deeds);
      view.show(state);
      this.#views.set(message.id, view);
      if (index && index === conversation.forgotten) items.push(border());
      items.push(view.item);
    });
    for (const item of [...this.#list.children]) if (!items.includes(item)) item.remove();
    items.forEach((item, at) => {
      if (this.#list.children[at] !== item) this.#list.insertBefore(item, this.#list.children[at] ?? null);
    });
    this.#list.setAttribute("aria-busy", String(Boolean(coming)));
    focus();
  }

  /** A function that gives the focus back to the same button in the same place of the list. */
  #focus() {
    const button = document.activeElement;
    const item = button?.closest("li");
    if (!item || item.parentElement !== this.#list || button.matches("textarea")) return () => {};
    const [at, label] = [[...this.#list.children].indexOf(item), button.ariaLabel];
    return () => {
      const tools = [...(this.#list.children[at] ?? this.#list.lastElementChild)?.querySelectorAll(".tool") ?? []];
      (tools.find((one) => one.ariaLabel === label && !one.disabled) ?? tools.find((one) => !one.disabled))?.focus();
    };
  }

  /** Draw everything anew the next time, as after a change of language. */
  forget() {
    this.#list.replaceChildren();
    this.#views.clear();
  }

  /** Draw what a message has become, at most once in a frame. */
  grow(message) {
    if (!this.#waiting.size) requestAnimationFrame(() => this.#draw());
    this.#waiting.add(message.id);
  }

  #draw() {
    const isAtEnd = this.isAtEnd;
    for (const id of this.#waiting) this.#views.get(id)?.update();
    this.#waiting.clear();
    if (isAtEnd) this.toEnd();
  }

  edit(message) {
    this.#views.get(message.id)?.beginEdit();
  }

  get isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

const border = () =>
  make("li.border", {}, say("대화가 길어져서, 모델은 이 위의 말을 더는 보지 못해요.", "The conversation is long: the model no longer sees what is above."));
