// Drawing a mask: what is measured stays in the log, what is drawn is added to it.
import { h, plural, toast } from "./dom.js";
import { store } from "./store.js";

const INK = [74, 215, 255, 150];

// Runs of 0 and 1 in turn, column after column: COCO's counts.
function countsOf(mask, w, hh) {
  const counts = [];
  let value = 0;
  let run = 0;
  for (let x = 0; x < w; x += 1) {
    for (let y = 0; y < hh; y += 1) {
      const here = mask[4 * (y * w + x) + 3] > 127 ? 1 : 0;
      if (here !== value) {
        counts.push(run);
        run = 0;
        value = here;
      }
      run += 1;
    }
  }
  counts.push(run);
  return counts;
}

function fill(pen, { box_xywh_px: [, , w, hh], counts }) {
  const picture = pen.createImageData(w, hh);
  let at = 0;
  counts.forEach((run, n) => {
    for (let end = at + run; at < end; at += 1) {
      if (n % 2) picture.data.set(INK, 4 * ((at % hh) * w + Math.floor(at / hh)));
    }
  });
  return picture;
}

export function paintCounts(mask) {
  const [, , w, hh] = mask.box_xywh_px;
  const canvas = h("canvas", { width: w, height: hh });
  const pen = canvas.getContext("2d");
  pen.putImageData(fill(pen, mask), 0, 0);
  return canvas.toDataURL();
}

// Answers whether a mask was saved. `shown` is the part of the frame that the picture at `source` shows.
export function correctMask(found, shown, source) {
  return new Promise((resolve) => new Brush(found, shown, source, resolve));
}

class Brush {
  size = 5;
  erasing = false;
  strokes = [];

  constructor(found, shown, source, resolve) {
    Object.assign(this, { found, shown, saved: false });
    this.canvas = h("canvas", { width: shown.w, height: shown.h, class: "paint", tabindex: 0, role: "application", "aria-label": "The mask. Paint with the pointer; or move with the arrow keys and paint with Space." });
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    this.cursor = [shown.w / 2, shown.h / 2];
    const img = h("img", { src: source, alt: `Find ${found.id}` });
    const sheet = h("div", { class: "sheet" }, img, this.canvas, (this.cross = h("span", { class: "cross", "aria-hidden": "true" })));
    // The sheet has the picture's shape, so that what is painted lies where it is seen, and fits into the window.
    sheet.style.aspectRatio = `${shown.w} / ${shown.h}`;
    sheet.style.width = `min(100%, ${(62 * shown.w) / shown.h}vh)`;
    this.said = h("p", { class: "hint", role: "status" });
    this.box = h("dialog", { class: "brush", "aria-label": "Correct the mask" }, h("h2", {}, "Correct the mask"), sheet, this.tools(), this.said);
    this.box.addEventListener("close", () => (this.box.remove(), resolve(this.saved)));
    document.body.append(this.box);
    this.begin();
    this.listen();
    this.box.showModal();
    this.canvas.focus();
  }

