// One crack: the wall around it at each visit, its width along its way, every frame that saw it, and the verdict.
import { get, picture, piece } from "./api.js";
import { interval } from "./cracks.js";
import { h, svg, toast } from "./dom.js";
import { between, history as saidOf, section, table } from "./facts.js";
import { Judged } from "./judged.js";
import { along, widthPlot } from "./plot.js";
import { store } from "./store.js";
import { zoomable } from "./zoom.js";

export async function showCrack(view, id) {
  if (!store.crackIds.includes(id)) {
    store.readAddress();
    await store.selectCracks();
  }
  const crack = new Crack(view, id);
  const stop = new AbortController();
  const on = { signal: stop.signal };
  document.addEventListener("keydown", (event) => crack.key(event), on);
  store.addEventListener("reviewed", ({ detail }) => crack.reviewed(detail), on);
  await crack.show(id);
  return () => stop.abort();
}

class Crack extends Judged {
  kind = "crack";
  linesShown = true;

  get ids() {
    return store.crackIds;
  }

  address = (id) => `/cracks/${id}?${store.query()}`;
  above = () => `/cracks?${store.query()}`;
  forget = () => {};
  keys = () => ({ b: () => this.toggleLines(), c: () => this.compare(this.share > 0 ? 0 : 50), ...this.zoomKeys() });

  async show(id) {
    this.id = id;
    this.asked = id;
    const crack = await get(`/api/cracks/${id}`);
    if (this.asked !== id) return;
    this.crack = crack;
    this.share = 0;
    const seen = crack.history.filter((visit) => visit.courses.length);
    this.latest = seen.at(-1);
    this.before = seen.at(-2);
    document.title = `Crack ${id} · Hairline`;
    this.draw();
  }

  draw() {
    const { crack } = this;
    const back = h("a", { href: this.above(), "data-view": true, class: "back" }, "Cracks");
    const place = this.place < 0 ? "not in the filter" : `${this.place + 1} of ${this.ids.length}`;
    this.view.replaceChildren(
      h("article", { class: "find crack" },
        h("div", { class: "where" },
          h("span", { class: "position" }, back, h("strong", {}, ` Crack ${crack.id} `), `${place} · ${crack.wall}`),
          this.badge(crack.state, crack.through_finds ? "through its finds" : crack.reason),
          h("a", { href: `/wall?crack=${crack.id}`, "data-view": true }, "On the wall")),
        this.stage(),
        this.verdicts(),
        h("div", { class: "facts" }, this.profile(), this.sizes(), this.parts(), this.visits(), this.frames(), this.near(), saidOf(crack.said), this.provenance())),
    );
  }

  stage() {
    const { crack, latest, before } = this;
    if (!latest) return h("figure", { class: "stage" }, h("p", { class: "empty" }, "No visit has an outline of this crack."));
    const [left, bottom, right, top] = crack.view_mm;
    const [w, hh] = [right - left, top - bottom];
    const over = svg("svg", { viewBox: `0 0 ${w} ${hh}`, preserveAspectRatio: "none", "aria-hidden": "true", class: "over" });
    for (const course of latest.courses) over.append(svg("polygon", { points: outline(course, left, top), class: "mask" }), svg("polyline", { points: line(course, left, top), class: "course" }));
    this.spot = svg("circle", { r: Math.max(w, hh) / 90, class: "spot" });
    this.spot.style.display = "none";
    over.append(this.spot);
    this.over = over;
    const now = h("img", { src: piece(crack.id, latest.visit), alt: `The wall around crack ${crack.id} at visit ${latest.visit}` });
    const frame = h("div", { class: "frame" }, now);
    this.missing(now, `visit ${latest.visit}`);
    frame.style.aspectRatio = `${w} / ${hh}`;
    frame.style.setProperty("--ratio", w / hh);
    const caption = h("figcaption", {}, h("button", { type: "button", class: "plain", title: "key b", onclick: () => this.toggleLines() }, "Lines"));
    if (before) {
      this.old = h("img", { src: piece(crack.id, before.visit), alt: `The same at visit ${before.visit}`, class: "before" });
      this.missing(this.old, `visit ${before.visit}`);
      this.edge = h("span", { class: "edge", "aria-hidden": "true" });
      this.slider = h("input", { type: "range", min: 0, max: 100, value: 0, "aria-label": `Compare with visit ${before.visit}` });
      this.slider.addEventListener("input", () => this.compare(Number(this.slider.value)));
      frame.append(this.old, this.edge);
      caption.append(h("label", { class: "compare", title: "key c" }, `visit ${before.visit} `, this.slider, ` visit ${latest.visit}`));
    }
    frame.append(over);
    if (before) this.compare(0);
    over.style.display = this.linesShown ? "" : "none";
    const stage = h("figure", { class: "stage" }, frame, caption);
    this.zoom = zoomable(stage, frame);
    return stage;
  }

