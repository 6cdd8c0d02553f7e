// The console: shows what the dispatcher knows, and sends what the operator decides.

import { allow, ring, withheld } from "./alarm.js";
import { drawAges, drawCard, drawHistory, whoOf } from "./card.js";
import { beginMap, chooseOnMap, drawMapAges, moveOnMap, showOnMap } from "./map.js";
import {
  Refusal, SILENT_AFTER_MS, ask, clock, follow, logOut, now, revive, session, silence,
} from "./server.js";
import { offer, requested, showGuide } from "./together.js";
import { FIRST, SAY, age, sentence, timeOfDay } from "./words.js";

const REFRESH_MS = 10000; // events may be committed out of order; the full list sets it right
const SOON_MS = 30; // events that come together are one refresh
const CLOSED_SHOWN = 5;
const REFUSED_SHOWN_MS = 20000;
const ALARM_SHOWN_MS = 60000;
const SETTLE_MS = 400; // a list that moves under the pointer takes no press for so long
const ENDS_SOON_MS = 15 * 60000;
const GROUPS = ["alone", "held", "tests", "closed"];

const $ = (id) => document.getElementById(id);
const cards = new Map(); // incident -> its card
const items = new Map(); // incident -> what the server said last
const announced = new Set();
const memory = new Map(); // who -> the alert from memory that nobody has read yet
let me = null;
let alone = 0;
let due = null;
let refreshing = false;
let again = false;
let database = true;
let asked = 0; // how often a dialog was opened
let refusedAt = 0;
let alarmedAt = 0;
let linked = location.hash.slice(1); // the incident that an alert's link leads to
let arrived = false;
let chosen = ""; // the incident that the operator means, on its card and on the map

function show(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
  $(id).hidden = !text;
}

// --- The lists ------------------------------------------------------------------------------------

async function refresh() {
  again = refreshing;
  if (refreshing) return;
  refreshing = true;
  try {
    await load();
  } catch {
    // The heartbeats tell of a database or a line that is down, loudly.
  }
  refreshing = false;
  if (again) refresh();
}

async function load() {
  const [board, closed] = await Promise.all([
    ask("api/v1/board"),
    ask(`api/v1/incidents?state=closed&limit=${CLOSED_SHOWN}`),
  ]);
  clock(board.now);
  const open = new Set(board.items.map((item) => item.id));
  const ended = closed.items.filter((item) => !open.has(item.id));
  const wanted = [...board.items, ...ended];
  if (linked && !wanted.some((item) => item.id === linked)) ended.push(...(await find(linked)));
  draw(board.items, ended);
}

async function find(incident) {
  try {
    return [await ask(`api/v1/incidents/${encodeURIComponent(incident)}`)];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    linked = "";
    return [];
  }
}

/** Refresh soon, once for many events that come together. */
function changed() {
  due ??= setTimeout(() => {
    due = null;
    refresh();
  }, SOON_MS);
}

function groupOf(item) {
  if (item.class !== "production") return "tests";
  return item.unacknowledged ? "alone" : "held";
}

function draw(open, ended) {
  const focused = document.activeElement;
  const home = focused.closest("article");
  const before = [...cards.values()].map((card) => [card, placeOf(card)]);
  const lists = { alone: [], held: [], tests: [], closed: ended };
  for (const item of [...open].sort(moreUrgent)) lists[groupOf(item)].push(item);
  items.clear();
  for (const group of GROUPS) drawList(group, lists[group]);
  for (const [incident, card] of cards) {
    if (items.has(incident)) continue;
    card.remove();
    cards.delete(incident);
  }
  if (before.some(([card, place]) => card.isConnected && placeOf(card) !== place)) settle();
  if (home && document.activeElement === document.body) refocus(focused, home);
  $("none").hidden = open.length > 0;
  summarise(open, lists.alone);
  drawAges(now());
  onMap(() => showOnMap(open, now()));
  showLinked();
}

function moreUrgent(a, b) {
  return a.priority - b.priority || a.opened_at - b.opened_at;
}

const placeOf = (card) => `${card.offsetLeft} ${card.offsetTop}`;

/** Give the focus back that a card has lost by being moved or drawn anew. */
function refocus(focused, card) {
  const same = card.querySelector(`footer [data-action="${focused.dataset.action}"]`);
  const button = focused.isConnected ? focused : same ?? card.querySelector("footer button") ?? card;
  button.focus({ preventScroll: true });
}

function drawList(group, list) {
  const home = $(group).querySelector(".cards");
  $(group).hidden = list.length === 0;
  list.forEach((item, index) => {
    items.set(item.id, item);
    const old = cards.get(item.id);
    const card = drawCard(old, item, act, now());
    if (!old) watchCard(card);
    card.ariaCurrent = item.id === chosen ? "true" : null;
    cards.set(item.id, card);
    if (home.children[index] !== card) home.insertBefore(card, home.children[index] ?? null);
    if (waits(item)) {
      onScreen.unobserve(card);
      onScreen.observe(card);
    }
  });
}

