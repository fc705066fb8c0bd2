// Numbers -> what a reader sees of them, in the language of the page.

import { say } from "/words.js";

export const STAGES = ["base", "mid", "sft", "rl"];

export const plain = (value, digits) =>
  new Intl.NumberFormat(say("ko-KR", "en-GB"), { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);

/** 1234567 -> 123만 or 1.23M; below a hundred thousand as it is. */
export const short = (value) =>
  Math.abs(value) < 100_000
    ? plain(value, 0)
    : new Intl.NumberFormat(say("ko-KR", "en-GB"), { notation: "compact", maximumSignificantDigits: 3 }).format(value);

/** As many digits as tell one value from the next. */
export function figure(value) {
  const size = Math.abs(value);
  if (size >= 10_000 || Number.isInteger(value)) return short(value);
  return plain(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 || size === 0 ? 3 : 5);
}

/** Seconds in the two largest units that say something. */
export function duration(seconds) {
  if (seconds < 60) return say(`${Math.round(seconds)}초`, `${Math.round(seconds)} s`);
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return say(`${minutes}분`, `${minutes} min`);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return say(`${hours}시간 ${minutes % 60}분`, `${hours} h ${minutes % 60} min`);
  return say(`${Math.floor(hours / 24)}일 ${hours % 24}시간`, `${Math.floor(hours / 24)} d ${hours % 24} h`);
}

/** The time of day so many seconds from now, with the date unless it is today. */
export function clockIn(seconds) {
  const then = new Date(Date.now() + 1000 * seconds);
  const style = { hour: "numeric", minute: "2-digit" };
  if (then.toDateString() !== new Date().toDateString()) Object.assign(style, { month: "short", day: "numeric" });
  return new Intl.DateTimeFormat(say("ko-KR", "en-GB"), style).format(then);
}

/** A score in its unit. */
export function scored({ value, unit }) {
  if (value === null) return "–";
  return unit === "accuracy" ? `${plain(100 * value, 1)} %` : figure(value);
}
