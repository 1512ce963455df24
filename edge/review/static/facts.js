// What the log says of a find, in words.
import { h } from "./dom.js";
import { along, widthPlot } from "./plot.js";
import { store } from "./store.js";

export function facts(found) {
  return [measures(found), neighbours(found), around(found), history(found.history), provenance(found)].filter(Boolean);
}

export function between(three, unit, digits = 2) {
  const [low, value, high] = three.map((number) => number.toFixed(digits));
  return `${value} ${unit} (95 % between ${low} and ${high})`;
}

function measures({ id, measured, mask, before }) {
  if (!measured) return section("Size", h("p", {}, "Not measured: the log has no outline of this find."), drawn(mask, before));
  return section("Size", drawn(mask, before), table(sizes(measured)), profile(id, measured));
}

function sizes(measured) {
  const rows = [];
  if (measured.below_resolution) rows.push(["width", "below what the camera resolves: no width is given"]);
  else if (measured.width_mm) rows.push(["median width", between(measured.width_mm, "mm")], ["greatest width", between(measured.width_max_mm, "mm")]);
  else rows.push(["median width", `${measured.width_px} px`]);
  if (measured.length_mm) rows.push(["length", between(measured.length_mm, "mm", 0)]);
  else rows.push(["length", `${measured.length_px} px`], ["millimetres", measured.withheld || "none: the run had no calibration"]);
  if (measured.class) rows.push(["class", `${measured.class} (${measured.standard})`]);
  return rows;
}

// From when the sizes are, where somebody drew the mask; and what was measured before, which stays in the log.
function drawn(mask, before) {
  if (!mask) return null;
  const old = before && mask.measured_again ? h("details", {}, h("summary", {}, "Before the correction"), table(sizes(before))) : null;
  return h("div", {}, h("p", { class: mask.measured_again ? "hint" : "notice" }, `${mask.sizes[0].toUpperCase()}${mask.sizes.slice(1)}.`), old);
}

function profile(id, { courses_px: courses, widths_px: widths, mm_per_px: scale, width_mm: median, width_px: px, below_resolution: below }) {
  if (below) return null;
  const by = scale ?? 1;
  const lines = courses.map((course, n) => ({ name: n ? "branches" : "width", kind: n ? "branch" : "main", at: along(course).map((s) => s * by), widths: widths[n].map((w) => (w === null ? null : w * by)) }));
  return widthPlot({ lines: lines.filter((line, n) => n < 2 || line.at.length > 1), median: median ?? (px === null ? null : [px, px, px]), unit: scale === null ? "px" : "mm", title: `Width along find ${id}` });
}

function neighbours(found) {
  const others = found.in_frame.filter((one) => one.id !== found.id);
  if (!others.length && !found.cracks.length) return null;
  const links = others.map((one) => h("li", {}, h("a", { href: `/finds/${one.id}`, "data-view": true }, `find ${one.id}, score ${store.score(one.score)}`)));
  const cracks = found.cracks.map((id) => h("li", {}, h("a", { href: `/cracks/${id}`, "data-view": true }, `part of crack ${id}`)));
  return section("In the same frame", h("ul", {}, cracks, links));
}

function around(found) {
  const rows = found.around.map((one) => {
    const name = one.find_id === null || one.seq === found.frame.seq ? one.name : h("a", { href: `/finds/${one.find_id}`, "data-view": true }, one.name);
    const says = one.status === "skipped" ? `not inspected: ${one.reason}` : one.find_id === null ? "nothing found" : "finds";
    return h("tr", { "aria-current": one.seq === found.frame.seq ? "true" : null }, h("th", { scope: "row" }, String(one.seq)), h("td", {}, name), h("td", {}, says));
  });
  return section("Frames before and after", h("table", {}, h("tbody", {}, rows)));
}

export function history(entries) {
  if (!entries.length) return null;
  const items = entries.map((one) => {
    const reason = one.reason ? `: ${one.reason}` : "";
    const note = one.note ? ` (${one.note})` : "";
    return h("li", {}, `${one.t_utc.slice(0, 16).replace("T", " ")} UTC, ${one.reviewer}: ${one.verdict}${reason}${note}`);
  });
  return section("What was said", h("ol", {}, items));
}

const provenance = (found) => section("What made it", table(Object.entries({ ...found.provenance, windows: found.windows, "box, px": found.box_xywh_px.join(", ") })));

export const section = (title, ...content) => h("section", {}, h("h2", {}, title), content.filter(Boolean));

export const table = (rows) => h("table", {}, h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, String(value))))));
