// CAPTCHA box "I am a human": when ticked, web workers solve a challenge (proof of work); the solution goes into a
// hidden field. Listeners are on the document, because htmx may insert the box at any time.

const tick = box => box.querySelector("[type=checkbox]");
const proof = box => box.querySelector("[type=hidden]");

function say(box, key, wrong = false) {
  const status = box.querySelector("[role=status]");
  status.textContent = box.dataset[key];
  status.className = wrong ? "error" : "hint";
  tick(box).ariaInvalid = wrong;
}

function reset(box, key) {
  proof(box).value = "";
  tick(box).checked = box.next = false;
  say(box, key, true);
}

async function work(box) {
  if (box.busy) return;
  if (proof(box).value) return say(box, "done");
  box.busy = true;
  say(box, "working");
  try {
    const answer = await fetch(box.dataset.captcha, {method: "POST"});
    if (!answer.ok) throw answer;
    const challenge = await answer.json(), solution = await solve(challenge, box.dataset.worker);
    proof(box).value = btoa(JSON.stringify({challenge, solution}));
    say(box, "done");
    setTimeout(reset, box.dataset.seconds * 1000, box, "expired");   // a timer, as the visitor's clock may be wrong
    if (box.next && tick(box).checked) box.next();
  } catch (error) {
    reset(box, error?.status === 429 ? "busy" : "failed");
  }
  box.busy = false;
}

function solve(challenge, url) {
  const counterStep = Math.min(4, navigator.hardwareConcurrency || 2), workers = [];
  return new Promise((resolve, reject) => {
    for (let counterStart = 0; counterStart < counterStep; counterStart++) {
      const worker = workers[counterStart] = new Worker(url);
      worker.onerror = reject;
      worker.onmessage = ({data}) => data?.derivedKey ? resolve(data) : reject(data);
      worker.postMessage({type: "work", challenge, counterStart, counterStep});
    }
  }).finally(() => workers.map(worker => worker.terminate()));
}

document.addEventListener("change", ({target}) => {
  const box = target.closest("[data-captcha]");
  if (box && target.checked) work(box);
});

// Hold a submit back until the proof is ready, and a second submit within 2 s, as a proof is valid once.
// Capturing, so that this runs before htmx.
document.addEventListener("submit", event => {
  const {target, submitter, timeStamp} = event, box = target.querySelector("[data-captcha]");
  if (!box) return;
  const ready = tick(box).checked && proof(box).value;
  if (ready && !(timeStamp - box.sent < 2000)) return box.sent = timeStamp;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (ready) return;
  if (!tick(box).checked) return say(box, "missing", true), tick(box).focus();
  box.next = () => target.requestSubmit(submitter);
  work(box);
  say(box, "waiting");
}, true);