  missing(img, of) {
    img.addEventListener("error", async () => {
      const why = await fetch(img.src).then((answer) => answer.json()).catch(() => ({ error: "the picture cannot be read" }));
      img.replaceWith(h("p", { class: "empty" }, `${of}: ${why.error}`));
    });
  }

  // The earlier visit on the left of the edge, the later on its right; both show the same part of the wall.
  compare(share) {
    if (!this.before) return toast("Only one visit has seen this crack.");
    this.share = share;
    this.slider.value = share;
    this.old.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    this.edge.style.left = `${share}%`;
    // The lines are those of the later visit.
    this.over.style.clipPath = `inset(0 0 0 ${share}%)`;
    return null;
  }

  toggleLines() {
    this.linesShown = !this.linesShown;
    if (this.over) this.over.style.display = this.linesShown ? "" : "none";
  }

  profile() {
    const { crack, latest, before } = this;
    if (!latest?.width_median) return section("Width along the crack", h("p", {}, "Below what the camera resolves: no width is given."));
    const main = latest.courses[0];
    const at = along(main);
    const lines = [{ name: `visit ${latest.visit}`, kind: "main", at, widths: main.map(([, , w]) => w) }];
    if (before) lines.unshift({ name: `visit ${before.visit}`, kind: "earlier", ...laid(before.courses[0], main, at) });
    const plot = widthPlot({ lines, median: latest.width_median, unit: "mm", title: `Width along crack ${crack.id}, in mm` });
    const says = h("output", {}, "Move along the crack to read its width.");
    const place = h("input", { type: "range", min: 0, max: main.length - 1, value: 0, "aria-label": "Place along the crack" });
    const split = h("button", { type: "button", onclick: () => this.edit({ split: { xy_mm: main[Number(place.value)].slice(0, 2) } }, "split") }, "It is two cracks: split here");
    split.disabled = true;
    place.addEventListener("input", () => {
      const n = Number(place.value);
      const [x, y, w] = main[n];
      plot.point(at[n]);
      this.spot.style.display = "";
      this.spot.setAttribute("cx", x - crack.view_mm[0]);
      this.spot.setAttribute("cy", crack.view_mm[3] - y);
      says.textContent = `${at[n].toFixed(0)} mm along: ${w === null ? "no width was taken here" : `${w.toFixed(2)} mm`}`;
      split.disabled = n === 0 || n === main.length - 1;
    });
    return section("Width along the crack", plot, h("label", { class: "along" }, place, says), h("p", { class: "actions" }, split));
  }

  sizes() {
    const { latest } = this;
    if (!latest) return null;
    const rows = [["length", between(latest.length, "mm", 0)]];
    if (latest.width_median) rows.unshift(["median width", between(latest.width_median, "mm")], ["greatest width", between(latest.width_max, "mm")]);
    else rows.unshift(["width", "below what the camera resolves: no width is given"]);
    rows.push(["class", latest.class ? `${latest.class} (${latest.standard})` : "none given"], ["place known to", `${latest.place_sd_mm} mm (standard deviation)`]);
    const old = this.crack.corrected_finds;
    const says = old.length ? h("p", { class: "notice" }, `Measured before the mask of ${old.map((id) => `find ${id}`).join(", ")} was corrected.`) : null;
    return section("Size", says, table(rows));
  }

  parts() {
    const parts = this.latest?.parts ?? [];
    if (!parts.length) return null;
    const rows = parts.map((one, n) => [`${this.id}${"abcdefghijklmnopqrstuvwxyz"[n] ?? `-${n + 1}`}`, `${one.width_median ? `median ${interval(one.width_median, 2)}, ` : ""}length ${interval(one.length, 0)}`]);
    return section("Parts", table(rows), h("p", { class: "hint" }, "Split by hand. Intervals are in proportion to those of the whole crack."));
  }

