// Hear a hand scanner wherever the focus is. A scanner is a keyboard that types fast and ends with Enter, Tab or
// nothing; some put in a whole text at once, or paste it. What it types goes into the field.

const GAP_MS = 150, DATE_GAP_MS = 1000;   // a longer pause between two keys ends a run; in a date, people stop longer
const FAST_MS = 40, FEW = 6;   // nobody types six keys as fast as this, on average
const MANY = 20;   // or twenty without a pause, where numbers are typed: they have 15
const WHOLE_MS = 300, PART_MS = 1500;   // without a suffix, this pause ends a code; longer if a part of it may be missing
const HELD_MS = 2500;   // what stays in the field for so long is said to be there
const SUFFIX_MS = 500;   // Ctrl+J and Ctrl+M, this soon after a code, are its line feed and carriage return
const PREFIX_MS = GAP_MS;   // Enter presses a button only after this: some scanners begin with it
const LENGTH = 13, SAME = 8;   // characters of a number; characters that all our addresses begin with
const ADDRESS = /^https?:\/\//i, OURS = /^https?:\/\/[^/]+\/[ter]\/\S+$/i;
const OTHERS = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";
const SIGNS = {Semicolon: ";:", Slash: "/?", Period: ".>", Comma: ",<", Minus: "-_", Equal: "=+", Digit3: "3#", Digit5: "5%"};

// Cut what came in one go into its codes, each once. All codes of one scanner begin alike, in the spelling of any
// keyboard; bare numbers are cut by length if each is valid. What cannot be cut stays whole, and the server refuses it.
export function codes(text, find) {
  const whole = text.replace(/[\p{Cc}\p{Cs}\p{Co}]+/gu, " ").trim(), spelt = whole.toLowerCase(), cuts = [0];
  const begin = spelt.slice(0, SAME), again = at => begin.length === SAME && spelt.startsWith(begin, at);
  for (let at = 4; at < spelt.length; at++)   // 4: some scanners put three characters before each code
    if (at - cuts.at(-1) >= 4 && (again(at) || ADDRESS.test(spelt.slice(at, at + SAME)))) cuts.push(at);
  const pieces = cuts.flatMap((at, index) => numbers(whole.slice(at, cuts[index + 1]).trim(), find)).filter(Boolean);
  return [...new Map(pieces.map(piece => [piece.toUpperCase(), piece])).values()];
}

function numbers(piece, find) {
  const signs = piece.replace(/[\s.-]+/g, ""), each = signs.match(/.{1,13}/g) ?? [];
  return each[1] && each.every(number => number.length === LENGTH && find(number)) ? each : [piece];
}

// What an American keyboard would have typed: most scanners press the keys of one, whatever the computer believes.
function american({code, shiftKey, altKey}) {
  if (altKey) return "";
  const plain = /^(?:Key|Digit|Numpad)(\w)$/.exec(code)?.[1];
  return SIGNS[code]?.[Number(shiftKey)] ?? plain ?? "";
}

// True for a digit of a character's code, typed with Alt held down, as some scanners do.
const byCode = ({altKey, code}) => altKey && /^Numpad\d/.test(code);

// True for a key that types a character, or one that the browser cannot name (input methods, Android).
function types(event) {
  const {key} = event;
  if (byCode(event)) return true;
  const shortcut = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
  return !shortcut && ([...key].length === 1 || ["Dead", "Process", "Unidentified"].includes(key));
}

// What Enter does where the focus is: press the button, or the first that sends the form. Not any that stands in it:
// some belong to other forms.
function enter(target) {
  const owned = () => [...target.form?.elements ?? []].find(part => part.matches("button:not([type=button])"));
  const button = target.matches("input") ? owned() : target;
  return button?.matches("button, a[href], summary") && (() => button.isConnected && button.click());
}

