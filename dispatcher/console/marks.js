// One mark on the map for each incident, or for several that would cover each other.

import { isFree } from "./view.js";
import { SAY, STATES, age } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const JOIN_PX = 26; // marks that are nearer become one with a number
const LABEL_GAP_PX = 20; // from the middle of a mark to its words
const LABEL_HEIGHT_PX = 22;
const SOON_MS = 115000; // ages are then about to be longer, see `age` of words.js
const WIDEST_AGE = { fresh: " 000 s", old: " 000 min 00 s" };

// A shape for each state, for who does not tell their colours apart.
const SHAPES = {
  alone: "M12 1.5a10.5 10.5 0 1 0 0 21a10.5 10.5 0 1 0 0-21z",
  acknowledged: "M3.5 3.5h17v17h-17z",
  dispatched: "M12 2.5 22.5 21h-21z",
  on_scene: "M12 1 23 12 12 23 1 12z",
  test: "M7 3.5h10l5 8.5-5 8.5H7L2 12z",
};
const ARROW = "M12-14 18.5-4.5 12-6.5 5.5-4.5z"; // outside of the shape; turned to the course
const ARROW_PX = 10; // by which the words make room for it
const MOVING = 1; // m/s, as the cards have it
const SIGNS = { alone: "M12 6v7.5M12 17v1", test: "M8.5 8.5h7M12 8.5v8" };
const NAMES = {
  alone: STATES.raised,
  acknowledged: STATES.acknowledged,
  dispatched: STATES.dispatched,
  on_scene: STATES.on_scene,
  test: SAY.legendTest,
};

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();

/** Return which of the shapes an incident has. */
export function shapeOf(item) {
  if (item.class !== "production") return "test";
  return item.unacknowledged ? "alone" : item.state;
}

/** Join the spots that would cover each other at this scale; the most urgent come first. */
export function grouped(spots, scale, chosen) {
  const groups = [];
  const first = spots.filter((spot) => spot.item.id === chosen);
  for (const spot of [...first, ...spots.filter((each) => !first.includes(each))]) {
    const near = groups.find(({ lead }) =>
      Math.hypot(lead.point.x - spot.point.x, lead.point.y - spot.point.y) * scale < JOIN_PX);
    if (near) near.spots.push(spot);
    else groups.push({ lead: spot, spots: [spot] });
  }
  return groups;
}

/** Give words to the groups that have room in the view (`side`: right, left, ""); return what is full. */
export function placeWords(groups, view, chosen, now) {
  const seen = groups.filter(({ lead }) => view.shows(lead.point, -JOIN_PX));
  const taken = seen.map(({ lead }) => boxAt(view.toScreen(lead.point), -JOIN_PX / 2, JOIN_PX));
  for (const group of seen) {
    const at = view.toScreen(group.lead.point);
    const old = now - group.lead.fixedAt > SOON_MS ? "old" : "fresh";
    const width = widthOf(wordsOf(group).join(" ") + WIDEST_AGE[old]);
    const gap = LABEL_GAP_PX + (headingOf(group.lead.item.place) === null ? 0 : ARROW_PX);
    const right = { side: "right", box: boxAt(at, gap, width) };
    const left = { side: "left", box: boxAt(at, -gap - width, width) };
    const cut = Math.max(0, right.box.right - view.width) > Math.max(0, -left.box.left);
    const free = (cut ? [left] : [right, left]).find(({ box }) => isFree(box, taken));
    const forced = group.lead.item.id === chosen ? (cut ? left : right) : null;
    const place = free ?? forced;
    group.side = place?.side ?? "";
    if (place) taken.push(place.box);
  }
  return taken;
}

