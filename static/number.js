// Help to type an eTracking number, by the rules of models/dossiers/codes.py. Listeners are on the window, because
// htmx inserts and removes fields.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", APART = /[\s.,~\p{Pd}−_]+/gu;
const ALIKE = "8B 5S 2Z VYU 6G 0DQ 17 MN".split(" ");

const visible = text => text.normalize("NFKC").replace(/[\p{Cf}\p{M}]/gu, "");
const clean = text => visible(text).replace(APART, "").toUpperCase().replace(/O/g, 0).replace(/[IL]/g, 1);
const grouped = number => number.replace(/^(....)(?=.)/, "$1-").replace(/(-....)(?=.)/, "$1-");

function right(number) {
  let state = 0;
  for (const character of number.slice(0, 12)) {
    state = (state ^ ALPHABET.indexOf(character)) * 2;
    state ^= 37 * (state > 31);
  }
  return /^[^\WILOU_]{13}$/.test(number) && ALPHABET[state] === number[12];
}

// The only number in a text, in one piece or in groups: the server reads the rest. Not of an envelope, which has several,
// nor of what begins like https, but not so: that is from a scanner for another keyboard.
export function find(text) {
  const plain = /^https?[^:s]|\be\//i.test(text) ? "" : visible(text);
  const inside = plain.replace(APART, "-").match(/\b[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z]{5}\b/gi) ?? [];
  const [number, other] = new Set([plain, ...inside].map(clean).filter(right));
  if (!other) return number;
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
  field.ariaInvalid = number[12] && !right(number);
}

function tidy(field) {
  const {value, selectionEnd} = field, number = find(value) ?? clean(value);
  if (/\W|^HTTP/.test(number)) return show(field, number, value);   // not a number: leave it as typed
  show(field, number);
  if (field.value !== value) field.selectionStart = field.selectionEnd = grouped(clean(value.slice(0, selectionEnd))).length;
}

addEventListener("input", ({target}) => target.matches("[data-number]") && tidy(target));

addEventListener("click", ({target}) => {
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
