// What went wrong -> what the reader is told: what happened and what to do.

import { Refused, Unreachable } from "/stream.js";
import { say } from "/words.js";

/** The codes of a server whose engine process ended, or has not begun. */
const RESTARTING = ["engine_lost", "engine_down", "loading"];

/** Whether the server wants a key, or another one. */
export const needsKey = (error) => error instanceof Refused && (error.status === 401 || error.code === "invalid_api_key");

export const isTooLong = (error) => error instanceof Refused && error.code === "context_length_exceeded";

/** The words for an error.  A mistake of this page is thrown on: the console has to have it. */
export function inWords(error) {
  if (error instanceof Unreachable) {
    return say(
      "서버와 연결이 끊겼어요. 터미널에서 서버가 켜져 있는지 보고 다시 해 보세요.",
      "The server cannot be reached. See in the terminal whether it runs, then try again.",
    );
  }
  if (!(error instanceof Refused)) throw error;
  if (isTooLong(error)) {
    return say(
      "이 모델에게는 너무 긴 말이에요. 말을 고쳐서 줄이거나 나누어 보내 주세요.",
      "This is too long for the model. Edit it to be shorter, or send it in parts.",
    );
  }
  if (needsKey(error)) return say("이 서버는 열쇠가 있어야 답해요.", "This server answers only with a key.");
  const again = laterWords(error.wait);
  if (error.code === "too_many_wrong_keys") return say("틀린 열쇠가 너무 많이 왔어요. ", "Too many wrong keys came. ") + again;
  // 503 with this code: nobody's fault but that its turn did not come
  if (error.status === 429 || error.code === "overloaded") return say("지금은 묻는 사람이 많아요. ", "The server is busy. ") + again;
  if (error.code === "model_unavailable") {
    return say(`이 모델은 읽을 수 없어요. 다른 단계를 골라 보세요. (${error.message})`, `This model cannot be loaded. Choose another stage. (${error.message})`);
  }
  if (error.code === "not_a_number") {
    return say("이 모델의 계산이 깨졌어요. 다른 단계를 골라 보세요.", "This model's numbers are broken. Choose another stage.");
  }
  if (error.code === "server_ending") return say("서버가 끝나는 중이에요. 다시 켜진 다음에 해 보세요.", "The server is ending. Try again when it is back.");
  if (RESTARTING.includes(error.code)) return say("모델을 다시 띄우는 중이에요. ", "The model is being started again. ") + again;
  if (error.status === 413) return say("한 번에 보내기에는 너무 커요. 나누어 보내 주세요.", "Too large to send at once. Send it in parts.");
  if (error.status === 503) return say("서버가 준비하는 중이거나 끝나는 중이에요. ", "The server is starting or ending. ") + again;
  if (error.status >= 500) {
    return say(
      "서버 안에서 오류가 났어요. 다시 해 보고, 또 그러면 터미널에서 서버의 기록을 보세요.",
      "Something went wrong in the server. Try again; if it happens again, see the server's log in the terminal.",
    );
  }
  return error.message;
}

const laterWords = (seconds) =>
  seconds
    ? say(`${seconds}초 뒤에 다시 해 보세요.`, `Try again in ${seconds} second${seconds === 1 ? "" : "s"}.`)
    : say("조금 뒤에 다시 해 보세요.", "Try again in a moment.");
