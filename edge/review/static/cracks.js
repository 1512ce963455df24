// The cracks of a wall, those nobody has judged first, the widest of them at the top.
import { picture } from "./api.js";
import { h } from "./dom.js";
import { store } from "./store.js";

const STATES = [["", "all"], ["unreviewed", "unreviewed"], ["accepted", "accepted"], ["rejected", "rejected"], ["unsure", "unsure"]];
const AT_ONCE = 200;

export const interval = (three, digits) => (three ? `${three[1].toFixed(digits)} mm (${three[0].toFixed(digits)} to ${three[2].toFixed(digits)})` : null);

export async function showCracks(view) {
  store.readAddress();
  document.title = "Cracks · Hairline";
  const list = h("ol", { class: "cracks" });
  const count = h("p", { id: "count", role: "status" });
  const select = h("select", { id: "crack-state" }, STATES.map(([value, text]) => h("option", { value }, text)));
  const width = h("input", { type: "number", min: 0, step: 0.05, id: "crack-width", placeholder: "any" });
  select.value = store.filter.state ?? "";
  width.value = store.filter.width_min_mm ?? "";
  let shown = AT_ONCE;
  const draw = () => {
    const cards = store.crackIds.slice(0, shown).map((id) => row(store.crackCards.get(id)));
    const more = store.crackIds.length > shown ? h("li", { class: "more" }, h("button", { type: "button", onclick: () => ((shown += AT_ONCE), draw()) }, "Show more")) : null;
    list.replaceChildren(...cards, ...(more ? [more] : []));
    const left = store.crackIds.filter((id) => store.crackCards.get(id).state === "unreviewed").length;
    count.replaceChildren(h("strong", {}, `${store.crackIds.length} of ${store.cracksOf}`), ` cracks · ${store.crackWords === "all finds" ? "all cracks" : `only: ${store.crackWords}`} · ${left} unreviewed`);
    if (!cards.length) list.append(h("li", { class: "empty" }, store.cracksOf ? "No crack passes this filter." : none()));
  };
  const choose = async () => {
    for (const [name, field] of [["state", select], ["width_min_mm", width]]) {
      if (field.value) store.filter[name] = field.value;
      else delete store.filter[name];
    }
    const query = store.query();
    history.replaceState(null, "", query ? `/cracks?${query}` : "/cracks");
    await store.selectCracks();
    draw();
  };
  select.addEventListener("change", choose);
  width.addEventListener("change", choose);
  const bar = h("form", { class: "filter", "aria-label": "Filter" }, h("label", {}, "State ", select), h("label", {}, "Width from ", width, " mm"));
  bar.addEventListener("submit", (event) => event.preventDefault());
  view.replaceChildren(h("section", { class: "crack-list" }, bar, count, list));
  const stop = new AbortController();
  store.addEventListener("reviewed", ({ detail }) => detail.kind === "crack" && draw(), { signal: stop.signal });
  await store.selectCracks();
  draw();
  return () => stop.abort();
}

const none = () =>
  "This log has no cracks, only finds: a crack is what several frames saw at one place of a wall, so it needs frames that know their place and a visit with the wall's name.";

function row(card) {
  const change = { new: "new", unchanged: "unchanged", grown: "grown", "not seen": "not seen again" }[card.change];
  const grown = card.change === "grown" && (card.width_growth ?? card.length_growth);
  const says = card.state === "unreviewed" ? "unreviewed" : card.reason ? `${card.state}: ${card.reason}` : card.through_finds ? `${card.state} through its finds` : card.state;
  const img = card.find_id ? h("img", { src: picture(card.find_id, "medium"), alt: "", loading: "lazy" }) : null;
  img?.addEventListener("error", () => img.replaceWith(h("span", { class: "missing" }, "no picture")));
  return h("li", {},
    h("a", { href: `/cracks/${card.id}?${store.query()}`, "data-view": true, class: "crack-row" },
      img ?? h("span", { class: "missing" }, "no picture"),
      h("span", { class: "crack-name" }, h("strong", {}, `Crack ${card.id}`), ` ${card.wall}`),
      h("span", { class: `change ${card.change.replace(" ", "-")}` }, grown ? `${change} by ${grown[1].toFixed(2)} mm` : change),
      h("span", { class: "sizes-mm" }, card.width_median ? `median width ${interval(card.width_median, 2)}` : "below resolution: no width", h("br"), card.length ? `length ${interval(card.length, 0)}` : ""),
      h("span", { class: "crack-class" }, card.class ?? ""),
      h("span", { class: "state", "data-state": card.state }, says),
      card.joined.length || card.splits || card.corrected_finds.length ? h("span", { class: "hint" }, [card.corrected_finds.length ? "measured before a mask was corrected" : "", card.joined.length ? `one with ${card.joined.join(", ")}` : "", card.splits ? `split into ${card.splits + 1}` : ""].filter(Boolean).join("; ")) : null));
}