/** Take no press while the lists move: it would hit another incident than the one that is meant. */
function settle() {
  document.body.classList.add("settling");
  setTimeout(() => document.body.classList.remove("settling"), SETTLE_MS);
}

function watchCard(card) {
  card.addEventListener("focusin", () => choose(card.dataset.incident));
  card.addEventListener("click", () => {
    choose(card.dataset.incident);
    onMap(() => chooseOnMap(chosen)); // also when its mark was moved out of the view since
  });
  const guide = card.querySelector(".guide");
  guide.addEventListener("toggle", () => guide.open && showGuide(guide, card.dataset.incident));
  card.querySelector(".past").addEventListener("toggle", async (event) => {
    const item = items.get(card.dataset.incident);
    if (!event.target.open || !item || item.history) return;
    const [whole] = await find(item.id).catch(() => []);
    if (whole) drawHistory(card, whole, now());
  });
}

function summarise(open, waiting) {
  alone = waiting.length;
  $("count").textContent = SAY.count(open.length, alone);
  $("count").classList.toggle("alarm", alone > 0);
  document.title = SAY.title(alone);
  const fresh = waiting.filter((item) => !announced.has(item.id));
  for (const item of waiting) announced.add(item.id);
  if (fresh.length) $("news").textContent = SAY.news(fresh.map(whoOf).join(", "));
  // What the database knows again needs no alert from memory any more.
  for (const item of open) {
    if (memory.get(item.device)?.at <= item.changed_at) memory.delete(item.device);
  }
  drawMemory();
}

/** Show the incident that an alert's link leads to. */
function showLinked() {
  const card = cards.get(linked);
  if (!card || arrived) return;
  arrived = true;
  card.scrollIntoView({ block: "center" });
  card.focus({ preventScroll: true });
  choose(linked);
}

/** Show which incident is meant, on its card and on the map. */
function choose(incident) {
  if (chosen === incident) return;
  chosen = incident;
  for (const [id, card] of cards) card.ariaCurrent = id === chosen ? "true" : null;
  onMap(() => chooseOnMap(chosen));
}

/** Do something on the map; it is an addition, and a fault of it must cost nobody a card. */
function onMap(work) {
  if ($("map").hidden) return;
  try {
    work();
  } catch (error) {
    console.error(error);
    $("map").hidden = true;
  }
}

/** Lead from the map to a card; by a key also with the focus. */
function picked(incident, byKey) {
  choose(incident);
  const card = cards.get(incident);
  card?.scrollIntoView({ block: "nearest" });
  if (byKey) card?.focus({ preventScroll: true });
}

// --- Presented: only what has really been on a screen -----------------------------------------------

const waits = (item) => item.press_list?.some((press) => press.stage === "received");

const onScreen = new IntersectionObserver(
  (seen) => {
    for (const entry of seen) {
      const item = items.get(entry.target.dataset.incident);
      if (entry.isIntersecting && item && waits(item)) confirmPresented(item);
    }
  },
  { threshold: 0.3 },
);

function confirmPresented(item) {
  if (!me?.mayChange || document.visibilityState !== "visible") return;
  ask(`api/v1/incidents/${item.id}/presented`, {}).catch(() => {});
}

// --- What the operator does -------------------------------------------------------------------------

async function act(item, action, button) {
  let { path } = action;
  let body = {};
  if (path === "close") $("close-title").textContent = SAY.closeTitle(whoOf(item));
  if (path === "close") body = await fill("close-dialog");
  if (path === "more") ({ path, body } = requested(item, await fill("more-dialog", () => offer(item, items, whoOf))));
  if (document.activeElement === document.body) refocus(button, cards.get(item.id) ?? button);
  if (!body) return;
  button.ariaDisabled = "true"; // and not `disabled`, which would lose the focus
  await send(`api/v1/incidents/${item.id}/${path}`, body, whoOf(item));
  button.ariaDisabled = null;
}

async function send(path, body, who) {
  refuse("");
  try {
    await ask(path, body);
  } catch (error) {
    refuse(error instanceof Refusal ? reason(error, who) : SAY.unreachable);
  }
  changed();
}

function reason(refusal, who) {
  const { reason: why, actor, at } = refusal.problem;
  if (!FIRST[why] || !actor) return refusal.message;
  return `${who}: ${FIRST[why](actor, age(now() - at))}`;
}

function refuse(text) {
  refusedAt = performance.now();
  show("refused", sentence(text));
}

