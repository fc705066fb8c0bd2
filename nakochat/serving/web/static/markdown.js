// Markdown that a model wrote -> elements that can do nothing but be read.
//
// Three walls, each enough alone: markdown-it lets no HTML through, DOMPurify keeps only the names below, and the
// page's Content-Security-Policy runs nothing that is not a file of this server.

import DOMPurify from "/vendor/dompurify/purify.js";
import MarkdownIt from "/vendor/markdown-it/markdown-it.js";
import { readMaths } from "/maths.js";

const reader = new MarkdownIt({ html: false, linkify: true, breaks: true });
reader.disable("image"); // a picture from elsewhere would tell its server what is read here
reader.use(readMaths);

// CommonMark looks at spaces and punctuation to tell whether ** opens or closes, and so leaves the ** of **"말"**은 as it
// is.  Beside Hangul, Han and kana, which join words without spaces, either will do.
// https://github.com/tats-u/markdown-cjk-friendly
const JOINS = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const SPACE = /\s/u;

reader.inline.State = class extends reader.inline.State {
  scanDelims(start, canSplitWord) {
    const found = super.scanDelims(start, canSplitWord);
    const before = [...this.src.slice(Math.max(0, start - 2), start)].at(-1) ?? " ";
    const after = [...this.src.slice(start + found.length, start + found.length + 2)][0] ?? " ";
    if (!canSplitWord || SPACE.test(before) || SPACE.test(after)) return found;
    if (!JOINS.test(before) && !JOINS.test(after)) return found;
    return { ...found, can_open: true, can_close: true };
  }
};

// An address ends where Hangul begins: in "https://example.com에서" the particle is not part of it.
const ADDRESS = /^\/\/[a-z0-9.-]+(:\d+)?([/?#][\w\-.~:/?#@!$&()*+,;=%]*)?/i;
for (const scheme of ["http:", "https:"]) {
  reader.linkify.add(scheme, {
    validate: (text, position) => text.slice(position).match(ADDRESS)?.[0].replace(/[.,:;!?)]+$/, "").length ?? 0,
  });
}
reader.linkify.add("ftp:", null).add("mailto:", null).add("//", null).set({ fuzzyLink: false, fuzzyEmail: false });

// markdown-it aligns a table's cells by style attributes, which the policy does not let through.
for (const cell of ["th_open", "td_open"]) {
  reader.renderer.rules[cell] = (tokens, index, options, env, renderer) => {
    const side = tokens[index].attrGet("style")?.match(/right|center/)?.[0];
    tokens[index].attrs = side ? [["class", side]] : null;
    return renderer.renderToken(tokens, index, options);
  };
}

const ALLOWED = {
  ALLOWED_TAGS: (
    "p br hr strong em s code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 a table thead tbody tr th td span div"
  ).split(" "),
  ALLOWED_ATTR: ["href", "class", "start", "title"],
  ALLOWED_URI_REGEXP: /^(https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** Markdown -> the HTML of its top-level blocks, in order.  Not yet clean: for `cleanBlock` alone. */
export function readBlocks(markdown) {
  const environment = {};
  const blocks = [];
  let open = [];
  for (const token of reader.parse(markdown, environment)) {
    open.push(token);
    if (token.level === 0 && token.nesting <= 0) {
      blocks.push(reader.renderer.render(open, reader.options, environment));
      open = [];
    }
  }
  return blocks;
}

/** The HTML of one block -> its element. */
export function cleanBlock(html) {
  const fragment = DOMPurify.sanitize(html, ALLOWED);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  if (fragment.childElementCount === 1) return fragment.firstElementChild;
  const whole = document.createElement("div");
  whole.append(fragment);
  return whole;
}

/** Spans with classes, as the highlighter writes them -> a fragment. */
export const cleanSpans = (html) =>
  DOMPurify.sanitize(html, { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], RETURN_DOM_FRAGMENT: true });
