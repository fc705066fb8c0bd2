// A sentence in Korean and in English -> the one the reader sees.  The browser's language leads until one is chosen.

import { load, save } from "/memory.js";

const browsers = (navigator.languages?.[0] ?? navigator.language ?? "ko").toLowerCase();

/** "ko", "en", or null: as the browser has it. */
export const chosenLanguage = () => load("language", null);

export const language = () => chosenLanguage() ?? (browsers.startsWith("ko") ? "ko" : "en");

export const say = (korean, english) => (language() === "ko" ? korean : english);

export function chooseLanguage(choice) {
  save("language", choice);
  translate();
}

const ATTRIBUTES = { en: null, enLabel: "aria-label", enTitle: "title", enPlaceholder: "placeholder" };

/** Give the page's fixed words their language: Korean stands in the HTML, English beside it in data-en, data-en-label, ... */
export function translate() {
  document.documentElement.lang = language();
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const kept = name.replace("en", "ko");
    const selector = `[data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`;
    for (const element of document.querySelectorAll(selector)) {
      element.dataset[kept] ??= attribute ? element.getAttribute(attribute) : element.textContent;
      const text = say(element.dataset[kept], element.dataset[name]);
      if (attribute) element.setAttribute(attribute, text);
      else element.textContent = text;
    }
  }
}

/** When something happened, short: the time for today, else the day. */
export function when(time) {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  const style = isToday ? { hour: "numeric", minute: "2-digit" } : { month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(say("ko-KR", "en-GB"), style).format(date);
}
