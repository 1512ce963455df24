// The wall: what each frame saw of it, and the cracks on it. Drawn on a canvas, moved by wheel, drag, pinch and keys.
import { get, picture } from "./api.js";
import { h, plural } from "./dom.js";
import { go } from "./main.js";
import { store } from "./store.js";

const COLOURS = { new: "#d62839", grown: "#b5179e", unchanged: "#f59e0b", "not seen": "#6b7280" };
const FINDS = { unreviewed: "#d62839", accepted: "#15803d", rejected: "#6b7280", unsure: "#b45309" };

export async function showWall(view, crackId = null) {
  document.title = "Wall · Hairline";
  const wall = await get("/api/wall");
  if (wall.none && !wall.cracks.length) {
    view.replaceChildren(h("article", { class: "wall" }, h("h1", {}, "Wall"), h("p", { class: "empty" }, wall.none)));
    return () => {};
  }
  const canvas = h("canvas", { tabindex: 0, role: "img", "aria-label": "Map of the wall. Arrow keys move it, plus and minus zoom." });
  const skipped = wall.frames.filter((frame) => frame.skipped);
  const said = h(
    "p",
    { role: "status" },
    `${plural(wall.frames.length - skipped.length, "frame")} inspected, ${plural(skipped.length, "frame")} not inspected (red); `,
    `${plural(wall.cracks.length, "crack")}, ${plural(wall.finds.length, "measured find")}. What is white was not looked at.`,
  );
  const reasons = h("ul", { class: "legend" }, legend(skipped));
  view.replaceChildren(h("article", { class: "wall" }, h("h1", {}, "Wall"), said, canvas, reasons));
  const map = new WallMap(canvas, wall, crackId);
  const resized = new ResizeObserver(() => map.fit());
  resized.observe(canvas);
  return () => resized.disconnect();
}

function legend(skipped) {
  const counts = {};
  for (const { skipped: why } of skipped) counts[why] = (counts[why] ?? 0) + 1;
  const whys = Object.entries(counts).map(([why, n]) => h("li", {}, `not inspected: ${why} (${n})`));
  const states = Object.entries(COLOURS).map(([state, colour]) => {
    const mark = h("span", { class: "mark" });
    mark.style.background = colour;
    return h("li", {}, mark, ` crack, ${state}`);
  });
  return [...states, ...whys];
}

class WallMap {
  pictures = new Map();

  constructor(canvas, wall, crackId) {
    Object.assign(this, { canvas, wall, crackId, pen: canvas.getContext("2d") });
    const points = [...wall.frames.flatMap((frame) => frame.corners_mm), ...wall.cracks.flatMap((crack) => crack.courses_mm.flat())];
    const wanted = wall.cracks.find((crack) => crack.id === crackId)?.courses_mm.flat() ?? points;
    this.all = bounds(wanted, crackId === null ? 0 : 100);
    this.listen();
    this.fit();
  }

  fit() {
    const { canvas, all } = this;
    canvas.width = canvas.clientWidth * devicePixelRatio;
    canvas.height = canvas.clientHeight * devicePixelRatio;
    this.scale = 0.95 * Math.min(canvas.width / (all.right - all.left), canvas.height / (all.top - all.bottom));
    this.x = (all.left + all.right) / 2;
    this.y = (all.top + all.bottom) / 2;
    this.draw();
  }

  at([x, y]) {
    return [this.canvas.width / 2 + (x - this.x) * this.scale, this.canvas.height / 2 - (y - this.y) * this.scale];
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.draw();
    });
  }

  draw() {
    const { pen, canvas, wall } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (const frame of wall.frames) this.frame(frame);
    for (const find of wall.finds) {
      const state = store.cards.get(find.id)?.state ?? "unreviewed";
      this.courses(find.courses_mm, FINDS[state], 1.5);
    }
    for (const crack of wall.cracks) this.courses(crack.courses_mm, COLOURS[crack.state], crack.id === this.crackId ? 5 : 3);
  }

  frame(frame) {
    const { pen } = this;
    const corners = frame.corners_mm.map((corner) => this.at(corner));
    pen.beginPath();
    corners.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = frame.skipped ? "#f3c9c9" : "#dfe4e8";
    pen.fill();
    if (frame.has_picture && frame.find_id) this.texture(frame, corners);
    pen.strokeStyle = frame.skipped ? "#a33" : "#9aa5ae";
    pen.setLineDash(frame.skipped ? [6, 4] : []);
    pen.lineWidth = 1;
    pen.stroke();
    pen.setLineDash([]);
  }

  // A parallelogram of three corners: a camera that is nearly square to the wall sees little else.
  texture(frame, [a, b, , d]) {
    let img = this.pictures.get(frame.find_id);
    if (!img) {
      img = new Image();
      img.addEventListener("load", () => this.schedule());
      img.src = picture(frame.find_id, "frame");
      this.pictures.set(frame.find_id, img);
    }
    if (!img.complete || !img.naturalWidth) return;
    const [w, hh] = [img.naturalWidth, img.naturalHeight];
    const { pen } = this;
    pen.save();
    pen.setTransform((b[0] - a[0]) / w, (b[1] - a[1]) / w, (d[0] - a[0]) / hh, (d[1] - a[1]) / hh, a[0], a[1]);
    pen.drawImage(img, 0, 0);
    pen.restore();
  }

  courses(courses, colour, width) {
    const { pen } = this;
    pen.strokeStyle = colour;
    pen.lineWidth = width * devicePixelRatio;
    for (const course of courses) {
      pen.beginPath();
      course.forEach((point, n) => {
        const [x, y] = this.at(point);
        if (n) pen.lineTo(x, y);
        else pen.moveTo(x, y);
      });
      pen.stroke();
    }
  }

  zoom(factor) {
    this.scale *= factor;
    this.schedule();
  }

  pan(dx, dy) {
    this.x -= (dx * devicePixelRatio) / this.scale;
    this.y += (dy * devicePixelRatio) / this.scale;
    this.schedule();
  }

  listen() {
    const { canvas } = this;
    const down = new Map();
    let moved = 0;
    canvas.addEventListener("wheel", (event) => (event.preventDefault(), this.zoom(Math.exp(-event.deltaY / 400))), { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, event);
      moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return;
      if (down.size === 2) {
        const other = [...down.values()].find((one) => one.pointerId !== event.pointerId);
        const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
        this.zoom(apart(event) / Math.max(1, apart(before)));
      } else this.pan(event.clientX - before.clientX, event.clientY - before.clientY);
      moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
      down.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => down.delete(event.pointerId));
    canvas.addEventListener("click", (event) => moved < 6 && this.open(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key in steps) this.pan(...steps[event.key]);
    else if (event.key === "+") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  // The find or the frame under the pointer, the nearest first.
  open(event) {
    const x = event.offsetX * devicePixelRatio;
    const y = event.offsetY * devicePixelRatio;
    let best = { far: 12 * devicePixelRatio, id: null };
    for (const find of this.wall.finds) {
      for (const point of find.courses_mm.flat()) {
        const [px, py] = this.at(point);
        const far = Math.hypot(px - x, py - y);
        if (far < best.far) best = { far, id: find.id };
      }
    }
    if (best.id !== null) go(`/finds/${best.id}`);
  }
}

function bounds(points, margin) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { left: Math.min(...xs) - margin, right: Math.max(...xs) + margin, bottom: Math.min(...ys) - margin, top: Math.max(...ys) + margin };
}
