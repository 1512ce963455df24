// Talking to the server. What it refuses is an Error with its words; an ended session leads to the door.
import { notice } from "./dom.js";

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (cut) {
    if (cut.name === "AbortError") throw cut;
    notice("reach", "The server cannot be reached. What is shown may be old; verdicts are not being saved.", "error");
    throw new Error("the server cannot be reached");
  }
  notice("reach", null);
  if (answer.status === 401) location.assign("/signin");
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
    throw new Error(said.error);
  }
  return answer.status === 204 ? null : answer.json();
}

export const get = (address, signal) => ask(address, { signal });

export const post = (address, body) =>
  ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Hairline": "1" },
    body: JSON.stringify(body),
  });

export const send = (address, blob) =>
  ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream", "X-Hairline": "1" },
    body: blob,
  });

export const leave = () => ask("/api/session", { method: "DELETE", headers: { "X-Hairline": "1" } });

export const picture = (findId, size) => `/pictures/finds/${findId}/${size}.jpg`;

export const camera = (written) => `/pictures/live.jpg?written=${encodeURIComponent(written)}`;

export const piece = (crackId, visit) => `/pictures/cracks/${crackId}/${visit}.jpg`;

export const part = ({ run, seq, box_xywh_px: box }) => `/pictures/frames/${run}/${seq}.jpg?box=${box.join(",")}`;

// A file that the server makes: its refusal is an Error with words, not a file with them in it.
export async function download(address, name) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `the server answered ${answer.status}`);
  const given = answer.headers.get("content-disposition")?.match(/filename="([^"]+)"/)?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = given ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
