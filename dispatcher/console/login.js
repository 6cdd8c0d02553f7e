// The login page: sends name and password, shows why it was refused.

const form = document.getElementById("login");
const problem = document.getElementById("problem");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  problem.hidden = true;
  try {
    const answer = await fetch("login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (answer.ok) {
      location.replace("./");
      return;
    }
    const body = await answer.json();
    problem.textContent = body.detail || body.title;
  } catch {
    problem.textContent = "Guardian does not answer. Is the dispatcher running?";
  } finally {
    button.disabled = false;
  }
  problem.hidden = false;
});
