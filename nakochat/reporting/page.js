"use strict";
// The page follows the browser's language; without a script it stays in the language it was written in.
const languages = navigator.languages ?? [navigator.language];
const follow = () => {
  document.documentElement.lang = document.getElementById("korean").checked ? "ko" : "en";
};
const first = languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "ko" || tag === "en");
if (first) document.getElementById(first === "ko" ? "korean" : "english").checked = true;
document.querySelectorAll("input[name=language]").forEach((radio) => radio.addEventListener("change", follow));
follow();
