// The report and the exports of what the filter lets through.
import { get } from "./api.js";
import { h } from "./dom.js";
import { store } from "./store.js";

const CHOICES = [
  ["what was accepted", "accepted"],
  ["accepted and unsure", "accepted,unsure"],
  ["everything but what was rejected", "accepted,unsure,unreviewed"],
  ["all finds", ""],
];

export async function showReport(view) {
  const said = h("p", { role: "status" });
  const query = () => store.query({ ...store.filter, state: select.value });
  const select = h("select", { id: "report-state" }, CHOICES.map(([text, value]) => h("option", { value }, text)));
  const links = ["/api/report.pdf", "/api/export/csv"].map((at) => [at, h("a", { class: "button", href: at, download: true })]);
  const update = async () => {
    links.forEach(([at, link]) => link.setAttribute("href", `${at}?${query()}`));
    const found = await get(`/api/finds?${query()}`);
    said.replaceChildren(h("strong", {}, `${found.n} of ${found.of}`), ` finds · ${found.filter}`);
  };
  links[0][1].textContent = "Report (PDF)";
  links[1][1].textContent = "Table (CSV)";
  select.addEventListener("change", update);
  view.replaceChildren(
    h(
      "article",
      { class: "report" },
      h("h1", {}, "Report"),
      h("p", {}, "The report says what was looked at, with what, what was found and what people said of it. What was not inspected, and what lies below the camera's resolution, is in it too."),
      h("p", {}, h("label", { for: "report-state" }, "Put in: "), select),
      said,
      h("p", { class: "actions" }, links.map(([, link]) => link)),
    ),
  );
  document.title = "Report · Hairline";
  await update();
  return () => {};
}
