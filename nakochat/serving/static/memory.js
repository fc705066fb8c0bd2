// What the page remembers in this browser: the conversation and what is half typed.

const PREFIX = "nakochat.1.";

/** The value that was saved under a name, or the one given. */
export function load(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return otherwise; // storage is off, or another version wrote it: begin anew
  }
}

/** Save a value.  Where the browser keeps nothing (private windows, full storage) the page works on without memory. */
export function save(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch (error) {
    console.warn(error);
  }
}
