// One find: its picture, what the log knows of it, and the verdict.
import { get, picture } from "./api.js";
import { h, svg, toast } from "./dom.js";
import { facts } from "./facts.js";
import { REASON_KEYS } from "./keys.js";
import { go } from "./main.js";
import { store } from "./store.js";

const AHEAD = 4;
const CROP_MARGIN_PX = 48;
const details = new Map();

// Asked for once, kept while it is near: the next find is there before the key is pressed.
function detail(id) {
  if (!details.has(id)) {
    const asked = get(`/api/finds/${id}`);
    asked.catch(() => details.delete(id));
    details.set(id, asked);
    new Image().src = picture(id, "crop");
    if (details.size > 50) details.delete(details.keys().next().value);
  }
  return details.get(id);
}

export async function showFind(view, id) {
  if (!store.ids.length) {
    store.readAddress();
    await store.select();
  }
  const find = new Find(view, id);
  const stop = new AbortController();
  const on = { signal: stop.signal };
  document.addEventListener("keydown", (event) => find.key(event), on);
  store.addEventListener("reviewed", ({ detail: news }) => find.reviewed(news), on);
  await find.show(id);
  return () => stop.abort();
}

class Find {
  boxShown = true;

  constructor(view, id) {
    this.view = view;
    this.id = id;
  }

  get place() {
    return store.places.get(this.id) ?? -1;
  }

  async show(id) {
    this.id = id;
    this.asked = id;
    const found = await detail(id);
    if (this.asked !== id) return;
    this.found = found;
    const card = store.cards.get(id);
    if (card) Object.assign(found, { state: card.state, reason: card.reason });
    else store.cards.set(id, found);
    document.title = `Find ${id} · Hairline`;
    this.draw();
    for (let n = 1; n <= AHEAD; n += 1) {
      const next = store.ids[this.place + n];
      if (next !== undefined) detail(next).catch(() => {});
    }
  }

  draw() {
    const { found } = this;
    this.state = h("span", { class: "state", "data-state": found.state });
    this.view.replaceChildren(
      h(
        "article",
        { class: "find" },
        h("div", { class: "where" }, this.position(), this.state, h("span", { class: "score" }, `score ${store.score(found.score)}`)),
        this.stage(),
        this.verdicts(),
        h("div", { class: "facts" }, facts(found)),
      ),
    );
    this.sayState();
  }

  position() {
    const back = h("a", { href: `/?${store.query()}`, "data-view": true, class: "back" }, "Grid");
    const place = this.place < 0 ? "not in the filter" : `${(this.place + 1).toLocaleString("en")} of ${store.ids.length.toLocaleString("en")}`;
    const words = store.words === "all finds" ? "" : ` · only: ${store.words}`;
    return h("span", { class: "position" }, back, h("strong", {}, ` Find ${this.id} `), `${place}${words}`);
  }

  stage() {
    const { found } = this;
    const stage = h("figure", { class: "stage" });
    if (!found.has_picture) return h("figure", { class: "stage" }, h("p", { class: "empty" }, "The log has no picture of this frame."));
    const shown = crop(found);
    const img = h("img", { src: picture(this.id, "crop"), alt: `Find ${this.id}, cut out of frame ${found.frame.name}` });
    const failed = async () => {
      const why = await fetch(img.src).then((answer) => answer.json()).catch(() => ({ error: "The picture cannot be read." }));
      stage.replaceChildren(h("p", { class: "empty" }, why.error));
    };
    img.addEventListener("error", failed);
    const over = svg("svg", { viewBox: `0 0 ${shown.w} ${shown.h}`, preserveAspectRatio: "none", "aria-hidden": "true", class: "over" });
    const [x, y, w, hh] = found.box_xywh_px;
    over.append(svg("rect", { x: x - shown.x, y: y - shown.y, width: w, height: hh, class: "box" }));
    for (const course of found.measured?.courses_px ?? []) {
      over.append(svg("polyline", { points: course.map(([px, py]) => `${px - shown.x},${py - shown.y}`).join(" "), class: "course" }));
    }
    over.style.display = this.boxShown ? "" : "none";
    const frame = h("div", { class: "frame" }, img, over);
    frame.style.aspectRatio = `${shown.w} / ${shown.h}`;
    frame.style.setProperty("--ratio", shown.w / shown.h);
    this.over = over;
    stage.append(
      frame,
      h("figcaption", {}, h("button", { type: "button", class: "plain", onclick: () => this.toggleBox() }, "Box"), h("a", { href: picture(this.id, "frame"), target: "_blank" }, "Whole frame")),
    );
    swipe(stage, (step) => this.step(step));
    return stage;
  }

