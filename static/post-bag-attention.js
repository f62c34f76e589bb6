// The answers that somebody still has to look at, each until it is ticked off. The device keeps which they are: a page
// that is loaded again asks the server for them.

const TIMEOUT_MS = 15000;

// `list` is the section of the page that shows them, `key` the place on the device, `bag` the bag that they are of.
export function attention({list, key, bag, words}) {
  const place = list.querySelector("div");

  // {scan: was there something in its boxes that was not sent?}
  function kept() {
    try {
      const {of, scans} = JSON.parse(localStorage[key]);
      return of === bag ? scans : {};
    } catch {
      return {};
    }
  }

  function keep(scans) {
    try {
      localStorage[key] = JSON.stringify({of: bag, scans});
    } catch {
      // the device is full: the list lasts as long as this page
    }
  }

  const remember = (scan, unsent = false) => scan && keep({...kept(), [scan]: unsent});

  function forget(scan) {
    const {[scan]: _done, ...others} = kept();
    keep(others);
  }

  function remove(item) {
    item.remove();
    list.hidden = !place.firstElementChild;
  }

  function add(answer, unsent) {
    const item = document.createElement("div"), done = document.createElement("button");
    const {scan} = answer.dataset;
    remember(scan, unsent);
    Object.assign(done, {type: "button", className: "quiet", textContent: words.done});
    done.addEventListener("click", () => {
      forget(scan);
      remove(item);
    });
    item.className = "attended";
    if (unsent) item.append(Object.assign(document.createElement("p"), {className: "notice bad", role: "alert", textContent: words.unsent}));
    item.append(answer, done);
    place.prepend(item);
    list.hidden = false;
  }

  // Something was done about an answer: what was not sent is sent, and it need not come back if all is well now.
  function changed(answer) {
    const {scan, tone} = answer.dataset;
    answer.closest(".attended")?.querySelector(":scope > .notice")?.remove();
    tone === "good" ? forget(scan) : remember(scan);
  }

  async function restore() {
    for (const [scan, unsent] of Object.entries(kept())) {
      const answer = await fetch(`/desk/post-bag/${bag}/envelopes/${scan}`, {
        headers: {"HX-Request": "true"}, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch(() => null);
      if (answer?.status === 404) forget(scan);
      if (answer?.status !== 200 || list.querySelector(`[data-scan="${scan}"]`)) continue;
      const part = document.createRange().createContextualFragment(await answer.text()).firstElementChild;
      add(part, unsent);
      htmx.process(part);
    }
  }

  return {add, changed, remember, remove, restore};
}
