// The map: where the open incidents are. Everything that it shows is in the cards, too.

import { drawInside, drawOutside, drawPlaceless, drawScale } from "./beside.js";
import { Circles, radiusOf } from "./circles.js";
import { followGestures, followKeys } from "./gestures.js";
import { drawMark, drawMarkAge, grouped, legend, placeWords, shapeOf } from "./marks.js";
import { project, unproject } from "./mercator.js";
import { drawOutline, outlineBox, takeOutline } from "./outline.js";
import { Search } from "./search.js";
import { closeStack, openStack, stackHas } from "./stack.js";
import { ask } from "./server.js";
import { Tiles } from "./tiles.js";
import { View, around } from "./view.js";
import { SAY } from "./words.js";
import { OLD_FIX_MS, fixedAt, stateOf, whoOf } from "./card.js";

const MARGIN_PX = 70; // around what is to be seen: a mark and its words
const EDGE_PX = 12;
const NEAREST = { outline: 10.5, tiles: 16 }; // a zoom that still shows where that is
const AGAIN_MS = 5000;
const CROWD = 30; // so many marks that move would say nothing, and keep a browser busy
const EVERYWHERE = { left: 0.05, top: 0.2, right: 0.95, bottom: 0.7 }; // without any outline
const HIDDEN = "guardian-map-hidden";

const $ = (id) => document.getElementById(id);
const surface = $("surface");
const canvas = surface.querySelector("canvas");
const circles = new Circles(surface.querySelector(".circles"));
const search = new Search(surface.querySelector(".reach"));
const view = new View();
const marks = new Map(); // incident that leads a group -> its mark

let spots = []; // the incidents with a place, most urgent first
let groups = [];
let groupedFor = ""; // what the groups were made for
let chosen = "";
let fitted = ""; // the incidents that the view was last chosen for
let held = false; // an operator has moved the view: it is theirs until "show all"
let tiles = null;
let time = 0;
let waiting = false;
let pick = () => {};
let named = () => {};

/**
 * Begin; `picked` is told which incident an operator has chosen, and whether by a key; `outlined`
 * that positions now have the names of their areas.
 */
export function beginMap(picked, outlined) {
  pick = picked;
  named = outlined;
  followGestures(surface, { pan, zoom });
  followKeys(surface, {
    pan, zoom,
    0: showAll, n: () => step(1), p: () => step(-1),
    Enter: () => chosen && pick(chosen, true), Escape: closeStack,
  });
  $("zoom-in").addEventListener("click", () => zoom(1));
  $("zoom-out").addEventListener("click", () => zoom(-1));
  $("show-all").addEventListener("click", showAll);
  $("map-toggle").addEventListener("click", () => hide(!$("map-body").hidden));
  $("legend").replaceChildren(...legend());
  surface.querySelector(".marks").addEventListener("click", pressed);
  new ResizeObserver(resized).observe(surface);
  hide(remembered() === "yes");
  load();
}

/** Show these incidents; those without a place are listed below. */
export function showOnMap(items, now) {
  time = now;
  const open = items.filter((item) => item.state !== "closed");
  spots = open.filter((item) => item.place).map(spotOf);
  spots.sort((a, b) => a.rank - b.rank);
  spots.forEach((spot, rank) => { spot.rank = rank; });
  groupedFor = "";
  drawPlaceless(open.filter((item) => !item.place), pick);
  const ids = spots.map(({ item }) => item.id).sort().join();
  if (!held && (ids !== fitted || !spots.every(fits))) fitAll();
  fitted = ids;
  draw();
}

/** Show where one of them is now. */
export function moveOnMap(item, now) {
  time = now;
  const index = spots.findIndex((spot) => spot.item.id === item.id);
  if (index < 0) return;
  spots[index] = { ...spotOf(item), rank: spots[index].rank };
  search.moved(item);
  groupedFor = "";
  if (!held && !fits(spots[index])) fitAll();
  draw();
}

/** Let the ages on the map count. */
export function drawMapAges(now) {
  time = now;
  if ($("map-body").hidden) return;
  for (const group of groups) drawMarkAge(marks.get(group.lead.item.id), group, now, OLD_FIX_MS);
  circles.age(spots, now, OLD_FIX_MS);
  search.draw(spots, view, chosen, now);
}

/** Mark an incident as chosen and bring it into view. */
export function chooseOnMap(incident) {
  if (chosen !== incident) groupedFor = "";
  chosen = incident;
  const spot = spots.find(({ item }) => item.id === incident);
  if (spot && !view.shows(spot.point, EDGE_PX)) {
    held = true;
    view.fit(boxOf(spot.point, 0), 0, view.zoom);
  }
  draw();
}

function spotOf(item) {
  return {
    item,
    rank: (shapeOf(item) === "alone" ? 0 : 1e15) + item.priority * 1e14 + item.opened_at,
    who: whoOf(item),
    state: stateOf(item),
    point: project(item.place.lat, item.place.lon),
    radius: radiusOf(item.place),
    fixedAt: fixedAt(item.place),
  };
}

