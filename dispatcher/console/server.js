// Talking to the dispatcher: requests with the CSRF token, events, and how long it has been silent.

const HEARTBEAT_MS = 2000; // as dispatcher/api/events.py sends them

let csrf = "";
let offset = 0; // the server's clock minus ours, ms
let heard = performance.now();

export const SILENT_AFTER_MS = 2 * HEARTBEAT_MS;

/** Return the server's present time, ms since 1970. */
export const now = () => Date.now() + offset;

/** Return for how long nothing was heard, ms. */
export const silence = () => performance.now() - heard;

/** A request that the server refused; `message` is for the operator. */
export class Refusal extends Error {}

/** Ask the server; a session that ended leads to the login page. */
export async function ask(path, body) {
  const options = body === undefined
    ? {}
    : {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
        body: JSON.stringify(body),
      };
  const answer = await fetch(path, options);
  if (answer.status === 401) location.replace("login");
  if (answer.status === 204) return null;
  const content = await answer.json();
  if (!answer.ok) throw new Refusal(content.detail || content.title);
  return content;
}

/** Learn who is logged in; needed before anything is changed. */
export async function session() {
  const known = await ask("api/v1/session");
  csrf = known.csrf;
  return known;
}

/** Keep the server's clock. */
export function clock(serverNow) {
  offset = serverNow - Date.now();
}

/** Follow the events: `changed` after each one and after each new connection, `alarm` for alarms. */
export function follow(changed, alarm) {
  const events = new EventSource("api/v1/events");
  const alive = () => (heard = performance.now());
  events.addEventListener("open", () => {
    alive();
    changed();
  });
  events.addEventListener("heartbeat", (event) => {
    alive();
    clock(JSON.parse(event.data).now);
  });
  events.addEventListener("incident", (event) => {
    alive();
    const content = JSON.parse(event.data);
    if (content.id === 0) alarm(content);
    changed();
  });
  events.addEventListener("alarm", (event) => {
    alive();
    alarm(JSON.parse(event.data));
  });
  events.addEventListener("error", () => {
    if (events.readyState !== EventSource.CLOSED) return;
    // The browser has given up, as it does after an error of the server's: begin anew.
    setTimeout(() => follow(changed, alarm), HEARTBEAT_MS / 2);
    session().catch(() => {});
  });
}