  tools() {
    const size = h("input", { type: "range", min: 1, max: 40, value: this.size, "aria-label": "Brush, pixels" });
    const says = h("output", {}, `${this.size} px`);
    size.addEventListener("input", () => ((this.size = Number(size.value)), (says.textContent = `${this.size} px`)));
    this.eraser = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.erase() }, "Erase", h("kbd", {}, "e"));
    const button = (text, does, kind = "") => h("button", { type: "button", class: kind, onclick: does }, text);
    return h("div", { class: "actions" },
      h("label", { class: "slider" }, "Brush ", size, says),
      this.eraser,
      button("Back one stroke", () => this.back()),
      button("Clear", () => (this.keep(), this.pen.clearRect(0, 0, this.shown.w, this.shown.h), this.tell())),
      button("Save", () => this.save(), "primary"),
      button("Cancel", () => this.box.close()));
  }

  begin() {
    const { pen, found, shown } = this;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = pen.fillStyle = `rgb(${INK.slice(0, 3).join(" ")})`;
    if (found.mask) {
      const [x, y] = found.mask.box_xywh_px;
      pen.putImageData(fill(pen, found.mask), x - shown.x, y - shown.y);
    }
    // The measured mask: each course as wide as it was measured; a pixel where no width was taken.
    else found.measured?.courses_px.forEach((course, n) => course.forEach(([x, y], at) => {
      if (!at) return;
      const [px, py] = course[at - 1];
      pen.lineWidth = Math.max(1, found.measured.widths_px[n][at] ?? 1);
      this.line([px - shown.x + 0.5, py - shown.y + 0.5], [x - shown.x + 0.5, y - shown.y + 0.5]);
    }));
    this.tell();
  }

  line([x0, y0], [x1, y1]) {
    const { pen } = this;
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.lineTo(x1 + 0.01, y1);
    pen.stroke();
  }

  stroke(from, to) {
    this.pen.globalCompositeOperation = this.erasing ? "destination-out" : "source-over";
    this.pen.lineWidth = this.size;
    this.line(from, to);
    this.pen.globalCompositeOperation = "source-over";
  }

  listen() {
    const { canvas } = this;
    let last = null;
    const place = (event) => {
      const at = canvas.getBoundingClientRect();
      return [((event.clientX - at.left) / at.width) * this.shown.w, ((event.clientY - at.top) / at.height) * this.shown.h];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.keep();
      last = place(event);
      this.stroke(last, last);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const now = place(event);
      this.stroke(last, now);
      last = now;
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => last && ((last = null), this.tell()));
    this.box.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const [x, y] = this.cursor;
    const step = Math.max(1, this.size / 2);
    const to = { ArrowLeft: [x - step, y], ArrowRight: [x + step, y], ArrowUp: [x, y - step], ArrowDown: [x, y + step] }[event.key];
    if (event.target.closest("input")) return;
    if (to) {
      this.cursor = [Math.min(this.shown.w, Math.max(0, to[0])), Math.min(this.shown.h, Math.max(0, to[1]))];
      this.cross.style.left = `${(100 * this.cursor[0]) / this.shown.w}%`;
      this.cross.style.top = `${(100 * this.cursor[1]) / this.shown.h}%`;
      this.cross.classList.add("shown");
    } else if (event.key === " " && event.target === this.canvas) {
      this.keep();
      this.stroke(this.cursor, this.cursor);
      this.tell();
    } else if (event.key === "e") this.erase();
    else if (event.key === "z") this.back();
    else return;
    event.preventDefault();
  }

  erase() {
    this.erasing = !this.erasing;
    this.eraser.setAttribute("aria-pressed", this.erasing);
  }

  keep() {
    this.strokes.push(this.pen.getImageData(0, 0, this.shown.w, this.shown.h));
    if (this.strokes.length > 20) this.strokes.shift();
  }

  back() {
    const before = this.strokes.pop();
    if (before) this.pen.putImageData(before, 0, 0);
    this.tell();
  }

  counts() {
    const { w, h: hh } = this.shown;
    return countsOf(this.pen.getImageData(0, 0, w, hh).data, w, hh);
  }

  tell() {
    const pixels = this.counts().reduce((sum, run, n) => sum + (n % 2 ? run : 0), 0);
    this.said.textContent = `${plural(pixels, "pixel")} of crack. Saving measures it anew; what was measured before stays in the log.`;
  }

  async save() {
    const { found, shown } = this;
    try {
      await store.edit({ kind: "find", id: found.id }, { mask: { box_xywh_px: [shown.x, shown.y, shown.w, shown.h], counts: this.counts() } }, "mask corrected");
      this.saved = true;
      toast("The mask is kept; z takes it back.");
      this.box.close();
    } catch (wrong) {
      this.said.textContent = `Not saved: ${wrong.message}`;
      this.said.className = "notice error";
    }
  }
}
