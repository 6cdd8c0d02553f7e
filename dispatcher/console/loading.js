// Loads the page anew when a part of it did not come: it must not stand there saying "Loading ...".

const AGAIN_MS = 2000;
const ANSWER_MS = 5000;
const LONGEST_MS = 20000;
const STUCK = "This page is not complete. Trying again ...";

let trying = false;

/** Say so, and load anew as soon as the dispatcher answers; before that nothing would be left. */
function again() {
  if (trying) return;
  trying = true;
  const count = document.getElementById("count");
  if (count) {
    count.textContent = STUCK;
    count.classList.add("alarm");
  }
  const ask = () =>
    fetch(location.href, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
      () => location.reload(),
      () => setTimeout(ask, AGAIN_MS),
    );
  setTimeout(ask, AGAIN_MS);
}

addEventListener("error", ({ target }) => {
  if (target instanceof HTMLScriptElement || target.rel === "stylesheet") again();
}, true);
addEventListener("stuck", again);
setTimeout(() => document.body.dataset.begun || again(), LONGEST_MS);