// Listen for codes. `take(codes)` is given those that were typed in one go; `changed(held)` is told of what is in the
// field: nothing (""), a text ("typing"), one that stays there ("held") or a whole number that stays there ("whole").
export function listen({field, find, take, changed}) {
  let run, timer, holding, entering, pressed = "", length = 0, ended = -SUFFIX_MS, repeated;   // run: of keys without a pause

  const reset = () => {
    run = null;
    pressed = "";
    length = field.value.length;
  };
  const next = (now, more) => {
    if (repeated) Object.assign(run, {began: now, count: 0});   // a key held down, as in "-----": its speed says nothing
    run.count += more;
    run.last = now;
    run.scanned ||= run.count >= FEW && (now - run.began) / (run.count - 1) <= FAST_MS;
  };

  // The text in the field; what the keys mean on an American keyboard, if that is an address of ours and the text is not.
  // A scanned number that both spell, but not alike: both in one text, which the server refuses.
  function text() {
    const [typed, meant] = [field.value, pressed].map(text => codes(text, find));
    const [one, other] = [typed, meant].map(codes => !codes[1] && find(codes[0] ?? ""));
    if (run?.scanned && one && other && one !== other && !ADDRESS.test(typed[0])) return [`${one} ${other}`];
    return !ADDRESS.test(field.value) && meant[0] && meant.every(code => OURS.test(code) && find(code)) ? meant : typed;
  }

  const whole = () => text()[0] && text().every(code => find(code));
  const scanned = () => run?.scanned || whole() && ADDRESS.test(text()[0]);   // nobody types an address

  function finish(now = performance.now()) {
    const found = text();
    field.value = "";
    ended = now;
    wait();
    reset();
    if (found[0]) take(found);
  }

  // Finish a scanned text after a pause; say that another stays in the field.
  function wait() {
    clearTimeout(timer);
    clearTimeout(holding);
    changed(field.value && "typing");
    if (!field.value) return;
    if (scanned()) timer = setTimeout(finish, whole() && run?.scanned ? WHOLE_MS : PART_MS);
    else holding = setTimeout(() => changed(whole() ? "whole" : "held"), HELD_MS);
  }

  field.addEventListener("input", event => {
    const more = field.value.length - length, {inputType, isComposing} = event;
    length = field.value.length;
    if (more <= 0 && !isComposing) reset();
    if (/^insertFrom/.test(inputType)) run = {scanned: Boolean(whole())};
    else if (/^insert/.test(inputType)) {
      if (!run || event.timeStamp - run.last > GAP_MS) run = {began: event.timeStamp, count: 0, scanned: run?.scanned};
      next(event.timeStamp, Math.max(more, 1));
      run.scanned ||= run.count >= MANY;
    }
    wait();
  });

  // A key in another field belongs to it, until the run is too fast for a person or begins like an address. What it
  // has changed by then is undone.
  function elsewhere(event) {
    const {target, key, timeStamp} = event, date = target.type === "date", named = byCode(event) || key[1];
    if (run?.place !== target || timeStamp - run.last > (date ? DATE_GAP_MS : GAP_MS))
      run = {place: target, before: target.value, typed: "", pressed: "", began: timeStamp, count: 0};
    const {place, before, typed, pressed: keys} = run;
    next(timeStamp, 1);
    run.typed += key[1] ? "" : key;
    run.pressed += american(event);
    const useless = byCode(event) || date && !/[\d./-]/.test(key), address = /^https?:/i;
    if (!useless && !run.scanned && !address.test(run.typed) && !address.test(run.pressed)) return;
    if (place.value !== before || typed) {
      place.value = before;
      place.dispatchEvent(new Event("input", {bubbles: true}));
    }
    hear(typed, keys);
    if (named) return;   // the browser puts what it stands for where the focus is now
    event.preventDefault();   // this one too: Firefox would leave it to the date field
    event.stopImmediatePropagation();
    hear(key, "");
  }

  function hear(typed, keys) {
    field.focus();
    field.value += typed;
    length = field.value.length;
    field.setSelectionRange(length, length);
    pressed += keys;
    wait();
  }

  addEventListener("keydown", event => {
    const {target, key, timeStamp} = event, here = target === field;
    if (!event.isTrusted) return;
    repeated = event.repeat;
    clearTimeout(entering);
    const press = key === "Enter" && !here && !event.ctrlKey && !event.metaKey && !event.shiftKey && enter(target);
    if (press) {
      event.preventDefault();
      if (!repeated) entering = setTimeout(press, PREFIX_MS);
      return;
    }
    const feed = event.ctrlKey && /^[jm]$/i.test(key), end = feed || key === "Tab" && !event.shiftKey;
    if (end && here && field.value && scanned()) {
      event.preventDefault();
      finish(timeStamp);
    } else if (feed && timeStamp - ended < SUFFIX_MS) event.preventDefault();
    else if (!types(event)) return;
    else if (!here && target.matches(OTHERS)) elsewhere(event);
    else if (!here && key !== " ") hear("", "");
    if (document.activeElement === field && types(event)) pressed += american(event);
  }, true);

  function put(text) {
    field.focus();
    field.setRangeText(text.replace(/\s+/g, " "), field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new InputEvent("input", {bubbles: true, inputType: "insertFromPaste"}));
  }

  addEventListener("paste", event => {
    const text = event.clipboardData?.getData("text");
    if (!text || event.target !== field && event.target.matches?.(OTHERS)) return;
    event.preventDefault();
    put(text);
  });

  // A whole address that an input method or the clipboard puts into another field.
  addEventListener("beforeinput", event => {
    const {target, data} = event, found = target !== field && data ? codes(data, find) : [];
    if (!found[0] || !found.every(code => OURS.test(code) && find(code))) return;
    event.preventDefault();
    put(data);
  });

  field.removeAttribute("maxlength");   // it would cut what a scanner adds to it, in silence
  return finish;
}
