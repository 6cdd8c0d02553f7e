// What operators do together on an incident, and the instruction card of its kind.

import { ask } from "./server.js";
import { MORE, SAY, age, exactTime } from "./words.js";

const dialog = document.getElementById("more-dialog");
const TAGS = { step: "ol", item: "ul" };

/** Draw what others have done about an incident, and what is known of a typed code. */
export function drawTogether(card, item, now) {
  const lines = [];
  if (item.cancel === "duress") lines.push(line(SAY.duress, "loud"));
  if (item.cancel === "verified") lines.push(line(SAY.verified, "said"));
  if (item.cancel === "wrong") lines.push(line(SAY.wrongCode, "said"));
  if (item.transfer_to) {
    lines.push(line(SAY.transfer(item.transfer_to, item.transfer_by, age(now - item.transfer_at)), "said"));
  }
  if (item.assigned_to) lines.push(line(SAY.assigned(item.assigned_to, item.assigned_by)));
  if (item.merged_into) lines.push(lead(SAY.mergedInto(SAY.anIncident), item.merged_into));
  if (item.merged?.length) lines.push(line(SAY.merged(item.merged.length)));
  for (const other of item.linked ?? []) lines.push(lead(SAY.linkedWith(SAY.anIncident), other));
  card.querySelector(".together").replaceChildren(...lines);
}

/** Draw when each press was made, reached us, was safe, was shown and acknowledged, to the millisecond. */
export function drawTimes(card, item) {
  const lines = (item.press_list ?? []).map((press) => {
    const said = Object.entries(SAY.times)
      .filter(([name]) => press[name] != null)
      .map(([name, word]) => `${word} ${exactTime(press[name])}`);
    return line([SAY.press(press.number), ...said].join(" · "));
  });
  card.querySelector(".times").replaceChildren(...lines);
}

/** Offer in the dialog what can be done about an incident. */
export function offer(item, items, whoOf) {
  const { what, incident } = dialog.querySelector("form").elements;
  document.getElementById("more-title").textContent = SAY.moreTitle(whoOf(item));
  const others = [...items.values()].filter((other) => other.id !== item.id && other.history);
  const offered = MORE.filter((each) => each.when(item) && (others.length || !each.other));
  what.replaceChildren(...offered.map((each) => new Option(each.word, each.path)));
  incident.replaceChildren(...others.map((other) => new Option(whoOf(other), other.id)));
  show();
}

/** Return path and body of what was chosen; `body` null: nothing. */
export function requested(item, filled) {
  if (!filled) return { path: "", body: null };
  const { what, ...body } = filled;
  if (what === "hand-over") body.instead_of = item.acknowledged_by;
  if (what === "assign" && item.assigned_to) body.instead_of = item.assigned_to;
  return { path: what, body };
}

/** Show the instruction card of an incident's kind, as text. */
export async function showGuide(guide, incident) {
  const home = guide.querySelector("div");
  if (home.children.length) return;
  const { pieces } = await ask(`api/v1/incidents/${incident}/card`).catch(() => ({ pieces: [] }));
  for (const { type, text } of pieces) {
    const tag = TAGS[type];
    if (!tag) {
      home.append(element("p", text, type));
      continue;
    }
    if (home.lastElementChild?.localName !== tag) home.append(document.createElement(tag));
    home.lastElementChild.append(element("li", text));
  }
}

/** Ask only for what the choice needs. */
function show() {
  const { what, to, note } = dialog.querySelector("form").elements;
  const chosen = MORE.find((each) => each.path === what.value) ?? MORE[0];
  for (const label of dialog.querySelectorAll("[data-for]")) {
    const needed = Boolean(label.dataset.for === "to" ? chosen.to : chosen.other);
    label.hidden = !needed;
    label.querySelector("input, select").disabled = !needed;
  }
  to.closest("label").querySelector("span").textContent = chosen.to ?? "";
  note.required = chosen.path === "notes";
}

function element(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = kind;
  return made;
}

const line = (text, kind) => element("li", text, kind);

/** A line that leads to another incident. */
function lead(text, incident) {
  const link = element("a", text);
  link.href = `#${incident}`;
  const made = line("");
  made.append(link);
  return made;
}

dialog.querySelector("select").addEventListener("change", show);
