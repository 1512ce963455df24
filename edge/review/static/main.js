// Which view an address shows, and what stands above all of them.
import { leave, post } from "./api.js";
import { showCrack } from "./crack.js";
import { showCracks } from "./cracks.js";
import { dialog, h, notice, plural } from "./dom.js";
import { showFind } from "./find.js";
import { showGrid } from "./grid.js";
import { showKeys } from "./keys.js";
import { showLive } from "./live.js";
import { showReport } from "./report.js";
import { store } from "./store.js";
import { showTrial } from "./trial.js";
import { showWall } from "./wall.js";

const view = document.getElementById("view");
let away = () => {};
let shows = 0;

export function go(address) {
  history.pushState(null, "", address);
  show();
}

async function show() {
  away();
  away = () => {};
  shows += 1;
  const mine = shows;
  const path = location.pathname;
  for (const link of document.querySelectorAll("nav a")) {
    const at = link.getAttribute("href");
    const here = at === path || (at === "/" && path.startsWith("/finds/")) || (at === "/cracks" && path.startsWith("/cracks/"));
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const find = path.match(/^\/finds\/(\d+)$/);
  const crack = path.match(/^\/cracks\/(\d+)$/);
  try {
    const done = await shown(path, find, crack);
    // Somebody was quicker than the server: the view that they have left meanwhile is not the one to leave next.
    if (mine === shows) away = done;
    else done();
  } catch (wrong) {
    if (wrong.name !== "AbortError" && mine === shows) view.replaceChildren(h("p", { class: "empty" }, wrong.message));
  }
}

function shown(path, find, crack) {
  if (find) return showFind(view, Number(find[1]));
  if (crack) return showCrack(view, Number(crack[1]));
  const views = { "/cracks": showCracks, "/wall": showWall, "/live": showLive, "/try": showTrial, "/report": showReport };
  return (views[path] ?? showGrid)(view);
}

function sayState() {
  const { log } = store;
  notice("read-only", log.read_only);
  notice("damage", log.damage, "error");
  const who = document.getElementById("who");
  who.textContent = store.reviewer;
  who.title = "Who reviews: verdicts carry this name";
}

async function invite(place) {
  const link = await post("/api/links", {});
  place.replaceChildren(
    h("img", { src: `data:image/svg+xml,${encodeURIComponent(link.svg)}`, alt: "QR code of the link", width: 260 }),
    h("p", {}, h("a", { href: link.url }, link.url)),
    h("p", {}, `It opens once, within ${link.minutes} minutes.`),
  );
}

function askWho() {
  if (store.log.signed_in) {
    const place = h("div", {});
    const asked = h("button", { type: "button", class: "primary", onclick: () => invite(place) }, "Invite somebody: show a QR code");
    const out = h("button", { type: "button", onclick: async () => (await leave(), location.assign("/signin")) }, "Sign out");
    dialog("You", h("p", {}, `Signed in as ${store.reviewer}.`), h("p", {}, asked, " ", out), place);
    return;
  }
  const name = h("input", { value: store.reviewer, maxlength: 60, "aria-label": "Your name" });
  const box = dialog("Who reviews?", h("p", {}, "Your verdicts carry this name in the log."), name);
  box.addEventListener("close", () => {
    const given = name.value.trim();
    if (given) localStorage.setItem("hairline-reviewer", given);
    sayState();
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (event.key === "?" && !typing) showKeys();
});
addEventListener("popstate", show);
document.getElementById("help").addEventListener("click", showKeys);
document.getElementById("who").addEventListener("click", askWho);
store.addEventListener("log", sayState);
store.addEventListener("news", ({ detail }) => {
  notice("damage", detail.damage, "error");
  const more = detail.new_finds ? `${plural(detail.new_finds, "new find")}: choose a filter or reload to see them.` : null;
  notice("more", more, "hint");
});

try {
  store.readAddress();
  await store.open();
  await show();
  store.watch();
} catch (wrong) {
  view.replaceChildren(h("p", { class: "empty" }, wrong.message));
}
