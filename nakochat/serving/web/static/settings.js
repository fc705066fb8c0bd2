// The settings of this browser, and the dialog that changes them.

import { by, make } from "/elements.js";
import { load, save } from "/memory.js";
import { samplingRows } from "/sampling.js";
import { chooseLanguage, chosenLanguage, say } from "/words.js";

/** What answers are asked with.  `change` of the window's settings calls every listener. */
export class Settings {
  sampling = load("sampling", {});
  model = load("model", null); // null: the one the server takes by itself
  showsTokens = load("tokens", false);
  key = load("key", "");

  keep() {
    save("sampling", Object.keys(this.sampling).length ? this.sampling : null);
    save("model", this.model);
    save("tokens", this.showsTokens || null);
    save("key", this.key);
  }

  /** The fields of a request, and the key. */
  request() {
    const tokens = this.showsTokens ? { logprobs: true, top_logprobs: 5 } : {};
    return { key: this.key, ...(this.model ? { model: this.model } : {}), ...this.sampling, ...tokens };
  }
}

export function chooseTheme(choice) {
  save("theme", choice);
  if (choice) document.documentElement.dataset.theme = choice;
  else delete document.documentElement.dataset.theme;
}

/** Fill the dialog and keep what is changed.  deeds: {system: {read, write}, language()} */
export function openSettings(settings, deeds) {
  const dialog = by("settings");
  const system = by("system");
  system.value = deeds.system.read();
  system.oninput = () => deeds.system.write(system.value);
  by("sampling").replaceChildren(...samplingRows(settings.sampling, () => settings.keep()));
  choice("theme", load("theme", null), chooseTheme);
  choice("language", chosenLanguage(), (value) => {
    chooseLanguage(value);
    deeds.language();
    by("sampling").replaceChildren(...samplingRows(settings.sampling, () => settings.keep()));
  });
  by("forget-key").hidden = !settings.key;
  if (!dialog.open) dialog.showModal();
}

/** A group of radio buttons; the value "" stands for null. */
function choice(name, value, onChange) {
  for (const radio of document.querySelectorAll(`input[name="${name}"]`)) {
    radio.checked = radio.value === (value ?? "");
    radio.onchange = () => onChange(radio.value || null);
  }
}

/** Ask for the server's key -> the key, or null when the reader gives up. */
export function askKey(reason) {
  const dialog = by("key");
  const box = by("key-text");
  by("key-why").textContent = reason;
  box.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "use" && box.value.trim() ? box.value.trim() : null);
  });
}

/** A short word at the foot of the page, with a way back where there is one. */
export function toast(text, undo = null) {
  const place = by("toast");
  clearTimeout(toast.timer);
  const close = () => place.replaceChildren();
  const button = undo && make("button.plain", { type: "button", onclick: () => (close(), undo()) }, say("되돌리기", "Undo"));
  place.replaceChildren(make("div", {}, make("span", {}, text), button ?? ""));
  toast.timer = setTimeout(close, undo ? 10_000 : 4000);
}
