// Passkeys: ask the browser for a credential and send it with the form. Texts come from data- attributes of the form.

const able = self.PublicKeyCredential?.parseRequestOptionsFromJSON;
const forms = document.querySelectorAll("form[data-passkey]");

async function ask({dataset: {passkey, challenge}}, fields) {
  const answer = await fetch(challenge, {method: "POST", body: fields});
  if (!answer.ok) throw Error(answer.status);
  const options = await answer.json();
  return passkey === "create"
    ? navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})
    : navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)});
}

async function send(event) {
  event.preventDefault();
  const form = event.target, said = form.querySelector("[role=alert]"), button = form.querySelector("button");
  said.textContent = "";
  button.disabled = true;
  try {
    form.credential.value = JSON.stringify(await ask(form, new FormData(form)));
    form.submit();
    form.credential.value = "";   // it is valid once, so going back to this page must not send it again
  } catch ({name}) {
    said.textContent = form.dataset[{NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "there"}[name] ?? "failed"];
  }
  button.disabled = false;
}

if (able) for (const form of forms) {
  form.hidden = false;
  form.addEventListener("submit", send);
}
if (able) document.querySelectorAll("[data-no-passkeys]").forEach(part => part.hidden = true);
