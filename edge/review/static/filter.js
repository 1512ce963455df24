// The bar above the grid: what is let through, in which order, how large.
import { get, part, picture } from "./api.js";
import { dialog, h, plural } from "./dom.js";
import { store } from "./store.js";

const STATES = ["unreviewed", "accepted", "rejected", "unsure"];
const ORDERS = {
  nearest: "nearest the threshold",
  highest: "highest score",
  lowest: "lowest score",
  widest: "widest",
  longest: "longest",
  position: "position",
};

export function bar(changed, resized) {
  const element = h("form", { class: "filter", "aria-label": "Filter" });
  element.addEventListener("submit", (event) => event.preventDefault());
  const set = (name, value) => {
    if (value) store.filter[name] = value;
    else delete store.filter[name];
    changed();
    update();
  };
  const states = STATES.map((state) => stateChip(state, set));
  const clear = h("button", { type: "button", class: "plain", onclick: () => ((store.filter = {}), build(), changed()) }, "Clear");

  function update() {
    const wanted = (store.filter.state || "").split(",").filter(Boolean);
    states.forEach((chip, n) => {
      chip.setAttribute("aria-pressed", wanted.includes(STATES[n]));
      chip.lastChild.textContent = store.log.states[STATES[n]].toLocaleString("en");
    });
    clear.hidden = !Object.keys(store.filter).some((name) => name !== "order");
  }

  function build() {
    element.replaceChildren(
      h("div", { class: "chips", role: "group", "aria-label": "State" }, states),
      threshold(set),
      ...choices(set),
      choice("Sort", "order", Object.entries(ORDERS), set, "nearest"),
      sizes(resized),
      clear,
    );
    update();
  }
  build();
  return { element, update };
}

function stateChip(state, set) {
  const toggle = () => {
    const wanted = new Set((store.filter.state || "").split(",").filter(Boolean));
    if (!wanted.delete(state)) wanted.add(state);
    set("state", STATES.filter((one) => wanted.has(one)).join(","));
  };
  return h("button", { type: "button", class: `chip ${state}`, onclick: toggle }, `${state} `, h("span", {}, "0"));
}

// One step of the slider is one step of the network's int8 output. Above the threshold the grid is filtered; below it,
// the log's scores say what would appear.
function threshold(set) {
  const levels = store.log.levels;
  const own = store.log.threshold ?? 0;
  if (!levels.length) return "";
  const at = (score) => Math.max(0, levels.findIndex((level) => level >= score * (1 - 1e-6)));
  const now = Number(store.filter.score_min || own);
  const said = h("output", {}, store.score(now));
  const effect = h("span", { class: "effect", role: "status" });
  const slider = h("input", { type: "range", min: Math.min(at(0.02), at(own)), max: levels.length - 1, value: at(now), "aria-label": "Threshold" });
  const score = () => (Number(slider.value) === at(own) ? own : levels[Number(slider.value)]);
  let asking = 0;
  const look = async () => {
    const wanted = score();
    const place = Number(slider.value);
    if (place === at(own)) return effect.replaceChildren();
    try {
      const found = await get(`/api/threshold?score=${wanted}`);
      if (Number(slider.value) === place) effect.replaceChildren(...told(found));
    } catch (wrong) {
      effect.replaceChildren(wrong.message);
    }
    return null;
  };
  slider.addEventListener("input", () => {
    said.textContent = store.score(score());
    slider.setAttribute("aria-valuetext", said.textContent);
    clearTimeout(asking);
    asking = setTimeout(look, 150);
  });
  slider.addEventListener("change", () => set("score_min", Number(slider.value) > at(own) ? String(levels[Number(slider.value)]) : ""));
  if (now > own) look();
  return h("span", { class: "threshold" }, h("label", { class: "slider" }, "Threshold ", slider, said), effect);
}

