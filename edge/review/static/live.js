// What a run is doing now: what its camera sees, the last frame with finds, and the counts.
import { camera, get, picture } from "./api.js";
import { h, plural } from "./dom.js";
import { store } from "./store.js";

const UNCHANGED_S = 10;

export async function showLive(view) {
  const status = h("p", { class: "live-status", role: "status" });
  const eye = h("figure", { class: "stage live camera" });
  const stage = h("figure", { class: "stage live" });
  const runs = h("div", { class: "facts" });
  const covered = h("div", { class: "facts" });
  view.replaceChildren(h("article", { class: "live" }, h("h1", {}, "Live"), status, h("div", { class: "views" }, eye, stage), covered, runs));
  document.title = "Live · Hairline";
  let frames = -1;
  let running = null;
  const look = async ({ detail }) => {
    watch(eye, detail);
    if (detail.frames === frames && detail.running === running) return;
    ({ frames, running } = detail);
    const [{ frame }, log] = await Promise.all([get("/api/latest"), get("/api/log")]);
    store.log = log;
    status.replaceChildren(h("span", { class: `dot ${running ? "on" : ""}` }), ` ${stands(running, log.runs)}`);
    stage.replaceChildren(...shown(frame));
    cover(covered).catch(() => {});
    runs.replaceChildren(...log.runs.toReversed().slice(0, 5).map(told));
  };
  const stop = new AbortController();
  store.addEventListener("news", (event) => look(event).catch(() => {}), { signal: stop.signal });
  status.textContent = "Looking …";
  await store.poll();
  return () => stop.abort();
}

const stands = (running, runs) => {
  if (running) return "A run is writing to this log.";
  return runs.length ? "The run has ended; no run is writing to this log." : "No run has written to this log yet.";
};

const time = (utc) => `${utc.slice(0, 19).replace("T", " ")} UTC`;

// The camera's picture is replaced where it stands, so that it does not flicker.
function watch(place, { live, running }) {
  if (!live) {
    const none = "No picture of the camera yet. A run with a camera brings one every two seconds; a run over files has none.";
    return place.replaceChildren(...(running ? [h("p", { class: "empty" }, none)] : []));
  }
  const img = place.querySelector("img") ?? h("img", { class: "whole", alt: "What the camera sees" });
  if (img.dataset.written !== live.t_utc) img.src = camera(live.t_utc);
  img.dataset.written = live.t_utc;
  const old = live.age_s > UNCHANGED_S ? `; nothing newer for ${Math.round(live.age_s)} s` : "";
  const words = running ? `The camera, ${time(live.t_utc)}${old}` : `The run has ended. The last that its camera saw, ${time(live.t_utc)}`;
  return place.replaceChildren(img, h("figcaption", {}, words));
}

// What of the wall has been looked at so far; asked for again when the last answer has arrived and frames have come.
let looking = false;
async function cover(place) {
  if (looking) return;
  looking = true;
  try {
    const { map, runs } = await get("/api/coverage");
    if (!map) return place.replaceChildren();
    const areas = Object.entries(runs.find((run) => run.run === map.run).areas_m2);
    const rows = areas.map(([name, m2]) => h("tr", {}, h("th", { scope: "row" }, name === "inspected" ? name : `not inspected: ${name}`), h("td", {}, `${m2.toFixed(3)} m²`)));
    const img = h("img", { class: "cover", src: `data:image/png;base64,${map.png}`, alt: "Map of what was inspected so far" });
    place.replaceChildren(h("section", {}, h("h2", {}, "Coverage of the latest run"), img, h("table", {}, h("tbody", {}, rows))));
  } finally {
    looking = false;
  }
  return null;
}

function shown(frame) {
  if (!frame) return [h("p", { class: "empty" }, "No frame has been logged yet.")];
  const says = frame.status === "skipped" ? `not inspected: ${frame.reason}` : plural(frame.finds, "find");
  const note = frame.has_picture ? "" : " (the picture is that of the last find before it)";
  const words = h("figcaption", {}, `Last frame: ${frame.name}, ${time(frame.t_utc)}: ${says}${note}`);
  if (!frame.last_find) return [h("p", { class: "empty" }, "No find in this run so far; frames without finds are not kept as pictures."), words];
  return [h("img", { class: "whole", src: picture(frame.last_find, "drawn"), alt: "The last frame with finds" }), words];
}

function told(run) {
  const skipped = Object.entries(run.skipped).map(([reason, n]) => [`not inspected: ${reason}`, n]);
  const rows = [
    ["state", run.why ? `${run.state}: ${run.why}` : run.state],
    ["source", run.source],
    ["model", `${run.bundle}, threshold ${run.threshold}`],
    ["calibration", run.calibration ?? "none: nothing is in millimetres"],
    ["frames inspected", run.inspected ?? "cannot be read"],
    ...skipped,
    ["frames lost", run.lost ?? "cannot be read"],
    ["finds", run.finds ?? "cannot be read"],
  ];
  return h(
    "section",
    {},
    h("h2", {}, `Run of ${run.started_utc.slice(0, 16).replace("T", " ")} UTC`),
    h("table", {}, h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, String(value)))))),
  );
}
