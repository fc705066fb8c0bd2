// One message of a conversation -> its place in the list, with what can be done to it.

import { AnswerBody } from "/answer.js";
import { growWithText, sendOnEnter } from "/compose.js";
import { siblingsOf, textOf } from "/conversation.js";
import { icon, make, tool } from "/elements.js";
import { load, save } from "/memory.js";
import { stageOf } from "/stages.js";
import { tokenView } from "/tokens.js";
import { say } from "/words.js";

/**
 * deeds: {copy, again, edit, remove, turn}, each called with the message (edit with the new text, turn with a sibling).
 * show(state) before anything is seen; state: {isComing, showsTokens, fault: its words or ""}.
 */
export class MessageView {
  constructor(conversation, message, deeds) {
    Object.assign(this, { conversation, message, deeds });
    this.isMine = message.role === "user";
    this.body = make("div.body", { lang: "ko" });
    this.answer = null;
    this.speaker = make("span.speaker");
    this.tools = make("div.tools", { role: "group", "aria-label": say("이 말에 할 일", "What to do with this message") });
    this.item = make(`li.${message.role}`, {}, this.speaker, this.body, this.tools);
  }

  /** Draw what stands around the words, and the words. */
  show(state) {
    this.state = state;
    this.speaker.textContent = this.isMine ? say("나", "You") : this.#name();
    this.tools.replaceChildren(...this.#buttons());
    this.item.querySelector(".fault")?.remove();
    if (state.fault) this.tools.before(this.#fault());
    this.update();
  }

  /** Draw the words as they are now. */
  update() {
    const { message, state } = this;
    const isEmpty = !message.parts.length && !state.isComing && !state.fault;
    if (this.isMine) this.body.textContent = textOf(message);
    else if (state.showsTokens && message.tokens?.length && !state.isComing) this.#fill(tokenView(message.tokens));
    else if (isEmpty) this.#fill(make("p.none", {}, say("답에 보여 줄 말이 없어요.", "There were no words in the answer.")));
    else {
      if (!this.answer) this.body.replaceChildren();
      this.answer ??= new AnswerBody(this.body);
      this.answer.update(message.parts);
    }
    this.item.classList.toggle("is-waiting", state.isComing && !message.parts.length);
  }

  #fill(element) {
    this.answer = null;
    this.body.replaceChildren(element);
  }

  get isEdited() {
    return this.item.classList.contains("is-edited");
  }

  #name() {
    const { stage } = stageOf(this.message.model ?? "");
    const ends = { length: say("길이 제한에서 끊겼어요", "cut at the length limit"), stopped: say("멈췄어요", "stopped"), broken: say("끊겼어요", "broken off") };
    const end = this.state.isComing || !this.message.parts.length ? "" : ends[this.message.finish] ?? "";
    return ["nakochat", stage?.toUpperCase(), end].filter(Boolean).join(" · ");
  }

  #buttons() {
    const { message, deeds, state } = this;
    if (state.isComing) return [];
    const copy = tool("copy", say("복사", "Copy"), async () => {
      const worked = await deeds.copy(message);
      copy.replaceChildren(icon(worked ? "done" : "copy"));
      setTimeout(() => copy.replaceChildren(icon("copy")), 1500);
    });
    return [
      ...this.#turner(),
      message.parts.length ? copy : "",
      this.isMine
        ? tool("edit", say("고쳐서 다시 묻기", "Edit and ask again"), () => this.beginEdit())
        : state.fault ? "" : tool("again", say("다시 답하기", "Answer again"), () => deeds.again(message)),
      tool("remove", say("여기부터 지우기", "Delete from here"), () => deeds.remove(message)),
    ];
  }

  /** ‹ 2/3 ›: the other questions or answers that stand in this place. */
  #turner() {
    const place = siblingsOf(this.conversation, this.message);
    if (place.length < 2) return [];
    const at = place.indexOf(this.message);
    const step = (shape, label, to) => tool(shape, label, () => this.deeds.turn(place[to]), { disabled: !place[to] });
    return [
      step("earlier", say("앞의 것", "Previous version"), at - 1),
      make("span.place", {}, `${at + 1}/${place.length}`),
      step("later", say("다음 것", "Next version"), at + 1),
    ];
  }

  #fault() {
    const again = make("button.plain", { type: "button", onclick: () => this.deeds.again(this.message) }, say("다시 하기", "Try again"));
    return make("div.fault", { role: "alert" }, make("p", {}, this.state.fault), again);
  }

  /** Turn a question into a box.  What was typed there is kept until it is sent or given up. */
  beginEdit() {
    const kept = `edit.${this.message.id}`;
    const box = make("textarea", { rows: "1", maxlength: "20000", "aria-label": say("고칠 말", "Edited message") });
    box.value = load(kept, textOf(this.message));
    const end = () => {
      save(kept, null);
      form.replaceWith(this.body);
      this.item.classList.remove("is-edited");
      this.tools.querySelector("button:last-of-type").previousElementSibling.focus();
    };
    const send = () => {
      if (!box.value.trim()) return;
      if (!this.deeds.edit(this.message, box.value.trim())) return;
      save(kept, null);
      this.item.classList.remove("is-edited");
    };
    const form = make(
      "form.edit",
      { onsubmit: (event) => (event.preventDefault(), send()) },
      box,
      make("div", {}, make("button.plain", { type: "button", onclick: end }, say("그만두기", "Cancel")), make("button.main", { type: "submit" }, say("보내기", "Send"))),
    );
    box.addEventListener("input", () => save(kept, box.value));
    box.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && (event.stopPropagation(), end()));
    sendOnEnter(box, send);
    this.body.replaceWith(form);
    this.item.classList.add("is-edited");
    growWithText(box);
    box.focus();
  }
}
