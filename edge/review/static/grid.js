// The grid of finds. Only the tiles in sight exist, however many finds there are.
import { picture } from "./api.js";
import { bar } from "./filter.js";
import { h } from "./dom.js";
import { go } from "./main.js";
import { store } from "./store.js";

const SIDES = { small: 96, medium: 160, large: 256 };
const GAP = 10;
const CAPTION = 26;
let remembered = { query: null, top: 0, at: 0 };

export async function showGrid(view) {
  store.readAddress();
  const count = h("p", { id: "count", role: "status" });
  const space = h("div", { class: "space", role: "list", "aria-label": "Finds" });
  const scroller = h("div", { class: "scroller", tabindex: 0, "aria-label": "Finds, in the order of the filter" }, space);
  const grid = new Grid(scroller, space, count);
  const filter = bar(() => grid.select(), () => grid.lay());
  view.replaceChildren(h("section", { class: "grid" }, filter.element, intro(), count, scroller));
  document.title = "Finds · Hairline";
  const stop = new AbortController();
  const on = { signal: stop.signal };
  scroller.addEventListener("scroll", () => grid.schedule(), { passive: true, ...on });
  scroller.addEventListener("keydown", (event) => grid.key(event), on);
  store.addEventListener("cards", () => grid.draw(true), on);
  store.addEventListener("reviewed", () => (grid.draw(true), filter.update(), grid.say()), on);
  const resized = new ResizeObserver(() => grid.lay());
  resized.observe(scroller);
  await grid.select();
  if (remembered.query === store.query()) {
    grid.at = remembered.at;
    scroller.scrollTop = remembered.top;
  }
  grid.lay();
  return () => {
    remembered = { query: store.selected, top: scroller.scrollTop, at: grid.at };
    stop.abort();
    resized.disconnect();
  };
}

// For whoever sees the page for the first time: as long as nothing was said.
function intro() {
  const { finds, states, cracks } = store.log;
  if (!finds || states.unreviewed < finds) return null;
  const or = cracks ? [", or begin with the ", h("a", { href: "/cracks", "data-view": true }, `${cracks} cracks`), " that they were put together to"] : "";
  return h("p", { class: "intro" }, "Every picture is a place that may be a crack: open the first and accept it, or reject it with a reason; the next follows by itself", or, ".");
}

class Grid {
  at = 0;
  tiles = new Map();

  constructor(scroller, space, count) {
    Object.assign(this, { scroller, space, count });
  }

  async select() {
    const query = store.query();
    history.replaceState(null, "", query ? `/?${query}` : "/");
    // Coming back from a find: what has been reviewed meanwhile keeps its place.
    if (store.selected !== query || this.asked || !store.ids.length) await store.select();
    this.asked = true;
    this.at = 0;
    this.scroller.scrollTop = 0;
    this.lay();
  }

  say() {
    const shown = store.ids.length;
    const { unreviewed } = store.log.states;
    const words = store.words === "all finds" ? "all finds" : `only: ${store.words}`;
    this.count.replaceChildren(
      h("strong", {}, `${shown.toLocaleString("en")} of ${store.of.toLocaleString("en")}`),
      ` finds · ${words} · ${unreviewed.toLocaleString("en")} unreviewed`,
    );
  }

  lay() {
    const size = localStorage.getItem("hairline-size") || "medium";
    this.size = SIDES[size] ? size : "medium";
    const width = this.scroller.clientWidth - GAP;
    const least = Math.min(SIDES[this.size], Math.floor(width / 2) - GAP);
    this.columns = Math.max(1, Math.floor(width / (least + GAP)));
    this.side = Math.floor(width / this.columns) - GAP;
    // A tile grows to fill the row, up to half as much again.
    this.side = Math.min(this.side, Math.round(least * 1.5));
    this.step = this.side + CAPTION + GAP;
    this.space.style.height = `${Math.ceil(store.ids.length / this.columns) * this.step + GAP}px`;
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
    this.say();
    this.draw();
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  draw(again = false) {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / this.step) - 1) * this.columns;
    const last = Math.min(store.ids.length, Math.ceil((scrollTop + clientHeight) / this.step + 1) * this.columns);
    for (const [place, tile] of this.tiles) {
      if (place < first || place >= last) {
        tile.remove();
        this.tiles.delete(place);
      }
    }
    for (let place = first; place < last; place += 1) {
      const tile = this.tiles.get(place);
      if (!tile) this.add(place);
      else if (again) this.dress(tile, place);
    }
    if (!store.ids.length && !this.space.firstChild) {
      this.space.append(h("p", { class: "empty", role: "listitem" }, store.of ? "No find passes this filter." : "This log has no finds."));
    } else if (store.ids.length) this.space.querySelector(".empty")?.remove();
    store.needCards(store.ids.slice(first, Math.min(last + 2 * this.columns, store.ids.length))).catch(() => {});
  }

  add(place) {
    const id = store.ids[place];
    const img = h("img", { src: picture(id, this.size), alt: "", loading: "eager", decoding: "async", draggable: "false" });
    img.addEventListener("error", () => img.replaceWith(h("span", { class: "missing" }, "picture missing")));
    const link = h("a", { href: `/finds/${id}`, tabindex: -1, "data-view": true }, img, h("span", { class: "caption" }));
    const tile = h("div", { class: "tile", role: "listitem" }, link);
    const [row, column] = [Math.floor(place / this.columns), place % this.columns];
    tile.style.transform = `translate(${GAP + column * (this.side + GAP)}px, ${GAP + row * this.step}px)`;
    tile.style.width = `${this.side}px`;
    link.style.setProperty("--side", `${this.side}px`);
    this.tiles.set(place, tile);
    this.dress(tile, place);
    this.space.append(tile);
  }

  dress(tile, place) {
    const id = store.ids[place];
    const card = store.cards.get(id);
    tile.classList.toggle("at", place === this.at);
    if (!card) return;
    tile.dataset.state = card.state;
    const width = card.width_mm === null ? "" : ` · ${card.width_mm.toFixed(2)} mm`;
    const state = card.state === "unreviewed" ? "" : card.reason ? `${card.state}: ${card.reason}` : card.state;
    tile.querySelector("a").setAttribute("aria-label", `Find ${id}, score ${store.score(card.score)}${width}, ${card.state}`);
    tile.querySelector(".caption").replaceChildren(h("b", {}, store.score(card.score)), width, h("i", {}, state));
  }

  key(event) {
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns };
    if (event.key === "Enter" && store.ids.length) go(`/finds/${store.ids[this.at]}`);
    else if (event.key in moves) this.move(Math.min(store.ids.length - 1, Math.max(0, this.at + moves[event.key])));
    else if (event.key === "Home") this.move(0);
    else if (event.key === "End") this.move(store.ids.length - 1);
    else return;
    event.preventDefault();
  }

  move(place) {
    this.at = Math.max(0, place);
    const top = Math.floor(this.at / this.columns) * this.step;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    const below = top + this.step + GAP - this.scroller.clientHeight;
    if (below > this.scroller.scrollTop) this.scroller.scrollTop = below;
    this.draw(true);
  }
}
