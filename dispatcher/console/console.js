// The console: shows what the dispatcher knows, and sends what the operator decides.

import { allow, sound, withheld } from "./alarm.js";
import { drawAges, drawCard } from "./card.js";
import { SILENT_AFTER_MS, Refusal, ask, clock, follow, now, session, silence } from "./server.js";
import { SAY } from "./words.js";

const REFRESH_MS = 10000; // events may be committed out of order; the full list sets it right
const CLOSED_SHOWN = 5;
const ALARM_SHOWN_MS = 60000;

const $ = (id) => document.getElementById(id);
const cards = new Map();
let alarmSince = 0;
let due = null;

function show(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

async function refresh() {
  try {
    const [board, closed] = await Promise.all([
      ask("api/v1/board"),
      ask(`api/v1/incidents?state=closed&limit=${CLOSED_SHOWN}`),
    ]);
    clock(board.now);
    const active = new Set(board.items.map((item) => item.id));
    draw($("open"), sorted(board.items));
    draw($("closed"), closed.items.filter((item) => !active.has(item.id)));
    summarise(board.items);
  } catch (error) {
    if (error instanceof Refusal) show("refused", error.message);
    // Anything else is a lost connection: the watch below says so, loudly.
  }
}

/** Refresh soon, once for many events that come together. */
function changed() {
  due ??= setTimeout(() => {
    due = null;
    refresh();
  }, 30);
}

function sorted(items) {
  const rank = (item) => [item.unacknowledged ? 0 : 1, item.priority, item.opened_at];
  return [...items].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
  });
}

function draw(list, items) {
  const wanted = new Set();
  items.forEach((item, index) => {
    wanted.add(item.id);
    const card = drawCard(cards.get(item.id), item, act);
    cards.set(item.id, card);
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
  });
  for (const card of [...list.children]) {
    if (!wanted.has(card.dataset.incident)) card.remove();
  }
  drawAges(now());
  requestAnimationFrame(() => items.forEach(confirmPresented));
}

function summarise(items) {
  const alone = items.filter((item) => item.unacknowledged && item.class === "production");
  $("none").hidden = items.length > 0;
  $("none-closed").hidden = $("closed").children.length > 0;
  $("count").textContent = SAY.count(items.length, alone.length);
  document.title = SAY.title(alone.length);
  sound(alone.length > 0);
}

/** Tell the dispatcher, once for each press, that an operator's screen shows it. */
function confirmPresented(item) {
  const fresh = item.press_list?.some((press) => press.stage === "received");
  if (fresh && document.visibilityState === "visible") {
    ask(`api/v1/incidents/${item.id}/presented`, {}).catch(() => {});
  }
}

async function act(incident, action) {
  const body = action.path === "close" ? await fill("close-dialog") : {};
  if (body === null) return;
  await send(`api/v1/incidents/${incident}/${action.path}`, body);
}

async function send(path, body) {
  show("refused", "");
  try {
    await ask(path, body);
  } catch (error) {
    show("refused", error instanceof Refusal ? error.message : SAY.stopped(0));
  }
  changed();
}

/** Show a dialog; return what was filled in, without empty fields, or null. */
function fill(id) {
  const dialog = $(id);
  const form = dialog.querySelector("form");
  form.reset();
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const filled = [...new FormData(form)].filter(([, value]) => value !== "");
      resolve(dialog.returnValue === "ok" ? Object.fromEntries(filled) : null);
    }, { once: true });
  });
}

function alarm(event) {
  alarmSince = performance.now();
  show("alarm", event.text || SAY.count(1, 1));
  if (event.incident) sound(true);
}

function watch() {
  const silent = silence();
  const stopped = silent > SILENT_AFTER_MS;
  show("stopped", stopped ? SAY.stopped(Math.round(silent / 1000)) : "");
  document.body.classList.toggle("stopped", stopped);
  if (stopped) sound(true);
  $("sound").hidden = !withheld();
  if (alarmSince && performance.now() - alarmSince > ALARM_SHOWN_MS) {
    alarmSince = 0;
    show("alarm", "");
  }
  drawAges(now());
}

$("allow-sound").addEventListener("click", () => allow().then(watch));
document.addEventListener("visibilitychange", changed);
$("open-call").addEventListener("click", async () => {
  const call = await fill("call-dialog");
  if (call) await send("api/v1/incidents", { origin: "call", ...call });
});
$("log-out").addEventListener("click", async () => {
  await ask("logout", {});
  location.replace("login");
});

session().then((known) => {
  $("user").textContent = known.user;
  follow(changed, alarm);
  setInterval(refresh, REFRESH_MS);
});
setInterval(watch, 500);
