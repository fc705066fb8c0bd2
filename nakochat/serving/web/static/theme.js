// The reader's choice of light or dark and of a language -> the page, before it is drawn.  Not a module: modules run
// later, and the page would flash.

for (const name of ["theme", "language"]) {
  let choice = null;
  try {
    choice = JSON.parse(localStorage.getItem(`nakochat.1.${name}`));
  } catch {} // storage is off: the browser's own settings hold
  if (typeof choice === "string") document.documentElement.dataset[name] = choice;
}
