// The wall: what each frame saw of it, and the cracks on it. Drawn on a canvas, moved by wheel, drag, pinch and keys.
import { get, picture } from "./api.js";
import { h, plural } from "./dom.js";
import { go } from "./main.js";
import { store } from "./store.js";

const COLOURS = { new: "#d62839", grown: "#b5179e", unchanged: "#f59e0b", "not seen": "#6b7280" };
const FINDS = { unreviewed: "#d62839", accepted: "#15803d", rejected: "#6b7280", unsure: "#b45309" };

export async function showWall(view) {
  document.title = "Wall · Hairline";
  const wanted = new URLSearchParams(location.search).get("crack");
  const crackId = wanted === null ? null : Number(wanted);
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
    `${plural(wall.frames.length - skipped.length, "frame")} inspected, ${plural(skipped.length, "frame")} not inspected; `,
    `${plural(wall.cracks.length, "crack")}, ${plural(wall.finds.length, "measured find")}. What is white was never looked at; frames in which nothing was found have no picture.`,
  );
  const shade = h("input", { type: "checkbox", checked: true, id: "shade" });
  const colour = h("select", { id: "colour" }, h("option", { value: "state" }, "what people said"), h("option", { value: "change" }, "change since the last visit"), h("option", { value: "class" }, "class of width"));
  const controls = h("p", { class: "controls" }, h("label", {}, shade, " Coverage"), wall.cracks.length ? h("label", {}, "Cracks by ", colour) : null);
  const covered = h("ul", { class: "legend", "aria-label": "Coverage" });
  const cracks = h("ul", { class: "legend", "aria-label": "Cracks" });
  view.replaceChildren(h("article", { class: "wall" }, h("h1", {}, "Wall"), said, controls, canvas, cracks, covered));
  const map = new WallMap(canvas, wall, crackId);
  const recolour = () => {
    map.by = colour.value;
    cracks.replaceChildren(...legend(map));
    map.schedule();
  };
  shade.addEventListener("change", () => ((map.shaded = shade.checked), (covered.hidden = !shade.checked), map.schedule()));
  colour.addEventListener("change", recolour);
  recolour();
  get("/api/coverage").then((found) => lay(map, covered, found), (wrong) => covered.replaceChildren(h("li", {}, wrong.message)));
  const resized = new ResizeObserver(() => map.fit());
  resized.observe(canvas);
  return () => resized.disconnect();
}

const SETS = { change: COLOURS, state: FINDS };
const CLASSES = ["#0072b2", "#e69f00", "#d55e00", "#cc79a7", "#56b4e9"];

function legend(map) {
  const set = SETS[map.by] ?? map.classes;
  const kind = map.wall.cracks.length ? "crack" : "find";
  return Object.entries(set).map(([name, colour]) => entry(colour, map.by === "class" ? ` ${name}` : ` ${kind}, ${name}`));
}

function entry(colour, words) {
  const mark = h("span", { class: "mark" });
  mark.style.background = colour;
  return h("li", {}, mark, words);
}

// The coverage over the map, and how many square metres of each kind there are.
function lay(map, list, { map: drawn, runs }) {
  const why = runs.filter((run) => run.none).map((run) => h("li", {}, `Run ${run.run.slice(0, 8)}: ${run.none}.`));
  if (!drawn) return list.replaceChildren(...why);
  const areas = runs.find((run) => run.run === drawn.run).areas_m2;
  const says = (name) => (name === "inspected" ? "inspected" : `not inspected: ${name}`);
  const rows = Object.entries(drawn.colours).filter(([name]) => areas[name]).map(([name, colour]) => entry(colour, ` ${says(name)}, ${areas[name].toFixed(3)} m²`));
  list.replaceChildren(...rows, ...why);
  const img = new Image();
  img.addEventListener("load", () => ((map.coverage = { img, box: drawn.box_mm }), map.schedule()));
  img.src = `data:image/png;base64,${drawn.png}`;
  return null;
}

class WallMap {
  pictures = new Map();
  by = "state";
  shaded = true;
  coverage = null;

  constructor(canvas, wall, crackId) {
    Object.assign(this, { canvas, wall, crackId, pen: canvas.getContext("2d") });
    const points = [...wall.frames.flatMap((frame) => frame.corners_mm), ...wall.cracks.flatMap((crack) => crack.courses_mm.flat())];
    const wanted = wall.cracks.find((crack) => crack.id === crackId)?.courses_mm.flat() ?? points;
    this.all = bounds(wanted, crackId === null ? 0 : 40);
    const names = [...new Set(wall.cracks.map((crack) => crack.class ?? "no class"))].sort();
    this.classes = Object.fromEntries(names.map((name, n) => [name, CLASSES[n % CLASSES.length]]));
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
    if (this.shaded && this.coverage) this.overlay(this.coverage);
    if (!wall.cracks.length) for (const find of wall.finds) this.courses(find.courses_mm, FINDS[store.cards.get(find.id)?.state ?? find.state], 2.5);
    for (const crack of wall.cracks) {
      const at = crack.id === this.crackId;
      this.courses(crack.courses_mm, "#ffffff", at ? 8 : 5);
      this.courses(crack.courses_mm, this.colour(crack), at ? 5 : 2.5);
      this.label(crack);
    }
    this.scaleBar();
  }

