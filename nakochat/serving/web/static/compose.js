// Keys in a text box -> a message, sent once.  Hangul is typed through an input method, which is half of the work here.

const HANGUL = /[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]/;

// While an input method works, some systems call the key "Process" and only `code` says that it was Enter.
const isEnter = ({ key, code, keyCode }) => key === "Enter" || (keyCode === 229 && /^(Numpad)?Enter$/.test(code));

/**
 * Enter sends and Shift+Enter breaks the line.
 *
 * An Enter that ends a composition comes as keydown with isComposing or keyCode 229, before the last syllable is in the
 * box.  Sending at once would lose the syllable or send it twice; ignoring that Enter would make people press it twice.
 * So: remember it, wait for compositionend, let the browser write, then read the box and send.  Where the composition is
 * no Hangul (a Japanese candidate) Enter only chooses the candidate.
 */
export function sendOnEnter(box, send) {
  let composing = false;
  let composed = "";
  let pending = false;

  function sendOnce() {
    pending = false;
    send();
  }

  box.addEventListener("compositionstart", () => {
    composing = true;
    composed = "";
    pending = false;
  });
  box.addEventListener("compositionupdate", (event) => {
    composed = event.data || composed;
  });
  box.addEventListener("compositionend", () => {
    composing = false;
    if (pending) setTimeout(() => pending && sendOnce(), 0);
  });
  box.addEventListener("keydown", (event) => {
    if (!isEnter(event) || event.shiftKey || event.altKey) return;
    if (event.isComposing || event.keyCode === 229) {
      if (!HANGUL.test(composed)) return;
      pending = true;
      // Safari says compositionend first and this Enter afterwards: nothing more will come
      if (!composing) {
        event.preventDefault();
        setTimeout(() => pending && sendOnce(), 0);
      }
      return;
    }
    event.preventDefault();
    sendOnce(); // some browsers report the Enter of a composition once more: by then the box is empty
  });
}

/** The box grows with its text, up to what the style allows. */
export function growWithText(box) {
  const fit = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  };
  box.addEventListener("input", fit);
  window.addEventListener("resize", fit);
  fit();
  return fit;
}
