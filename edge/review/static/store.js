// What the page knows: the log, the filter, the ids that it lets through in order, and the cards seen so far.
import { get, post } from "./api.js";

export const FIELDS = ["state", "reason", "class", "run", "visit", "score_min", "score_max", "width_min_mm", "width_max_mm", "order"];
const POLL_MS = 1000;
const CARDS_AT_ONCE = 100;

class Store extends EventTarget {
  log = null;
  filter = {};
  ids = [];
  places = new Map();
  of = 0;
  words = "";
  cards = new Map();
  crackCards = new Map();
  crackIds = [];
  crackWords = "";
  cracksOf = 0;
  asking = new Set();
  lastReview = 0;
  mine = [];
  sending = Promise.resolve();
  lastVerdict = null;
  early = null;

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  async open() {
    // The grid will want its finds: they need not wait for the log.
    if (location.pathname === "/") {
      this.early = { query: this.query(), found: get(`/api/finds?${this.query()}`) };
      this.early.found.catch(() => {});
    }
    this.log = await get("/api/log");
    this.lastReview = this.log.last_review;
    this.tell("log");
  }

  get reviewer() {
    return this.log.signed_in ? this.log.reviewer : localStorage.getItem("hairline-reviewer") || this.log.reviewer;
  }

  // As many digits as it takes to tell scores above the threshold from one another.
  score(value) {
    const room = 1 - (this.log.threshold ?? 0);
    return value.toFixed(Math.min(6, Math.max(2, 1 + Math.ceil(-Math.log10(Math.max(room, 1e-6))))));
  }

  query(filter = this.filter) {
    const words = new URLSearchParams();
    for (const name of FIELDS) if (filter[name]) words.set(name, filter[name]);
    return words.toString();
  }

  readAddress() {
    const words = new URLSearchParams(location.search);
    this.filter = Object.fromEntries(FIELDS.filter((name) => words.get(name)).map((name) => [name, words.get(name)]));
  }

  async select() {
    this.aborting?.abort();
    this.aborting = new AbortController();
    const { early } = this;
    this.early = null;
    const found = await (early?.query === this.query() ? early.found : get(`/api/finds?${this.query()}`, this.aborting.signal));
    this.ids = found.ids;
    this.places = new Map(found.ids.map((id, place) => [id, place]));
    this.of = this.log.finds = found.of;
    this.words = found.filter;
    for (const card of found.cards) this.cards.set(card.id, card);
    this.selected = this.query();
    this.tell("selected");
  }

  async selectCracks() {
    const found = await get(`/api/cracks?${this.query()}`);
    this.crackCards = new Map(found.cracks.map((card) => [card.id, card]));
    this.crackIds = found.cracks.map((card) => card.id);
    this.crackWords = found.filter;
    this.cracksOf = found.of;
  }

  async needCards(ids) {
    const missing = ids.filter((id) => !this.cards.has(id) && !this.asking.has(id)).slice(0, CARDS_AT_ONCE);
    if (!missing.length) return;
    for (const id of missing) this.asking.add(id);
    try {
      const { cards } = await get(`/api/cards?ids=${missing.join(",")}`);
      for (const card of cards) this.cards.set(card.id, card);
      this.tell("cards", missing);
    } finally {
      for (const id of missing) this.asking.delete(id);
    }
  }

  // `target`: { kind: "find" or "crack", id }.
  async say(target, verdict, reason = null, note = "") {
    const said = { [`${target.kind}_id`]: target.id, verdict, note, reviewer: this.reviewer };
    if (reason) said.reason = reason;
    await this.send(target, () => post("/api/reviews", said));
    this.take(target, { accept: "accepted", reject: "rejected", unsure: "unsure" }[verdict], reason);
  }

  async edit(target, edit, reason) {
    await this.send(target, () => post("/api/edits", { [`${target.kind}_id`]: target.id, reviewer: this.reviewer, ...edit }));
    this.take(target, "accepted", reason);
  }

  async send(target, ask) {
    // Noted before it has arrived: an undo that is quicker than the server waits for it, and takes back the right one.
    const entry = { target, saved: this.sending.then(ask) };
    this.mine.push(entry);
    // One after the other, so that the last word on a find is the one that was said last.
    this.sending = entry.saved.catch(() => {});
    try {
      await entry.saved;
    } catch (wrong) {
      this.mine = this.mine.filter((one) => one !== entry);
      throw wrong;
    }
  }

  async undo() {
    const last = this.mine.pop();
    if (!last) return null;
    const { review_id } = await last.saved;
    await post("/api/undo", { review_id, reviewer: this.reviewer });
    await this.poll();
    return last.target;
  }

  take({ kind, id }, state, reason) {
    const card = (kind === "find" ? this.cards : this.crackCards).get(id);
    const before = card?.state;
    if (card) Object.assign(card, { state, reason });
    if (kind === "find" && before && before !== state) {
      this.log.states[before] -= 1;
      this.log.states[state] += 1;
    }
    this.tell("reviewed", { kind, id, state, reason });
  }

  async poll() {
    const known = this.log.finds;
    const news = await get(`/api/changes?after=${this.lastReview}&finds=${known}`);
    this.lastReview = news.last_review;
    for (const { find_id: find, crack_id: crack, state, reason } of news.reviews) {
      this.take(find === null ? { kind: "crack", id: crack } : { kind: "find", id: find }, state, reason);
    }
    this.news = news;
    this.log.states = news.states;
    this.tell("news", news);
  }

  watch() {
    const again = async () => {
      if (!document.hidden) await this.poll().catch(() => {});
      setTimeout(again, POLL_MS);
    };
    setTimeout(again, POLL_MS);
  }
}

export const store = new Store();