function told(found) {
  const words = found.score > (store.log.threshold ?? 0)
    ? `${plural(found.disappear, "find")} would disappear`
    : `${plural(found.appear, "find")} would appear${found.grown ? `, ${found.grown} grow` : ""}${found.all_frames ? "" : ` in the last ${found.frames.toLocaleString("en")} frames`}`;
  const show = h("button", { type: "button", class: "plain", onclick: () => showThem(found) }, "Show");
  return found.examples.length || found.disappear_ids.length ? [words, show] : [words];
}

function showThem(found) {
  const tile = (source, words, link) => {
    const img = h("img", { src: source, alt: "", loading: "lazy" });
    img.addEventListener("error", () => img.replaceWith(h("span", { class: "missing" }, "no picture")));
    return h("li", {}, link ? h("a", { href: link, "data-view": true }, img) : img, words);
  };
  const none = (one) => h("li", {}, h("span", { class: "missing" }, "no picture: frames without finds are not kept"), `${store.score(one.score)} · ${one.name}`);
  const tiles = found.disappear
    ? found.disappear_ids.map((id) => tile(picture(id, "medium"), `find ${id}`, `/finds/${id}`))
    : found.examples.map((one) => (one.has_picture ? tile(part(one), `${store.score(one.score)} · ${one.name}`) : none(one)));
  const all = found.disappear || found.appear;
  const title = `Would ${found.disappear ? "disappear" : "appear"} at ${store.score(found.score)}`;
  const box = dialog(title, h("p", {}, tiles.length < all ? `${tiles.length} of ${all}, the highest scores first.` : ""), h("ul", { class: "strip large" }, tiles));
  box.classList.add("wide");
  box.addEventListener("click", (event) => event.target.closest("a") && box.close());
}

function choices(set) {
  const { log } = store;
  const shown = [];
  if (log.reasons_used.length) shown.push(choice("Reason", "reason", log.reasons_used.map((one) => [one, one]), set));
  if (log.classes.length) shown.push(choice("Class", "class", log.classes.map((one) => [one, one]), set));
  const visits = [...new Set(log.runs.map((run) => run.visit).filter((visit) => visit !== null))];
  if (visits.length > 1) shown.push(choice("Visit", "visit", visits.map((visit) => [String(visit), `visit ${visit}`]), set));
  else if (log.runs.length > 1) {
    shown.push(choice("Run", "run", log.runs.map((run) => [run.id, `${run.started_utc.slice(0, 16).replace("T", " ")} ${run.source}`]), set));
  }
  if (log.has_widths) shown.push(width(set));
  return shown;
}

function width(set) {
  const field = (name, words) => {
    const input = h("input", { type: "number", min: 0, step: 0.05, value: store.filter[name] || "", placeholder: "any", "aria-label": words });
    input.addEventListener("change", () => set(name, input.value));
    return input;
  };
  return h("span", { class: "between" }, "Width ", field("width_min_mm", "Width from, mm"), " to ", field("width_max_mm", "Width to, mm"), " mm");
}

function choice(label, name, options, set, usual = "") {
  const select = h("select", {}, usual ? [] : h("option", { value: "" }, "any"), options.map(([value, text]) => h("option", { value }, text)));
  select.value = store.filter[name] || usual;
  select.addEventListener("change", () => set(name, select.value === usual ? "" : select.value));
  return h("label", {}, `${label} `, select);
}

function sizes(resized) {
  const now = () => localStorage.getItem("hairline-size") || "medium";
  const buttons = ["small", "medium", "large"].map((size) =>
    h("button", { type: "button", "aria-label": `${size} pictures`, title: `${size} pictures` }, size[0].toUpperCase()),
  );
  const mark = () => buttons.forEach((button, n) => button.setAttribute("aria-pressed", ["small", "medium", "large"][n] === now()));
  buttons.forEach((button, n) =>
    button.addEventListener("click", () => {
      localStorage.setItem("hairline-size", ["small", "medium", "large"][n]);
      mark();
      resized();
    }),
  );
  mark();
  return h("div", { class: "sizes", role: "group", "aria-label": "Size of the pictures" }, buttons);
}
