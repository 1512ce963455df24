// Trying a photo: what the model says of it, window by window. Nothing of it enters the log.
import { send } from "./api.js";
import { h, plural } from "./dom.js";

const MAX_BYTES = 60e6;

export async function showTrial(view) {
  const result = h("div", { class: "result", "aria-live": "polite" });
  const input = h("input", { type: "file", accept: "image/*", id: "photo", class: "visually-hidden" });
  const drop = h(
    "label",
    { class: "drop", for: "photo" },
    h("strong", {}, "Choose a photograph"),
    h("span", {}, "or drop it here. It is judged on this machine and not kept."),
  );
  const judge = async (file) => {
    if (!file) return;
    if (file.size > MAX_BYTES) {
      result.replaceChildren(h("p", { class: "notice error" }, `A photo has at most 60 MB; this one has ${(file.size / 1e6).toFixed(0)} MB.`));
      return;
    }
    result.replaceChildren(h("p", {}, `Looking at ${file.name} …`));
    try {
      show(result, await send("/api/photo", file));
    } catch (wrong) {
      result.replaceChildren(h("p", { class: "notice error" }, wrong.message));
    }
  };
  input.addEventListener("change", () => judge(input.files[0]));
  drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("over")));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => (event.preventDefault(), drop.classList.remove("over"), judge(event.dataTransfer.files[0])));
  view.replaceChildren(h("article", { class: "trial" }, h("h1", {}, "Try a photo"), input, drop, result));
  document.title = "Try a photo · Hairline";
  return () => {};
}

function show(place, judged) {
  const canvas = h("canvas", { role: "img", "aria-label": "The photo with the windows that look cracked" });
  const img = new Image();
  const slider = h("input", { type: "range", min: 0, max: 1, step: 0.01, value: judged.threshold, id: "trial-threshold" });
  const said = h("p", { role: "status" });
  const under = h("p", { class: "hint", role: "status" }, "Point at the picture to read a window's score.");
  const draw = () => {
    said.textContent = paint(canvas, img, judged, Number(slider.value));
  };
  img.addEventListener("load", draw);
  img.src = `data:image/jpeg;base64,${judged.jpeg}`;
  slider.addEventListener("input", draw);
  canvas.addEventListener("pointermove", (event) => {
    const at = canvas.getBoundingClientRect();
    const x = ((event.clientX - at.left) / at.width) * judged.wh_px[0];
    const y = ((event.clientY - at.top) / at.height) * judged.wh_px[1];
    under.textContent = `Score here: ${score(judged, x, y).toFixed(2)}`;
  });
  place.replaceChildren(
    said,
    canvas,
    under,
    h("p", {}, h("label", { class: "slider", for: "trial-threshold" }, "Threshold ", slider)),
    h("p", { class: "hint" }, `${plural(judged.finds.length, "find")} at the model's own threshold ${judged.threshold.toFixed(2)}; ${judged.model}`),
  );
}

// The highest score of the windows that look at a place.
function score({ xs, ys, scores, tile_px }, x, y) {
  let best = 0;
  ys.forEach((top, row) => {
    if (y < top || y >= top + tile_px) return;
    xs.forEach((left, column) => {
      if (x >= left && x < left + tile_px) best = Math.max(best, scores[row][column]);
    });
  });
  return best;
}

function paint(canvas, img, { wh_px: [w], tile_px, xs, ys, scores, threshold }, at) {
  const factor = img.naturalWidth / w;
  canvas.width = img.naturalWidth;
  canvas.height = img.naturalHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(img, 0, 0);
  const stride = xs.length > 1 ? xs[1] - xs[0] : tile_px;
  const margin = (tile_px - stride) / 2;
  let windows = 0;
  let gone = 0;
  let come = 0;
  ys.forEach((top, row) =>
    xs.forEach((left, column) => {
      const p = scores[row][column];
      if (p >= threshold && p < at) gone += 1;
      if (p < threshold && p >= at) come += 1;
      if (p < at) return;
      windows += 1;
      pen.fillStyle = p >= threshold ? "rgba(214, 40, 57, 0.38)" : "rgba(245, 158, 11, 0.38)";
      pen.fillRect((left + margin) * factor, (top + margin) * factor, stride * factor, stride * factor);
    }),
  );
  const moved = gone ? `; ${plural(gone, "window")} fewer than at its own` : come ? `; ${plural(come, "window")} more than at its own` : "";
  return `${plural(windows, "window")} of ${(xs.length * ys.length).toLocaleString("en")} at or above ${at.toFixed(2)}${moved}`;
}
