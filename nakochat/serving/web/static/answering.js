// A question in a conversation -> its answer, written into the conversation while it comes.

import { closeAnswer, growAnswer, pathTo, requestMessages } from "/conversation.js";
import { isTooLong } from "/faults.js";
import { answer } from "/stream.js";
import { keptTokens } from "/tokens.js";

export class Answering {
  #running = new Map(); // a conversation's id -> {controller, message}
  #request; // () -> {key, model, …options}, as the settings are now
  #onGrow;

  constructor(request, onGrow) {
    this.#request = request;
    this.#onGrow = onGrow;
  }

  isRunning(conversation) {
    return this.#running.has(conversation.id);
  }

  /** The answer that is coming in a conversation, or null. */
  comingIn(conversation) {
    return this.#running.get(conversation.id)?.message ?? null;
  }

  stop(conversation) {
    this.#running.get(conversation.id)?.controller.abort();
  }

  /** Fill an answer that was just added.  Resolves when it ended, well or stopped; rejects with what went wrong. */
  async fill(conversation, message) {
    const controller = new AbortController();
    this.#running.set(conversation.id, { controller, message });
    try {
      for await (const piece of this.#withinContext(conversation, message, controller.signal)) {
        if (piece.tokens) (message.tokens ??= []).push(...keptTokens(piece.tokens));
        else if (piece.finish) message.finish = piece.finish;
        else growAnswer(message, piece);
        this.#onGrow(conversation, message);
      }
    } catch (error) {
      message.finish = error.name === "AbortError" ? "stopped" : "broken";
      if (error.name !== "AbortError") throw error;
    } finally {
      closeAnswer(message);
      this.#running.delete(conversation.id);
    }
  }

  /** The pieces; where the conversation has outgrown the model its oldest turns are left out, and it is kept how many. */
  async *#withinContext(conversation, message, signal) {
    const path = pathTo(conversation, message.parent);
    const { key, ...options } = this.#request();
    let forgotten = Math.min(conversation.forgotten, path.length - 1);
    for (;;) {
      const body = { ...options, truncation: "disabled", messages: requestMessages(conversation, path, forgotten) };
      try {
        for await (const piece of answer(body, key, signal)) {
          conversation.forgotten = forgotten;
          yield piece;
        }
        return;
      } catch (error) {
        const next = path.findIndex(({ role }, index) => index > forgotten && role === "user");
        if (!isTooLong(error) || next < 0) throw error;
        forgotten = next;
      }
    }
  }
}
