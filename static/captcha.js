// CAPTCHA: web workers solve a challenge (proof of work), and the solution goes into a hidden field. With the box "I am a
// human" they begin when it is ticked; beside the six digits, as soon as somebody comes to type them. There a failure is
// not told: the digits count without a proof too. Listeners are on the document, as htmx may insert the box at any time.

const tick = box => box.querySelector("[type=checkbox]");
const agreed = box => tick(box)?.checked ?? true;
const proof = box => box.querySelector("[type=hidden]");

function say(box, key, wrong = false) {
  const status = box.querySelector("[role=status]");
  status.textContent = box.dataset[key];
  status.className = wrong ? "error" : "hint";
  if (tick(box)) tick(box).ariaInvalid = wrong;
}

function reset(box, key) {
  proof(box).value = "";
  if (tick(box)) tick(box).checked = box.next = false;
  say(box, key, true);
}

async function work(box) {
  if (box.busy) return;
  if (proof(box).value) return say(box, "done");
  box.busy = true;
  box.failed = false;
  say(box, "working");
  try {
    const answer = await fetch(box.dataset.captcha, {method: "POST"});
    if (!answer.ok) throw answer;
    const challenge = await answer.json(), solution = await solve(challenge, box.dataset.worker);
    proof(box).value = btoa(JSON.stringify({challenge, solution}));
    say(box, "done");
    setTimeout(reset, box.dataset.seconds * 1000, box, "expired");   // a timer, as the visitor's clock may be wrong
  } catch (error) {
    box.failed = true;
    reset(box, error?.status === 429 ? "busy" : "failed");
  }
  box.busy = false;
  if (box.next && agreed(box)) box.next();
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

document.addEventListener("focusin", ({target}) => {
  const box = target.name === "captcha_code" && target.form.querySelector("[data-captcha]");
  if (box) work(box);
});

// Hold a submit back until the proof is ready, and a second submit within 2 s, as a proof is valid once.
// Capturing, so that this runs before htmx.
document.addEventListener("submit", event => {
  const {target, submitter, timeStamp} = event, box = target.querySelector("[data-captcha]");
  if (!box) return;
  const ready = agreed(box) && (proof(box).value || box.failed);
  if (ready && !(timeStamp - box.sent < 2000)) return box.sent = timeStamp;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (ready) return;
  if (!agreed(box)) return say(box, "missing", true), tick(box).focus();
  box.next = () => target.requestSubmit(submitter);
  work(box);
  say(box, "waiting");
}, true);
