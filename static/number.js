// Help to type an eTracking number, by the rules of models/dossiers/number.py. Listeners are on the document, because
// htmx inserts and removes fields.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", APART = /[\s.\-\u2010-\u2015\u2212]+/g;
const ALIKE = ["8B", "5S", "2Z", "VYU", "6G", "0DQ", "17", "MN"];

const clean = text => text.replace(APART, "").toUpperCase().replace(/O/g, 0).replace(/[IL]/g, 1);
const grouped = number => number.replace(/./g, (character, at) => (at === 4 || at === 8 ? "-" : "") + character);

function right(number) {
  let state = 0;
  for (const character of number.slice(0, 12)) {
    state = (state ^ ALPHABET.indexOf(character)) * 2;
    if (state > 31) state ^= 37;
  }
  return /^[^\WILOU_]{13}$/.test(number) && ALPHABET[state] === number[12];
}

// The number in a text, in one piece or in groups. Candidates with a digit come first: a word can look like a number.
export function find(text) {
  const inside = text.replace(APART, "-").match(/\b[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z]{5}\b/gi) ?? [];
  return [text, ...inside.sort((a, b) => /\d/.test(b) - /\d/.test(a))].map(clean).find(right);
}

// Up to three corrections with a right check character: a look-alike character, or two neighbours swapped.
const meant = number => [...number].flatMap((character, at) =>
  [...ALIKE.filter(set => set.includes(character)).join("")].map(other => other + number.slice(at + 1))
    .concat(number[at + 1] + character + number.slice(at + 2)).map(tail => number.slice(0, at) + tail)
).filter(right).slice(0, 3);

function show(field, number, text = grouped(number)) {
  const said = field.nextElementSibling, key = right(number) ? "right" : "wrong";
  const guesses = key === "wrong" ? meant(number) : [];
  if (field.value !== text) field.value = text;
  field.parentElement.querySelector(".error")?.remove();
  said.className = key;
  said.textContent = number[12] ? field.dataset[guesses[0] ? "meant" : key] : "";
  for (const value of guesses) said.append(Object.assign(document.createElement("button"),
    {type: "button", className: "quiet number", value, textContent: grouped(value)}));
  field.ariaInvalid = number[12] && key === "wrong";
}

function tidy(field) {
  const {value, selectionEnd} = field, number = find(value) ?? clean(value);
  if (/\W/.test(number)) return show(field, number, value);   // not a number: leave it as typed
  const at = clean(value.slice(0, selectionEnd)).length;
  show(field, number);
  if (field.value !== value) field.selectionStart = field.selectionEnd = at + (at > 4) + (at > 8);
}

document.addEventListener("input", ({target}) => target.matches("[data-number]") && tidy(target));

document.addEventListener("paste", event => {
  const number = event.target.matches("[data-number]") && find(event.clipboardData.getData("text"));
  if (!number) return;
  event.preventDefault();
  show(event.target, number);
});

document.addEventListener("click", ({target}) => {
  if (!target.matches("[data-number] + [role=status] button")) return;
  const field = target.parentElement.previousElementSibling;
  show(field, target.value);
  field.focus();
});

// Check fields that were filled in before this script loaded. Keep the server's error, unless this can suggest more.
for (const field of document.querySelectorAll("[data-number]")) {
  const {value, defaultValue, parentElement} = field, number = clean(value);
  const answered = value === defaultValue && parentElement.querySelector(".error");
  if (answered ? number[12] && !right(number) : number) tidy(field);
}
