// The width of a crack along its way, as a plot with axes, units and the interval of the median.
import { h, svg } from "./dom.js";

const W = 380;
const H = 170;
const PAD = { left: 38, right: 12, top: 20, bottom: 36 };

// Lengths along a line of points [x, y, ...].
export function along(points) {
  let sum = 0;
  return points.map(([x, y], n) => {
    if (n) sum += Math.hypot(x - points[n - 1][0], y - points[n - 1][1]);
    return sum;
  });
}

// `lines`: [{ name, kind, at, widths }], where a width that was not taken is null; `median`: [low, value, high] or null.
export function widthPlot({ lines, median, unit, title }) {
  const far = Math.max(1e-6, ...lines.flatMap(({ at }) => at));
  const wide = 1.15 * Math.max(1e-6, median?.[2] ?? 0, ...lines.flatMap(({ widths }) => widths.filter((value) => value !== null)));
  const x = (value) => PAD.left + (value / far) * (W - PAD.left - PAD.right);
  const y = (value) => H - PAD.bottom - (value / wide) * (H - PAD.top - PAD.bottom);
  const plot = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "plot", role: "img", "aria-label": title });
  if (median) {
    plot.append(svg("rect", { x: PAD.left, width: W - PAD.left - PAD.right, y: y(median[2]), height: Math.max(1, y(median[0]) - y(median[2])), class: "band" }));
    plot.append(svg("line", { x1: PAD.left, x2: W - PAD.right, y1: y(median[1]), y2: y(median[1]), class: "median" }));
  }
  for (const value of ticks(wide)) {
    plot.append(svg("line", { x1: PAD.left, x2: W - PAD.right, y1: y(value), y2: y(value), class: "rule" }));
    plot.append(svg("text", { x: PAD.left - 6, y: y(value) + 4, "text-anchor": "end" }, number(value)));
  }
  for (const value of ticks(far)) plot.append(svg("text", { x: x(value), y: H - PAD.bottom + 15, "text-anchor": "middle" }, number(value)));
  plot.append(svg("text", { x: W - PAD.right, y: H - 5, "text-anchor": "end" }, `along the crack, ${unit}`));
  plot.append(svg("text", { x: 4, y: 11, "text-anchor": "start" }, unit));
  for (const { kind, at, widths } of lines) plot.append(svg("path", { d: path(at, widths, x, y), class: `line ${kind}` }));
  const mark = svg("line", { y1: PAD.top, y2: H - PAD.bottom, class: "here" });
  mark.style.display = "none";
  plot.append(mark);
  const keys = [...new Map(lines.map(({ name, kind }) => [name, kind]))];
  const legend = lines.length > 1 || median ? h("figcaption", {}, keys.map(([name, kind]) => h("span", { class: `key ${kind}` }, name)), median && h("span", { class: "key band" }, "median, 95 % interval")) : null;
  const figure = h("figure", { class: "profile" }, plot, legend);
  figure.point = (value) => {
    mark.style.display = "";
    mark.setAttribute("x1", x(value));
    mark.setAttribute("x2", x(value));
  };
  return figure;
}

function path(at, widths, x, y) {
  let drawing = false;
  return widths
    .map((value, n) => {
      if (value === null) return ((drawing = false), "");
      const step = `${drawing ? "L" : "M"}${x(at[n]).toFixed(1)} ${y(value).toFixed(1)}`;
      drawing = true;
      return step;
    })
    .join("");
}

function ticks(most) {
  const raw = most / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((one) => one * power >= raw) * power;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step);
}

const number = (value) => String(Number(value.toPrecision(3)));