  verdicts() {
    const button = (text, key, does, kind = "") => h("button", { type: "button", class: kind, onclick: does, title: `key ${key}` }, text, h("kbd", {}, key));
    const reasons = h("div", { class: "reasons", role: "group", "aria-label": "Why it is rejected", hidden: true });
    for (const [key, reason] of Object.entries(REASON_KEYS)) reasons.append(button(reason, key, () => this.say("reject", reason)));
    this.reasons = reasons;
    return h(
      "div",
      { class: "verdicts" },
      reasons,
      h("div", { class: "row", role: "group", "aria-label": "Verdict" },
        button("Accept", "a", () => this.say("accept"), "accept"),
        button("Reject", "r", () => this.choose(), "reject"),
        button("Unsure", "u", () => this.say("unsure"), "unsure")),
      h("div", { class: "row", role: "group", "aria-label": "Move" },
        button("Previous", "p", () => this.step(-1)),
        button("Undo", "z", () => this.undo()),
        button("Next", "n", () => this.step(1))),
    );
  }

  sayState() {
    const { state, reason } = this.found;
    this.state.textContent = reason ? `${state}: ${reason}` : state;
    this.state.dataset.state = state;
  }

  choose() {
    this.reasons.hidden = !this.reasons.hidden;
    if (!this.reasons.hidden) this.reasons.firstChild.focus();
  }

  // The next find is shown at once; the verdict is on its way. One that does not arrive is told, and its find shown again.
  async say(verdict, reason = null) {
    const id = this.id;
    const saved = store.say(id, verdict, reason);
    saved.then(
      () => details.delete(id),
      (wrong) => {
        toast(`Not saved: ${wrong.message}`);
        if (this.id !== id) go(`/finds/${id}`);
      },
    );
    const last = store.ids[this.place + 1] === undefined;
    if (!last) await this.step(1);
    else {
      await saved.catch(() => {});
      toast("That was the last find of this filter.");
    }
  }

  async undo() {
    try {
      const id = await store.undo();
      if (id === null) toast("Nothing to undo: you have not said anything since this page was opened.");
      else {
        details.delete(id);
        toast(`Undone: find ${id} stands as before.`);
        if (id === this.id) await this.show(id);
        else await this.visit(id);
      }
    } catch (wrong) {
      toast(wrong.message);
    }
  }

  async step(by) {
    const next = store.ids[this.place + by];
    if (next === undefined) toast(by > 0 ? "That was the last find of this filter." : "This is the first find of this filter.");
    else await this.visit(next);
  }

  async visit(id) {
    history.replaceState(null, "", `/finds/${id}?${store.query()}`);
    await this.show(id).catch((wrong) => toast(wrong.message));
  }

  toggleBox() {
    this.boxShown = !this.boxShown;
    if (this.over) this.over.style.display = this.boxShown ? "" : "none";
  }

  reviewed({ findId, state, reason }) {
    if (findId !== this.id || !this.found || this.found.id !== findId) return;
    Object.assign(this.found, { state, reason });
    this.sayState();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const does = {
      a: () => this.say("accept"),
      u: () => this.say("unsure"),
      r: () => this.choose(),
      n: () => this.step(1),
      ArrowRight: () => this.step(1),
      p: () => this.step(-1),
      ArrowLeft: () => this.step(-1),
      z: () => this.undo(),
      b: () => this.toggleBox(),
      Escape: () => go(`/?${store.query()}`),
    }[key];
    if (does) does();
    else if (key in REASON_KEYS) this.say("reject", REASON_KEYS[key]);
    else return;
    event.preventDefault();
  }
}

// As edge/review/pictures.py cuts it.
function crop({ box_xywh_px: [x, y, w, h], frame_wh_px: [fw, fh] }) {
  const left = Math.max(0, x - CROP_MARGIN_PX);
  const top = Math.max(0, y - CROP_MARGIN_PX);
  return { x: left, y: top, w: Math.min(fw, x + w + CROP_MARGIN_PX) - left, h: Math.min(fh, y + h + CROP_MARGIN_PX) - top };
}

function swipe(element, step) {
  let from = null;
  element.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? event.touches[0] : null), { passive: true });
  element.addEventListener("touchend", (event) => {
    const to = event.changedTouches[0];
    if (from && Math.abs(to.clientX - from.clientX) > 60 && Math.abs(to.clientY - from.clientY) < 50) step(to.clientX < from.clientX ? 1 : -1);
    from = null;
  });
}
