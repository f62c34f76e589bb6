// Say at the top of the page, in words and colour, whether it listens to the scanner; in the title of the tab too.

// Most urgent first; the first two are "off", where nothing is recorded.
const STATES = ["over", "deaf", "unkept", "signedOut", "open", "noNetwork", "held", "silent"], OFF = STATES.slice(0, 2);
const MARKS = {off: "✕ ", wait: "! ", on: ""};

export function state(page, words) {
  const now = new Set(), place = document.querySelector("#state"), {title} = document;

  function draw() {
    const key = STATES.find(name => now.has(name)) ?? "listening", tone = OFF.includes(key) ? "off" : now.size ? "wait" : "on";
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    page.dataset.state = tone;
    place.textContent = words[key];
    document.title = MARKS[tone] + (tone === "off" ? words[key].replace(/[.:].*/, "") + " – " : "") + title;
    place.hidden = false;
  }

  return (name, is) => {
    now[is ? "add" : "delete"](name);
    draw();
  };
}
