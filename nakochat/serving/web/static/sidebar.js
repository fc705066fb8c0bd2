// The conversations of this browser -> a list to choose from.

import { sendOnEnter } from "/compose.js";
import { titleOf } from "/conversation.js";
import { make, tool } from "/elements.js";
import { say, when } from "/words.js";

const nameOf = (conversation) => titleOf(conversation) || say("새 대화", "New chat");

/** deeds: {open, rename(conversation, title), remove}. */
export class Sidebar {
  #list;
  #deeds;

  constructor(list, deeds) {
    this.#list = list;
    this.#deeds = deeds;
  }

  show(conversations, currentId) {
    if (this.#list.querySelector("input")) return; // a name is being typed; its end shows the list anew
    this.#list.replaceChildren(...conversations.map((one) => this.#item(one, one.id === currentId)));
  }

  #item(conversation, isCurrent) {
    const name = nameOf(conversation);
    const item = make(
      isCurrent ? "li.is-current" : "li",
      {},
      make(
        "button.open",
        { type: "button", "aria-current": isCurrent ? "page" : null, onclick: () => this.#deeds.open(conversation) },
        make("span.title", {}, name),
        make("time", { datetime: new Date(conversation.updated).toISOString() }, when(conversation.updated)),
      ),
      tool("edit", say(`“${name}” 이름 바꾸기`, `Rename “${name}”`), () => this.#rename(item, conversation)),
      tool("remove", say(`“${name}” 지우기`, `Delete “${name}”`), () => this.#deeds.remove(conversation)),
    );
    return item;
  }

  #rename(item, conversation) {
    const box = make("input", { "aria-label": say("대화의 이름", "Name of the conversation"), maxlength: "100" });
    box.value = nameOf(conversation);
    let isOver = false;
    const end = (title) => {
      if (isOver) return; // taking the box away blurs it
      isOver = true;
      box.remove();
      this.#deeds.rename(conversation, title);
    };
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      event.preventDefault(); // the drawer stays open
      end(conversation.title);
    });
    box.addEventListener("blur", () => end(box.value.trim()));
    sendOnEnter(box, () => end(box.value.trim()));
    item.replaceChildren(box);
    box.select();
  }
}