/** Draw a group into its mark, a new one if there is none yet; return the mark. */
export function drawMark(old, group, chosen) {
  const { lead, spots, side } = group;
  const shape = shapeOf(lead.item);
  const most = shapeOf(spots.reduce((a, b) => (a.rank <= b.rank ? a : b)).item);
  const words = wordsOf(group);
  const heading = headingOf(lead.item.place);
  const drawn = [shape, most, side, spots.length, heading, ...words].join("|");
  const mark = old ?? newMark();
  mark.dataset.incident = lead.item.id;
  mark.classList.toggle("chosen", lead.item.id === chosen);
  if (mark.dataset.drawn === drawn) return mark;
  mark.dataset.drawn = drawn;
  mark.dataset.shape = shape;
  mark.dataset.side = side;
  mark.classList.toggle("hushed", lead.item.silent);
  mark.classList.toggle("moving", heading !== null);
  mark.querySelector(".shape").setAttribute("d", SHAPES[shape] ?? SHAPES.test);
  mark.querySelector(".sign").setAttribute("d", SIGNS[shape] ?? "");
  mark.querySelector(".course").setAttribute("d", heading === null ? "" : ARROW);
  mark.querySelector(".course").setAttribute("transform", `rotate(${heading ?? 0} 12 12)`);
  const count = mark.querySelector(".more");
  count.textContent = spots.length > 1 ? spots.length : "";
  count.dataset.shape = most;
  const [who, ...tags] = words;
  mark.querySelector(".words b").textContent = who;
  mark.querySelector(".words i").textContent = tags.join(" ");
  return mark;
}

/** Let a mark's age count; a position that is too old is hollow. */
export function drawMarkAge(mark, { lead, spots }, now, oldMs) {
  const length = age(now - lead.fixedAt);
  mark.classList.toggle("old", now - lead.fixedAt > oldMs);
  const words = mark.querySelector(".words span");
  if (words.textContent !== length) words.textContent = length;
  const said = spots.length > 1
    ? SAY.together(spots.length, lead.who)
    : SAY.mark(lead.who, lead.state, length, lead.item.place.accuracy, lead.item.silent);
  if (mark.ariaLabel !== said) mark.ariaLabel = said;
}

/** Return the meaning of each shape, drawn. */
export const legend = () => [
  ...Object.entries(NAMES).map(([shape, name]) => legendLine(shape, SIGNS[shape] ?? "", name)),
  legendLine("alone", "", SAY.legendOld, "old"),
  legendLine("alone", "", SAY.legendSilent, "hushed"),
];

function legendLine(shape, sign, name, kind = "plain") {
  const line = document.createElement("li");
  line.dataset.shape = shape;
  line.classList.add(kind);
  line.append(picture(SHAPES[shape], sign), name);
  return line;
}

/** Return the course of what moves, in whole degrees; null for what does not. */
const headingOf = ({ speed, course }) =>
  speed >= MOVING && course != null ? Math.round(course) : null;

function newMark() {
  const mark = document.createElement("button");
  mark.type = "button";
  mark.className = "mark";
  mark.tabIndex = -1; // one stop for the whole map; its keys lead to each
  const words = document.createElement("span");
  words.className = "words";
  words.append(...["b", "i", "span"].map((name) => document.createElement(name)));
  const count = document.createElement("span");
  count.className = "more";
  const shape = picture("", "");
  shape.append(pathOf("course", ""));
  mark.append(shape, count, words);
  return mark;
}

function picture(shape, sign) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-1 -1 26 26");
  svg.ariaHidden = "true";
  svg.append(pathOf("shape", shape), pathOf("sign", sign));
  return svg;
}

function pathOf(name, d) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", name);
  path.setAttribute("d", d);
  return path;
}

function wordsOf({ lead, spots }) {
  const tags = [];
  if (lead.item.silent) tags.push(SAY.hushed);
  return [lead.who, ...tags, ...(spots.length > 1 ? [SAY.more(spots.length - 1)] : [])];
}

function widthOf(text) {
  if (!widths.has(text)) {
    if (widths.size > 5000) widths.clear();
    pen.font = "600 14px system-ui, sans-serif";
    widths.set(text, pen.measureText(text).width + 16);
  }
  return widths.get(text);
}

function boxAt({ x, y }, from, width) {
  const left = x + from;
  return { left, right: left + width, top: y - LABEL_HEIGHT_PX / 2, bottom: y + LABEL_HEIGHT_PX / 2 };
}

