// The server's models -> a list in the header, and on the empty page the way the model grew up.

import { make } from "/elements.js";
import { explain, inOrder, stageOf } from "/stages.js";

export class StagePicker {
  first = null; // what the server answers with where nothing is chosen
  #select;
  #growth;
  #onChoose;
  #ids = [];
  #chosen = null;

  constructor(select, growth, onChoose) {
    this.#select = select;
    this.#growth = growth;
    this.#onChoose = onChoose;
    select.addEventListener("change", () => this.#choose(select.value));
  }

  /** models as GET /v1/models lists them; `chosen` is an id, or null. */
  show(models, chosen) {
    this.#ids = models.map(({ id }) => id);
    this.first = this.#ids[0] ?? null;
    this.#chosen = this.#ids.includes(chosen) ? chosen : this.first;
    if (chosen !== null && chosen !== this.#chosen) this.#onChoose(null); // that model is gone
    this.draw();
  }

  draw() {
    const models = inOrder(this.#ids);
    this.#select.replaceChildren(...models.map(({ id, label }) => make("option", { value: id }, label)));
    this.#select.value = this.#chosen;
    this.#select.hidden = !models.length;
    const run = stageOf(this.#chosen ?? "").run;
    const grown = models.filter((model) => model.run === run && model.stage);
    this.#growth.hidden = grown.length < 2;
    this.#growth.querySelector("div").replaceChildren(...grown.map((model) => this.#step(model)));
    this.#growth.querySelector("p").textContent = explain(stageOf(this.#chosen ?? "").stage);
  }

  #step({ id, stage }) {
    const radio = make("input", { type: "radio", name: "stage", value: id, onchange: () => this.#choose(id) });
    radio.checked = id === this.#chosen;
    return make("label", {}, radio, make("span", { translate: "no" }, stage.toUpperCase()));
  }

  #choose(id) {
    this.#chosen = id;
    this.#onChoose(id);
    const hadFocus = this.#growth.contains(document.activeElement);
    this.draw();
    if (hadFocus) this.#growth.querySelector("input:checked")?.focus();
  }
}