  colour(crack) {
    if (this.by === "change") return COLOURS[crack.state];
    if (this.by === "class") return this.classes[crack.class ?? "no class"];
    return FINDS[crack.review];
  }

  overlay({ img, box: [left, bottom, right, top] }) {
    const [x0, y0] = this.at([left, top]);
    const [x1, y1] = this.at([right, bottom]);
    this.pen.imageSmoothingEnabled = false;
    this.pen.drawImage(img, x0, y0, x1 - x0, y1 - y0);
    this.pen.imageSmoothingEnabled = true;
  }

  label(crack) {
    const { pen } = this;
    const [x, y] = this.at(crack.courses_mm[0][Math.floor(crack.courses_mm[0].length / 2)]);
    const size = 13 * devicePixelRatio;
    pen.font = `600 ${size}px system-ui, sans-serif`;
    pen.lineWidth = 4 * devicePixelRatio;
    pen.strokeStyle = "#ffffff";
    pen.fillStyle = "#1b2126";
    pen.strokeText(String(crack.id), x + size / 2, y - size / 2);
    pen.fillText(String(crack.id), x + size / 2, y - size / 2);
  }

  // A round length that fills up to a fifth of the map.
  scaleBar() {
    const { pen, canvas } = this;
    const most = canvas.width / 5 / this.scale;
    const power = 10 ** Math.floor(Math.log10(most));
    const long = [5, 2, 1].map((one) => one * power).find((one) => one <= most);
    const [x, y, r] = [14 * devicePixelRatio, canvas.height - 14 * devicePixelRatio, devicePixelRatio];
    pen.fillStyle = "rgba(255, 255, 255, 0.85)";
    pen.fillRect(x - 6 * r, y - 24 * r, long * this.scale + 12 * r, 32 * r);
    pen.fillStyle = "#1b2126";
    pen.fillRect(x, y, long * this.scale, 3 * r);
    pen.font = `${12 * r}px system-ui, sans-serif`;
    pen.fillText(long >= 1000 ? `${long / 1000} m` : `${long} mm`, x, y - 6 * r);
  }

  frame(frame) {
    const { pen } = this;
    const corners = frame.corners_mm.map((corner) => this.at(corner));
    pen.beginPath();
    corners.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = frame.skipped ? "#ece4e4" : "#dfe4e8";
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
    const { width, height } = this.canvas;
    if (Math.max(a[0], b[0], d[0]) < 0 || Math.min(a[0], b[0], d[0]) > width || Math.max(a[1], b[1], d[1]) < 0 || Math.min(a[1], b[1], d[1]) > height) return;
    // As large as it takes: a wall of a thousand frames is not loaded whole.
    const size = Math.hypot(b[0] - a[0], b[1] - a[1]) > 480 ? "frame" : "overview";
    const key = `${frame.find_id}/${size}`;
    let img = this.pictures.get(key);
    if (!img) {
      img = new Image();
      img.addEventListener("load", () => this.schedule());
      img.src = picture(frame.find_id, size);
      this.pictures.set(key, img);
      if (this.pictures.size > 300) this.pictures.delete(this.pictures.keys().next().value);
    }
    if (!img.complete || !img.naturalWidth) img = this.pictures.get(`${frame.find_id}/overview`) ?? img;
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

  // What lies at (px, py) of the page's pixels, from the canvas's corner, stays there; without them, its middle.
  zoom(factor, px = this.canvas.clientWidth / 2, py = this.canvas.clientHeight / 2) {
    const [dx, dy] = [px * devicePixelRatio - this.canvas.width / 2, py * devicePixelRatio - this.canvas.height / 2];
    this.x += (dx / this.scale) * (1 - 1 / factor);
    this.y -= (dy / this.scale) * (1 - 1 / factor);
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
    canvas.addEventListener("wheel", (event) => (event.preventDefault(), this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY)), { passive: false });
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
        const box = canvas.getBoundingClientRect();
        this.zoom(apart(event) / Math.max(1, apart(before)), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
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

  // The crack under the pointer, the nearest first; where the log has none, the find.
  open(event) {
    const x = event.offsetX * devicePixelRatio;
    const y = event.offsetY * devicePixelRatio;
    let best = { far: 14 * devicePixelRatio, address: null };
    const kind = this.wall.cracks.length ? "cracks" : "finds";
    for (const one of this.wall[kind]) {
      for (const point of one.courses_mm.flat()) {
        const [px, py] = this.at(point);
        const far = Math.hypot(px - x, py - y);
        if (far < best.far) best = { far, address: `/${kind}/${one.id}` };
      }
    }
    if (best.address !== null) go(best.address);
  }
}

function bounds(points, margin) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { left: Math.min(...xs) - margin, right: Math.max(...xs) + margin, bottom: Math.min(...ys) - margin, top: Math.max(...ys) + margin };
}