async function load() {
  try {
    const told = await ask("api/v1/map");
    const outline = told.problem ? null : await ask("api/v1/map/outline");
    if (told.tiles) tiles = new Tiles(surface.querySelector(".tiles"), told);
    surface.classList.toggle("tiled", Boolean(tiles));
    if (outline) takeOutline(outline);
    $("credit").textContent = [tiles && told.attribution, outline?.attribution].filter(Boolean).join(" · ");
    $("map-problem").textContent = told.problem ? SAY.noOutline(told.problem) : "";
    $("map-problem").hidden = !told.problem;
  } catch {
    setTimeout(load, AGAIN_MS); // the page says that the dispatcher does not answer
    return;
  }
  named();
  if (!held) fitAll();
  draw();
}

// --- What is seen -----------------------------------------------------------------------------------

const boxOf = ({ x, y }, radius) =>
  ({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });

function fitAll() {
  const boxes = spots.map(({ point, radius }) => boxOf(point, radius));
  const mostZoom = tiles ? NEAREST.tiles : NEAREST.outline;
  view.fit(around(boxes) ?? outlineBox() ?? EVERYWHERE, boxes.length ? MARGIN_PX : EDGE_PX, mostZoom);
}

const fits = ({ point }) => view.shows(point, MARGIN_PX / 2);

function showAll() {
  held = false;
  closeStack();
  fitAll();
  draw();
}

function pan(dx, dy) {
  held = true;
  view.pan(dx, dy);
  draw();
}

/** Zoom by steps at a pixel; without one at what is chosen, if it is seen, else at the middle. */
function zoom(steps, x, y) {
  held = true;
  const spot = spots.find(({ item }) => item.id === chosen);
  if (x === undefined && spot && view.shows(spot.point)) ({ x, y } = view.toScreen(spot.point));
  view.zoomBy(steps, x, y);
  draw();
}

function resized() {
  const { clientWidth: width, clientHeight: height } = surface;
  if (width === view.width && height === view.height) return;
  Object.assign(view, { width, height });
  if (!held) fitAll();
  draw();
}

function hide(hidden) {
  $("map-body").hidden = hidden;
  $("map-toggle").textContent = hidden ? SAY.showMap : SAY.hideMap;
  $("map-toggle").ariaExpanded = String(!hidden);
  document.body.classList.toggle("no-map", hidden);
  remembered(hidden ? "yes" : "no");
}

/** Return what this browser remembers, or let it remember; one that may not store anything does neither. */
function remembered(value) {
  try {
    if (value) localStorage.setItem(HIDDEN, value);
    return localStorage.getItem(HIDDEN);
  } catch {
    return null;
  }
}

// --- Choosing ---------------------------------------------------------------------------------------

function pressed(event) {
  const mark = event.target.closest(".mark");
  const group = groups.find(({ lead }) => lead.item.id === mark?.dataset.incident);
  if (!group) return;
  if (group.spots.length > 1) openStack(group, view.toScreen(group.lead.point), time, taken);
  else taken(group.lead.item.id);
}

function taken(incident) {
  held = true;
  pick(incident, false);
}

/** Choose the next incident in the order of urgency. */
function step(by) {
  if (spots.length === 0) return;
  const at = spots.findIndex(({ item }) => item.id === chosen);
  const next = at < 0 ? 0 : (at + by + spots.length) % spots.length;
  taken(spots[next].item.id);
}

// --- Drawing ----------------------------------------------------------------------------------------

/** Draw soon, once for many changes. */
function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    if (!$("map-body").hidden && view.width > 0) drawNow();
  });
}

function drawNow() {
  drawBackground(drawMarks());
  tiles?.draw(view);
  const larger = circles.draw(spots, view, chosen);
  drawInside(larger);
  drawMapAges(time);
  drawScale(view);
  drawOutside(spots, view);
  const { lat, lon } = unproject(view);
  Object.assign(surface.dataset, { zoom: view.zoom, lat, lon });
}

function drawBackground(full) {
  const fine = window.devicePixelRatio || 1;
  const [width, height] = [view.width, view.height].map((pixels) => Math.round(pixels * fine));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.setTransform(fine, 0, 0, fine, 0, 0);
  pen.clearRect(0, 0, view.width, view.height);
  const colours = getComputedStyle(surface);
  const ink = (name) => colours.getPropertyValue(name).trim();
  const plain = { land: ink("--land"), border: ink("--border"), name: ink("--name") };
  drawOutline(pen, view, tiles ? { border: ink("--over-tiles") } : plain, full);
}

/** Draw all marks; return the boxes that they and their words fill. */
function drawMarks() {
  const home = surface.querySelector(".marks");
  surface.classList.toggle("crowded", groups.length > CROWD);
  const now = `${view.zoom} ${chosen}`;
  if (groupedFor !== now) {
    groupedFor = now;
    groups = grouped(spots, view.scale, chosen);
    if (!stackHas(groups)) closeStack();
  }
  const full = placeWords(groups, view, chosen, time);
  drawGroups(home);
  for (const { lead } of groups) {
    const { x, y } = view.toScreen(lead.point);
    marks.get(lead.item.id).style.transform = `translate(${x}px, ${y}px)`;
  }
  return full;
}

function drawGroups(home) {
  const leads = new Set(groups.map(({ lead }) => lead.item.id));
  for (const [incident, mark] of marks) {
    if (leads.has(incident)) continue;
    mark.remove();
    marks.delete(incident);
  }
  groups.forEach((group, index) => {
    const { id } = group.lead.item;
    const mark = drawMark(marks.get(id), group, chosen);
    mark.style.zIndex = id === chosen ? groups.length : groups.length - index - 1;
    if (!marks.has(id)) home.append(mark);
    marks.set(id, mark);
  });
}
