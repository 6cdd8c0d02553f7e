// The login page: sends name and password, shows why it was refused.

const SAY = {
  ended: "Your login has ended. New incidents are NOT shown until you log in again.",
  unreachable: "Guardian does not answer. Is the dispatcher running?",
  noCookie: "This browser does not keep the login. Are cookies blocked for this page?",
};
const WAIT_MS = 15000;

const form = document.getElementById("login");
const problem = document.getElementById("problem");

if (new URLSearchParams(location.search).has("ended")) {
  const ended = document.getElementById("ended");
  ended.textContent = SAY.ended;
  ended.hidden = false;
  document.title = `LOGGED OUT - ${document.title}`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  problem.hidden = true;
  const said = await logIn();
  button.disabled = false;
  if (said === null) {
    location.replace(`./${location.hash}`);
    return;
  }
  problem.textContent = said.charAt(0).toUpperCase() + said.slice(1);
  problem.hidden = false;
  form.elements.password.select();
});

document.body.dataset.begun = "yes"; // see loading.js

/** Log in; return null, or what went wrong. */
async function logIn() {
  try {
    // Safari keeps no Secure cookie on plain HTTP: the second attempt asks for another one.
    for (const loopback of location.protocol === "http:" ? [false, true] : [false]) {
      const answer = await send(loopback);
      if (!answer.ok) {
        const body = await answer.json();
        return body.detail || body.title;
      }
      const session = await fetch("api/v1/session", { signal: AbortSignal.timeout(WAIT_MS) });
      if (session.status !== 401) return null;
    }
    return SAY.noCookie;
  } catch {
    return SAY.unreachable;
  }
}

function send(loopback) {
  const { name, password } = Object.fromEntries(new FormData(form));
  return fetch("login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password, loopback }),
    signal: AbortSignal.timeout(WAIT_MS),
  });
}
