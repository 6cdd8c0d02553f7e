// Talking to the dispatcher: requests with the CSRF token, events, and how long it has been silent.

const HEARTBEAT_MS = 2000; // as dispatcher/api/events.py sends them
const ANSWER_MS = 8000; // longer than the dispatcher waits for its database
const REVIVE_MS = 3 * HEARTBEAT_MS; // a connection that is silent for so long is made anew

export const SILENT_AFTER_MS = 2 * HEARTBEAT_MS;

let csrf = "";
let offset = 0; // the server's clock minus ours, ms
let heard = performance.now();
let events = null;
let begun = 0;
let leaving = false;

/** Return the server's present time, ms since 1970. */
export const now = () => Date.now() + offset;

/** Return for how long nothing was heard, ms. */
export const silence = () => performance.now() - heard;

/** A request that the server refused; `problem` has its reason, `message` is for the operator. */
export class Refusal extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

/** Ask the server; a session that ended leads to the login page. */
export async function ask(path, body) {
  const options = { signal: AbortSignal.timeout(ANSWER_MS) };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  if (answer.status === 401 && !leaving) location.replace(`login?ended${location.hash}`);
  if (answer.status === 204) return null;
  const content = await answer.json();
  if (!answer.ok) throw new Refusal(content);
  return content;
}

/** Learn who is logged in; needed before anything is changed. */
export async function session() {
  const known = await ask("api/v1/session");
  csrf = known.csrf ?? "";
  return known;
}

/** End the login and go to the login page. */
export async function logOut() {
  leaving = true;
  try {
    await ask("logout", {});
    location.replace("login");
  } catch (error) {
    leaving = false;
    throw error;
  }
}

/** Keep the server's clock. */
export function clock(serverNow) {
  offset = serverNow - Date.now();
}

/**
 * Follow the events: `changed` after each one and each new connection, `memory` for an incident
 * that the database does not know, `alarm` for one about Guardian itself, `place` for where a
 * followed tracker is now, `beat` for heartbeats.
 */
export function follow(told) {
  events?.close();
  begun = performance.now();
  const stream = (events = new EventSource("api/v1/events"));
  const hear = (name, react) =>
    stream.addEventListener(name, (event) => {
      heard = performance.now();
      react(event.data === undefined ? null : JSON.parse(event.data));
    });
  hear("open", told.changed);
  hear("heartbeat", (beat) => {
    clock(beat.now);
    told.beat(beat);
  });
  hear("incident", (event) => {
    if (event.id === 0) told.memory(event);
    told.changed();
  });
  hear("alarm", told.alarm);
  hear("place", told.place);
  stream.addEventListener("error", () => {
    // The browser gives up after an answer that is an error: the login may have ended.
    if (stream.readyState === EventSource.CLOSED) session().catch(() => {});
  });
}

/** Connect anew when nothing is heard: a browser does not notice a line that was cut. */
export function revive(told) {
  if (silence() > REVIVE_MS && performance.now() - begun > REVIVE_MS) follow(told);
}
