// The conversations that are kept -> on the shelf, newest first.  Only `add` puts one there: an answer that still comes
// to a conversation that was deleted changes nothing.

const PAUSE = 1000; // milliseconds between two savings of a conversation that grows

export class Kept {
  #shelf;
  #onFull; // called where the browser has no room left
  #timers = new Map(); // conversation -> the saving that is due
  all;

  constructor(shelf, conversations, onFull) {
    this.#shelf = shelf;
    this.all = conversations;
    this.#onFull = onFull;
  }

  has(conversation) {
    return this.all.includes(conversation);
  }

  named(id) {
    return this.all.find((one) => one.id === id) ?? null;
  }

  /** Keep a conversation from now on. */
  add(conversation) {
    if (!this.has(conversation)) this.all = [conversation, ...this.all];
    return this.save(conversation);
  }

  /** Put what a kept conversation has become on the shelf. */
  async save(conversation) {
    this.#cancel(conversation);
    if (!this.has(conversation)) return;
    try {
      await this.#shelf.put(conversation);
    } catch (error) {
      console.warn(error);
      this.#onFull();
    }
  }

  /** Save a conversation that grows, at most once a second. */
  saveSoon(conversation) {
    if (this.#timers.has(conversation)) return;
    this.#timers.set(conversation, setTimeout(() => this.save(conversation), PAUSE));
  }

  /** Take in what another window put on the shelf. */
  receive(conversation) {
    this.all = [conversation, ...this.all];
  }

  /** Keep a conversation no longer.  It may still be on the shelf. */
  drop(conversation) {
    this.#cancel(conversation);
    this.all = this.all.filter((one) => one !== conversation);
  }

  remove(conversation) {
    this.drop(conversation);
    return this.#shelf.remove(conversation.id);
  }

  #cancel(conversation) {
    clearTimeout(this.#timers.get(conversation));
    this.#timers.delete(conversation);
  }
}
