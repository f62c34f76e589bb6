// Open the post: scan codes by camera, hand scanner or keyboard. Every reading is first queued on this device,
// then sent in order. Its key makes the request idempotent, so sending it twice does no harm.

const $ = (selector, root = document) => root.querySelector(selector);
const page = $("[data-bag]"), {dataset: words} = page, form = $("#reading"), field = $("#text"), postmark = $("#postmark_on");
const [{find}, {camera}] = await Promise.all([import(words.finder), import(words.camera)]);
const QUEUE = "etracking.post-bag." + words.staff, LATE_MS = 150, RETRY_MS = 5000, TIMEOUT_MS = 15000;
const TONES = {   // tone: [sounds, vibration]; a sound is [hertz, from, to] in seconds, a vibration in milliseconds
  good: [[[1320, 0, .09]], [60]],
  wait: [[[660, 0, .1], [660, .16, .26]], [60, 60, 60]],
  bad: [[[165, 0, .45]], [350]],
};
const GONE_MS = 1500, seen = new Map();   // text of a code -> when it was last before the camera
const finder = camera({
  selector: "#camera",
  words: () => words,
  see: texts => texts.filter(see)[0],
  changed: on => page.classList.toggle("filming", on),
  began() {
    $("#camera").scrollIntoView();
    ready();
  },
});
$("#camera button").addEventListener("click", finder.toggle);
let sounds, problem = "";

function signal(tone) {
  const [notes, felt] = TONES[tone];
  navigator.vibrate?.(felt);
  if (!$("#sound").checked || !sounds) return;
  for (const [hertz, from, to] of notes) {
    const note = new OscillatorNode(sounds, {frequency: hertz}), loud = new GainNode(sounds, {gain: .2});
    note.connect(loud).connect(sounds.destination);
    note.start(sounds.currentTime + from);
    note.stop(sounds.currentTime + to);
  }
}

// Start audio at any click: browsers play sound only after one, Safari only if it was started in one. Starting takes a
// while, so do it before the first code.
addEventListener("click", () => (sounds ??= new AudioContext()).resume(), true);

// Get ready for the next code. With the camera, no focus: on a phone the keyboard would hide the answers.
const ready = () => finder.on ? field.blur() : field.focus();

// Record each of our codes once while it stays in sight; true if it is ours.
function see(text) {
  const ours = find(text.replace(/\/[er]\/(\w+).*/i, "/t/$1")), now = Date.now(), before = seen.get(text) ?? 0;
  seen.set(text, now);
  if (now - before >= GONE_MS) {
    finder.say(ours ? "scanning" : "foreign");
    if (ours) take(text);
  }
  return ours;
}

// Queue of the readings that the server has not answered yet.
const queue = () => JSON.parse(localStorage[QUEUE] || "[]");
const store = readings => localStorage[QUEUE] = JSON.stringify(readings);

function count() {
  const waiting = queue().length, notice = $("#waiting");
  notice.hidden = !waiting && !problem;
  notice.className = problem ? "notice bad" : "notice";
  notice.textContent = [waiting ? `${words.waiting} ${waiting}.` : "", problem].join(" ").trim();
}

function show(content) {
  const place = $("#answer"), before = place.firstElementChild;
  if (before && before.dataset.tone !== "good" && before.dataset.scan) attend(before);
  place.replaceChildren(content);
  $("#recorded").textContent = content.dataset.recorded ?? $("#recorded").textContent;
  htmx.process(content);
  finder.on || content.scrollIntoView({block: "nearest"});   // with the camera on, the answer is visible already
}

function attend(answer) {
  $("#attention").hidden = false;
  $("#attention div").prepend(answer);
}

function kept(key, why) {
  const box = document.createElement("div"), text = document.createElement("p"), title = document.createElement("p");
  box.className = "read";
  Object.assign(box.dataset, {tone: "wait", kept: key});
  box.append(Object.assign(document.createElement("article"), {className: "card wait"}));
  title.className = "outcome";
  title.append(Object.assign(document.createElement("strong"), {textContent: words.kept}));
  text.textContent = why;
  box.firstChild.append(title, text);
  return box;
}

function take(text) {
  if (new Date().toLocaleDateString("sv", {timeZone: "Europe/Luxembourg"}) !== words.today) return refuse(words.tomorrow);
  const reading = {bag: words.bag, key: crypto.randomUUID(), text, postmark_on: postmark.value};
  try {
    store([...queue(), reading]);
  } catch {
    return refuse(words.full);
  }
  postmark.value = "";
  const {key} = reading, late = setTimeout(later, LATE_MS, key, "");
  count();
  send().then(() => {
    clearTimeout(late);
    if (queue().some(waiting => waiting.key === key)) later(key, problem ? "" : words.later);
  });
}

function later(key, why) {
  if (!$(`#answer [data-kept="${key}"]`)) signal("wait");
  show(kept(key, why));
}

function refuse(why) {
  problem = why;
  signal("bad");
  count();
}

// Send the queue, oldest first, one tab at a time (lock). A reading that the server refuses stays and blocks no other.
function send() {
  return navigator.locks.request(QUEUE, async () => {
    problem = "";
    for (const reading of queue()) {
      const answer = await post(reading);
      if (!answer || answer.status >= 500 || answer.status === 429) break;
      if (answer.status === 204) {   // to the sign-in page; or to this page, if its token is of an earlier session
        if (answer.headers.get("HX-Redirect") !== "/sign-in") location.reload();
        problem = words.signedOut;
        break;
      }
      if (answer.status !== 200) {
        problem = words.refused;
        continue;
      }
      const part = document.createRange().createContextualFragment(await answer.text()).firstElementChild;
      store(queue().filter(({key}) => key !== reading.key));
      count();
      signal(part.dataset.tone);
      show(part);
    }
    count();
  });
}

function post({bag, ...fields}) {
  const body = new URLSearchParams({...fields, csrf_token: form.csrf_token.value});
  return fetch(`/desk/post-bag/${bag}/reads`, {
    method: "POST", body, headers: {"HX-Request": "true"}, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null);
}

// Handle the button instead of submit, so that the form works offline; Enter presses the button too.
$("button", form).addEventListener("click", event => {
  event.preventDefault();
  const text = field.value.replace(/\p{C}/gu, "").trim();
  field.value = "";
  ready();
  if (text) take(text);
});
addEventListener("online", send);
setInterval(() => queue()[0] && send(), RETRY_MS);
document.addEventListener("htmx:after:swap", () => {   // after a next step, such as undo
  const {tone, recorded} = $(".read").dataset;
  signal(tone);
  $("#recorded").textContent = recorded;
  ready();
});
count();
send();
