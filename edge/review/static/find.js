// One find: its picture, what the log knows of it, and the verdict.
import { get, picture } from "./api.js";
import { correctMask, paintCounts } from "./brush.js";
import { h, svg, toast } from "./dom.js";
import { facts } from "./facts.js";
import { Judged, swipe } from "./judged.js";
import { store } from "./store.js";
import { zoomable } from "./zoom.js";

const AHEAD = 4;
const CROP_MARGIN_PX = 48;
const MAX_CROP_PX = 1600;
const details = new Map();

// Asked for once, kept while it is near: the next find is there before the key is pressed.
function detail(id) {
  if (!details.has(id)) {
    const asked = get(`/api/finds/${id}`);
    asked.then((found) => (new Image().src = picture(id, shownSize(found))), () => details.delete(id));
    details.set(id, asked);
    if (details.size > 50) details.delete(details.keys().next().value);
  }
  return details.get(id);
}

const shownSize = (found) => (found.plain_xywh_px ? "plain" : "crop");

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

class Find extends Judged {
  kind = "find";
  boxShown = true;

  get ids() {
    return store.ids;
  }

  get place() {
    return store.places.get(this.id) ?? -1;
  }

  address = (id) => `/finds/${id}?${store.query()}`;
  above = () => `/?${store.query()}`;
  forget = (id) => details.delete(id);
  keys = () => ({ b: () => this.toggleBox(), m: () => this.correct(), ...this.zoomKeys() });

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
    this.view.replaceChildren(
      h(
        "article",
        { class: "find" },
        h("div", { class: "where" }, this.position(), this.badge(found.state, found.reason), h("span", { class: "score" }, `score ${store.score(found.score)}`)),
        this.stage(),
        this.verdicts(),
        h("div", { class: "facts" }, facts(found)),
      ),
    );
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
    const img = h("img", { src: picture(this.id, shownSize(found)), alt: `Find ${this.id}, cut out of frame ${found.frame.name}` });
    const failed = async () => {
      const why = await fetch(img.src).then((answer) => answer.json()).catch(() => ({ error: "The picture cannot be read." }));
      stage.replaceChildren(h("p", { class: "empty" }, why.error));
    };
    img.addEventListener("error", failed);
    this.over = drawnOver(found, shown);
    const frame = h("div", { class: "frame" }, img, this.over);
    frame.style.aspectRatio = `${shown.w} / ${shown.h}`;
    frame.style.setProperty("--ratio", shown.w / shown.h);
    this.dress();
    stage.append(
      frame,
      h("figcaption", {},
        h("button", { type: "button", class: "plain", onclick: () => this.toggleBox(), title: "key b" }, "Lines"),
        h("button", { type: "button", class: "plain", onclick: () => this.correct(), title: "key m" }, "Correct the mask"),
        h("a", { href: picture(this.id, "drawn"), target: "_blank" }, "Whole frame")),
    );
    this.zoom = zoomable(stage, frame);
    swipe(stage, (step) => this.step(step));
    return stage;
  }

  toggleBox() {
    this.boxShown = !this.boxShown;
    this.dress();
  }

  dress() {
    if (this.over) this.over.style.display = this.boxShown ? "" : "none";
  }

  async correct() {
    const { found, id } = this;
    const shown = crop(found);
    if (!found.has_picture) return toast("The log has no picture of this frame to draw a mask on.");
    if (Math.max(shown.w, shown.h) > MAX_CROP_PX && !found.plain_xywh_px) return toast("This find is too large to draw on: its picture is made smaller.");
    if (!(await correctMask(found, shown, picture(id, shownSize(found))))) return null;
    details.delete(id);
    return this.show(id);
  }

  reviewed({ kind, id, state, reason }) {
    if (kind !== "find" || id !== this.id || this.found?.id !== id) return;
    Object.assign(this.found, { state, reason });
    this.badge(state, reason);
  }
}

// The box, the mask and the centreline over the picture: the mask that somebody drew stands in for the measured one.
function drawnOver(found, shown) {
  const over = svg("svg", { viewBox: `0 0 ${shown.w} ${shown.h}`, preserveAspectRatio: "none", "aria-hidden": "true", class: "over" });
  const [x, y, w, hh] = found.box_xywh_px;
  const points = (course) => course.map(([px, py]) => `${px - shown.x + 0.5},${py - shown.y + 0.5}`).join(" ");
  over.append(svg("rect", { x: x - shown.x, y: y - shown.y, width: w, height: hh, class: "box" }));
  if (found.mask) {
    const [mx, my, mw, mh] = found.mask.box_xywh_px;
    over.append(svg("image", { x: mx - shown.x, y: my - shown.y, width: mw, height: mh, href: paintCounts(found.mask) }));
    return over;
  }
  for (const outline of found.measured?.outlines_px ?? []) over.append(svg("polygon", { points: points(outline), class: "mask" }));
  for (const course of found.measured?.courses_px ?? []) over.append(svg("polyline", { points: points(course), class: "course" }));
  return over;
}

// What the picture shows of its frame: the plain picture's own box, or as edge/review/pictures.py cuts it.
function crop({ plain_xywh_px: plain, box_xywh_px: [x, y, w, h], frame_wh_px: [fw, fh] }) {
  if (plain) return { x: plain[0], y: plain[1], w: plain[2], h: plain[3] };
  const left = Math.max(0, x - CROP_MARGIN_PX);
  const top = Math.max(0, y - CROP_MARGIN_PX);
  return { x: left, y: top, w: Math.min(fw, x + w + CROP_MARGIN_PX) - left, h: Math.min(fh, y + h + CROP_MARGIN_PX) - top };
}
