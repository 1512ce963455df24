// The keys, in one place: what they do and how they are told.
import { dialog, h } from "./dom.js";

// A rejection is one key: that of its reason.
export const REASON_KEYS = { j: "joint", s: "shadow", t: "stain", f: "formwork", w: "wire", o: "other" };
const KEYS = [
  ["a", "accept: it is a crack"],
  ...Object.entries(REASON_KEYS).map(([key, reason]) => [key, `reject: ${reason}`]),
  ["r", "reject, and choose the reason"],
  ["u", "unsure"],
  ["→ or n", "next"],
  ["← or p", "previous"],
  ["z", "undo my last verdict"],
  ["b", "show or hide what is drawn in"],
  ["m", "correct a find's mask (then e erases, z goes back a stroke)"],
  ["c", "a crack: compare with the visit before"],
  ["+ − 0", "look closer, step back, the whole picture (or the wheel, or two fingers)"],
  ["Enter", "open the find that is marked in the grid"],
  ["Esc", "back to the grid or the list"],
  ["?", "this list"],
];

export function showKeys() {
  const rows = KEYS.map(([key, does]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, does)));
  dialog("Keys", h("table", { class: "keys" }, h("tbody", {}, rows)));
}
