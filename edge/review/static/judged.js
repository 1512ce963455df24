// What a find and a crack have in common: the verdict, its keys, and moving on to the next.
import { h, toast } from "./dom.js";
import { REASON_KEYS } from "./keys.js";
import { go } from "./main.js";
import { store } from "./store.js";

// A view of one thing. It knows its `kind`, the `ids` of its neighbours in order, and how to `show(id)` one of them.
export class Judged {
  constructor(view, id) {
    this.view = view;
    this.id = id;
  }

  get place() {
    return this.ids.indexOf(this.id);
  }

  get target() {
    return { kind: this.kind, id: this.id };
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

  zoomKeys() {
    return { "+": () => this.zoom?.by(1.5), "-": () => this.zoom?.by(1 / 1.5), 0: () => this.zoom?.fit() };
  }

  badge(state, reason) {
    this.state ??= h("span", { class: "state" });
    this.state.textContent = reason ? `${state}: ${reason}` : state;
    this.state.dataset.state = state;
    return this.state;
  }

  choose() {
    this.reasons.hidden = !this.reasons.hidden;
    if (!this.reasons.hidden) this.reasons.firstChild.focus();
  }

  // The next is shown at once; the verdict is on its way. One that does not arrive is told, and shown again.
  async say(verdict, reason = null) {
    const { id } = this;
    const saved = store.say(this.target, verdict, reason);
    saved.then(
      () => this.forget(id),
      (wrong) => {
        toast(`Not saved: ${wrong.message}`);
        if (this.id !== id) go(this.address(id));
      },
    );
    if (this.ids[this.place + 1] !== undefined) await this.step(1);
    else {
      await saved.catch(() => {});
      toast(`That was the last ${this.kind} of this filter.`);
    }
  }

  async undo() {
    try {
      const target = await store.undo();
      if (target === null) toast("Nothing to undo: you have not said anything since this page was opened.");
      else if (target.kind !== this.kind) go(`/${target.kind}s/${target.id}`);
      else {
        this.forget(target.id);
        toast(`Undone: ${target.kind} ${target.id} stands as before.`);
        if (target.id === this.id) await this.show(target.id);
        else await this.visit(target.id);
      }
    } catch (wrong) {
      toast(wrong.message);
    }
  }

  async step(by) {
    const next = this.ids[this.place + by];
    if (next === undefined) toast(by > 0 ? `That was the last ${this.kind} of this filter.` : `This is the first ${this.kind} of this filter.`);
    else await this.visit(next);
  }

  async visit(id) {
    history.replaceState(null, "", this.address(id));
    await this.show(id).catch((wrong) => toast(wrong.message));
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
      Escape: () => go(this.above()),
      ...this.keys(),
    }[key];
    if (does) does();
    else if (key in REASON_KEYS) this.say("reject", REASON_KEYS[key]);
    else return;
    event.preventDefault();
  }
}

export function swipe(element, step) {
  let from = null;
  element.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? event.touches[0] : null), { passive: true });
  element.addEventListener("touchend", (event) => {
    const to = event.changedTouches[0];
    if (from && Math.abs(to.clientX - from.clientX) > 60 && Math.abs(to.clientY - from.clientY) < 50) step(to.clientX < from.clientX ? 1 : -1);
    from = null;
  });
}
