// What this browser remembers: small settings at once (localStorage), conversations in a database (IndexedDB).
// Nothing leaves the browser but what is asked of the server.

const PREFIX = "nakochat.1.";

/** The setting that was saved under a name, or the one given. */
export function load(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return otherwise; // storage is off, or another version wrote it: begin anew
  }
}

/** Save a setting; null forgets it.  Where the browser keeps nothing the page works on without memory. */
export function save(name, value) {
  try {
    if (value === null || value === "") localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch (error) {
    console.warn(error);
  }
}

/** The conversations of this browser.  `isKept` is false where the browser gives no room: they last as long as the page. */
export class Shelf {
  #database = null;
  #loose = new Map();
  #channel = new BroadcastChannel("nakochat.1");

  get isKept() {
    return this.#database !== null;
  }

  async open() {
    try {
      const request = indexedDB.open("nakochat", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("conversations", { keyPath: "id" });
      this.#database = await settled(request);
    } catch (error) {
      console.warn(error);
    }
    return this;
  }

  /** Call back with {id, removed} of a conversation that another window changed. */
  onChange(listen) {
    this.#channel.onmessage = (event) => listen(event.data);
  }

  /** Every conversation, the newest first. */
  async all() {
    const found = this.isKept ? await settled(this.#read().getAll()) : [...this.#loose.values()];
    return found.sort((one, other) => other.updated - one.updated);
  }

  async get(id) {
    return (this.isKept ? await settled(this.#read().get(id)) : this.#loose.get(id)) ?? null;
  }

  async put(conversation) {
    if (this.isKept) await this.#write((store) => store.put(conversation));
    else this.#loose.set(conversation.id, conversation);
    this.#channel.postMessage({ id: conversation.id, removed: false });
  }

  async remove(id) {
    await this.forget(id);
    this.#channel.postMessage({ id, removed: true });
  }

  /** Remove what another window has removed already. */
  async forget(id) {
    if (this.isKept) await this.#write((store) => store.delete(id));
    else this.#loose.delete(id);
  }

  #read() {
    return this.#database.transaction("conversations", "readonly").objectStore("conversations");
  }

  /** A change that is handed over at once: a page that is closed in the next moment has kept it. */
  #write(act) {
    const transaction = this.#database.transaction("conversations", "readwrite");
    act(transaction.objectStore("conversations"));
    transaction.commit();
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error); // no room, as a rule
    });
  }
}

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