/** Show a dialog; return what was filled in, without empty fields, or null. */
function fill(id, prepare = needNote) {
  const dialog = $(id);
  const form = dialog.querySelector("form");
  form.reset();
  prepare();
  dialog.returnValue = "cancel";
  dialog.showModal();
  const mine = ++asked;
  return new Promise((resolve) => {
    const close = () => {
      if (dialog.open && mine === asked) return; // the end of the time before comes late
      dialog.removeEventListener("close", close);
      const filled = [...new FormData(form)].filter(([, value]) => value !== "");
      const ok = mine === asked && dialog.returnValue === "ok";
      resolve(ok ? Object.fromEntries(filled) : null);
    };
    dialog.addEventListener("close", close);
  });
}

/** "Other" says nothing without a note. */
function needNote() {
  const { disposition, note } = $("close-dialog").querySelector("form").elements;
  note.required = disposition.value === "other";
}

// --- Alarms -----------------------------------------------------------------------------------------

/** Keep what the database does not know until somebody has read it. */
function fromMemory(event) {
  const who = event.summary?.device ?? SAY.unknownTracker;
  memory.set(who, { at: event.at, text: SAY.fromMemory(who, timeOfDay(event.at, now())) });
  drawMemory();
  watch();
}

/** Show for a while what is about Guardian itself; what lasts is in every heartbeat. */
function alarm(event) {
  alarmedAt = performance.now();
  show("alarm", SAY.alarm(event.text, timeOfDay(event.at, now())));
}

/** Show where a followed tracker is now; the next full list says the same. */
function moved({ incident, place, circle }) {
  const item = items.get(incident);
  if (!item || item.state === "closed" || place.received_at < item.place?.received_at) return;
  Object.assign(item, { place, circle });
  drawCard(cards.get(incident), item, act, now());
  onMap(() => moveOnMap(item, now()));
}

function drawMemory() {
  const list = $("memory").querySelector("ul");
  const texts = [...memory.values()].map(({ text }) => text);
  $("memory").hidden = texts.length === 0;
  if (texts.join() === [...list.children].map((line) => line.textContent).join()) return;
  list.replaceChildren(
    ...texts.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }),
  );
}

/** Look whether all is well; twice a second, and with every heartbeat while timers are slowed. */
function watch() {
  const silent = silence();
  const stopped = silent > SILENT_AFTER_MS;
  show("stopped", stopped ? SAY.stopped(Math.round(silent / 1000)) : "");
  show("database", database || stopped ? "" : SAY.database);
  document.body.classList.toggle("stopped", stopped || !database);
  if (alone || memory.size || stopped || !database) ring();
  $("sound").hidden = !withheld();
  const left = me?.ends_at ? me.ends_at - now() : Infinity;
  show("ends", left < ENDS_SOON_MS ? SAY.ends(age(left)) : "");
  if (performance.now() - refusedAt > REFUSED_SHOWN_MS) show("refused", "");
  if (performance.now() - alarmedAt > ALARM_SHOWN_MS) show("alarm", "");
  drawAges(now());
  onMap(() => drawMapAges(now()));
}

const told = {
  changed,
  alarm,
  memory: fromMemory,
  place: moved,
  beat: (beat) => {
    database = beat.database;
    show("live", timeOfDay(beat.now, beat.now));
    watch();
  },
};

$("allow-sound").addEventListener("click", () => allow().then(watch));
for (const press of ["click", "keydown"]) document.addEventListener(press, allow);
$("seen").addEventListener("click", () => {
  memory.clear();
  drawMemory();
});
$("close-dialog").querySelector("select").addEventListener("change", needNote);
document.addEventListener("visibilitychange", changed);
addEventListener("hashchange", () => {
  linked = location.hash.slice(1);
  arrived = false;
  changed();
});
$("open-call").addEventListener("click", async () => {
  const call = await fill("call-dialog");
  if (!call) return;
  if (Object.keys(call).length === 0) refuse(SAY.emptyCall);
  else await send("api/v1/incidents", { origin: "call", ...call });
});
$("log-out").addEventListener("click", () => logOut().catch(() => refuse(SAY.unreachable)));

async function begin() {
  me = await session();
  me.mayChange = me.scopes.includes("incidents:write");
  $("user").textContent = me.user;
  $("open-call").hidden = !me.mayChange;
  document.body.classList.toggle("watching", !me.mayChange);
  onMap(() => beginMap(picked, changed));
  follow(told);
  setInterval(refresh, REFRESH_MS);
  setInterval(() => revive(told), REFRESH_MS / 10);
  document.body.dataset.begun = "yes";
}

begin().catch(() => dispatchEvent(new Event("stuck"))); // see loading.js
setInterval(watch, 500);
new ResizeObserver(([top]) => {
  document.documentElement.style.setProperty("--top", `${top.target.offsetHeight}px`);
}).observe($("sticky"));
