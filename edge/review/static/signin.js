// Signing in: with the password, or with the secret of a link, which stands after the address's `#`.
const link = location.hash.slice(1);
const said = document.getElementById("said");
const name = document.getElementById("name");
if (link) document.getElementById("password-label").hidden = true;
name.focus();

document.getElementById("signin").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { name: name.value };
  if (link) body.link = link;
  else body.password = document.getElementById("password").value;
  try {
    const answer = await fetch("/api/session", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Hairline": "1" },
      body: JSON.stringify(body),
    });
    if (answer.ok) location.replace("/");
    else said.textContent = (await answer.json()).error;
  } catch {
    said.textContent = "The server cannot be reached.";
  }
});
