// The report and the exports of what the filter lets through.
import { download, get } from "./api.js";
import { h } from "./dom.js";
import { store } from "./store.js";

const CHOICES = [
  ["what was accepted", "accepted"],
  ["accepted and unsure", "accepted,unsure"],
  ["everything but what was rejected", "accepted,unsure,unreviewed"],
  ["all finds", ""],
];
const FILES = [
  ["/api/report.pdf", "Report (PDF)", "for an engineer to sign: method, calibration, coverage, every crack with its widths, a page for each that was confirmed"],
  ["/api/export/csv", "Finds (CSV)", "a row a find, for spreadsheets"],
  ["/api/export/csv-cracks", "Cracks (CSV)", "a row a crack and visit, with growth"],
  ["/api/export/csv-frames", "Frames (CSV)", "a row a frame: what was looked at, and why the rest was not"],
  ["/api/export/gpkg", "GeoPackage", "cracks and finds as lines on the wall, frames as outlines, for QGIS"],
  ["/api/export/geojson", "GeoJSON", "the same in longitude and latitude, for maps; needs --georeference"],
  ["/api/export/dxf", "Drawing (DXF)", "cracks in millimetres on a layer a class, and what was not inspected, for CAD"],
  ["/api/export/mosaic", "Wall (PNG)", "the wall put together from its frames, cracks drawn in by class"],
  ["/api/export/coco", "COCO", "frames and outlines, for training"],
  ["/api/export/mcap", "MCAP", "frames, finds, poses and cracks over time, for Foxglove"],
];

export async function showReport(view) {
  const said = h("p", { role: "status" });
  const query = () => store.query({ ...store.filter, state: select.value });
  const select = h("select", { id: "report-state" }, CHOICES.map(([text, value]) => h("option", { value }, text)));
  const update = async () => {
    const [finds, cracks] = await Promise.all([get(`/api/finds?${query()}`), get(`/api/cracks?${query()}`)]);
    said.replaceChildren(h("strong", {}, `${finds.n} of ${finds.of}`), " finds, ", h("strong", {}, `${cracks.n} of ${cracks.of}`), ` cracks · ${finds.filter}${finds.n + cracks.n ? "" : ". Nothing was judged so yet: go through the finds first, or put in something else."}`);
  };
  select.addEventListener("change", update);
  view.replaceChildren(
    h(
      "article",
      { class: "report" },
      h("h1", {}, "Report"),
      h("p", {}, "The report says what was looked at, with what, what was found and what people said of it. What was not inspected, and what lies below the camera's resolution, is in it too."),
      h("p", {}, h("label", { for: "report-state" }, "Put in: "), select),
      said,
      h("ul", { class: "files" }, FILES.map((file, n) => offered(file, query, n === 0))),
    ),
  );
  document.title = "Report · Hairline";
  await update();
  return () => {};
}

function offered([at, name, what], query, first) {
  const says = h("span", { class: "hint", role: "status" }, what);
  const fetched = async () => {
    button.disabled = true;
    says.textContent = "Being made …";
    says.className = "hint";
    try {
      await download(`${at}?${query()}`, name);
      says.textContent = what;
    } catch (wrong) {
      says.textContent = wrong.message;
      says.className = "refused";
    }
    button.disabled = false;
  };
  const button = h("button", { type: "button", class: first ? "primary" : "", onclick: fetched }, name);
  return h("li", {}, button, says);
}