  visits() {
    const rows = this.crack.history.toReversed().map((one) => {
      const says = one.change === "not seen" ? `not seen; ${Math.round(100 * one.covered_share)} % of it was looked at` : one.change;
      const sizes = [one.width_median && `median width ${interval(one.width_median, 2)}`, one.length && `length ${interval(one.length, 0)}`];
      const growth = [one.width_growth && `wider by ${interval(one.width_growth, 2)}`, one.length_growth && `longer by ${interval(one.length_growth, 0)}`];
      return [`visit ${one.visit}`, [says, ...sizes, ...growth, one.doubt].filter(Boolean).join("; ")];
    });
    return section("Visits", table(rows));
  }

  frames() {
    const shown = this.crack.sightings.map((one) => {
      const img = h("img", { src: picture(one.find_id, "small"), alt: "", loading: "lazy", width: 72, height: 72 });
      img.addEventListener("error", () => img.replaceWith(h("span", { class: "missing" }, "no picture")));
      return h("li", {}, h("a", { href: `/finds/${one.find_id}`, "data-view": true }, img, h("span", {}, `visit ${one.visit_id}, frame ${one.seq}`)));
    });
    return section(`Seen in ${shown.length} ${shown.length === 1 ? "find" : "finds"}`, h("ul", { class: "strip" }, shown));
  }

  near() {
    const { near, joined } = this.crack;
    const links = joined.map((id) => h("p", {}, "One with ", h("a", { href: `/cracks/${id}`, "data-view": true }, `crack ${id}`), "."));
    const open = near.filter((one) => !joined.includes(one.id));
    if (!links.length && !open.length) return null;
    const rows = open.map((one) =>
      h("li", {}, h("a", { href: `/cracks/${one.id}`, "data-view": true }, `crack ${one.id}`), ` ${one.gap_mm} mm away `,
        h("button", { type: "button", onclick: () => this.edit({ join: { crack_id: one.id } }, "joined") }, `It is one with crack ${one.id}: join`)));
    return section("Cracks beside it", ...links, rows.length ? h("ul", { class: "beside" }, rows) : null);
  }

  async edit(edit, reason) {
    try {
      await store.edit(this.target, edit, reason);
      toast("Kept; z takes it back. What was measured stays in the log.");
      await this.show(this.id);
    } catch (wrong) {
      toast(`Not saved: ${wrong.message}`);
    }
  }

  provenance() {
    const seen = this.crack.sightings;
    const unique = (name) => [...new Set(seen.map((one) => one[name] ?? "none"))].join("; ");
    return section("What made it", table([["model", unique("model")], ["runtime", unique("runtime")], ["threshold", unique("threshold")], ["calibration", unique("calibration")], ["source", unique("source")]]));
  }

  reviewed({ kind, id, state, reason }) {
    if (kind !== "crack" || id !== this.id || !this.crack) return;
    Object.assign(this.crack, { state, reason, through_finds: false });
    this.badge(state, reason);
  }
}

const line = (course, left, top) => course.map(([x, y]) => `${x - left},${top - y}`).join(" ");

// Along one side and back on the other, half the width away; where none was taken, a twentieth of a millimetre.
function outline(course, left, top) {
  const sides = course.map(([x, y, w], n) => {
    const [ax, ay] = course[Math.max(0, n - 1)];
    const [bx, by] = course[Math.min(course.length - 1, n + 1)];
    const long = Math.hypot(bx - ax, by - ay) || 1;
    const half = (w ?? 0.1) / 2;
    const [dx, dy] = [(-(by - ay) / long) * half, ((bx - ax) / long) * half];
    return [[x + dx - left, top - y - dy], [x - dx - left, top - y + dy]];
  });
  return [...sides.map(([one]) => one), ...sides.map(([, other]) => other).toReversed()].map((point) => point.join(",")).join(" ");
}

// An earlier course beside the later: each of its points where the later one comes nearest.
function laid(earlier, later, at) {
  const points = earlier.map(([x, y, w]) => {
    let best = [Infinity, 0];
    later.forEach(([lx, ly], n) => {
      const far = (lx - x) ** 2 + (ly - y) ** 2;
      if (far < best[0]) best = [far, at[n]];
    });
    return [best[1], w];
  });
  points.sort(([a], [b]) => a - b);
  return { at: points.map(([s]) => s), widths: points.map(([, w]) => w) };
}
