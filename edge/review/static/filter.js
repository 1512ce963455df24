// The bar above the grid: what is let through, in which order, how large.
import { h } from "./dom.js";
import { store } from "./store.js";

const STATES = ["unreviewed", "accepted", "rejected", "unsure"];
const ORDERS = {
  nearest: "nearest the threshold",
  highest: "highest score",
  lowest: "lowest score",
  widest: "widest",
  longest: "longest",
  position: "as logged",
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

function threshold(set) {
  const least = store.log.threshold ?? 0;
  const now = Number(store.filter.score_min || least);
  const said = h("output", {}, store.score(now));
  // The slider's own scale is hundredths of the way from the threshold to 1, however little room there is.
  const slider = h("input", {
    type: "range",
    min: 0,
    max: 100,
    value: Math.round((100 * (now - least)) / Math.max(1 - least, 1e-6)),
    "aria-label": "Least score",
  });
  const score = () => least + (Number(slider.value) / 100) * (1 - least);
  slider.addEventListener("input", () => {
    said.textContent = store.score(score());
    slider.setAttribute("aria-valuetext", said.textContent);
  });
  slider.addEventListener("change", () => set("score_min", Number(slider.value) ? store.score(score()) : ""));
  return h("label", { class: "slider" }, "Score from ", slider, said);
}

function choices(set) {
  const { log } = store;
  const shown = [];
  if (log.reasons_used.length) shown.push(choice("Reason", "reason", log.reasons_used.map((one) => [one, one]), set));
  if (log.classes.length) shown.push(choice("Class", "class", log.classes.map((one) => [one, one]), set));
  if (log.runs.length > 1) {
    shown.push(choice("Run", "run", log.runs.map((run) => [run.id, `${run.started_utc.slice(0, 16).replace("T", " ")} ${run.source}`]), set));
  }
  if (log.has_widths) shown.push(width(set));
  return shown;
}

function width(set) {
  const field = h("input", { type: "number", min: 0, step: 0.05, value: store.filter.width_min_mm || "", placeholder: "any" });
  field.addEventListener("change", () => set("width_min_mm", field.value));
  return h("label", {}, "Width from ", field, " mm");
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
