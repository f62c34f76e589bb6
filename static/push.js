// News on this device. Loaded where a page offers them and the browser can show them.

const pushes = navigator.serviceWorker.ready.then(({pushManager}) => pushManager);

async function subscribe(applicationServerKey) {
  const manager = await pushes, wish = {userVisibleOnly: true, applicationServerKey};
  return manager.subscribe(wish).catch(async () => {   // what there is may be made for a key that we had before
    await (await manager.getSubscription()).unsubscribe();
    return manager.subscribe(wish);
  });
}

function fill(form, subscription) {
  const {endpoint, keys} = subscription.toJSON();
  for (const [name, value] of Object.entries({endpoint, ...keys})) form.elements[name].value = value;
}

// A browser that is told of some dossier asks whether it is told of this one; another just offers the button.
export async function show(part) {
  const form = part.querySelector("form"), subscription = await (await pushes).getSubscription();
  if (!subscription) return part.hidden = false;
  fill(form, subscription);
  form.requestSubmit(form.querySelector("[value=ask]"));
}

addEventListener("submit", event => {
  const {target: form, submitter} = event, part = form.closest("[data-push]");
  if (!part || form.elements.endpoint.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  subscribe(part.dataset.key).then(subscription => {
    fill(form, subscription);
    form.requestSubmit(submitter);
  }, () => {
    const said = part.querySelector("[data-refused]");
    said.textContent = said.dataset.refused;
  });
}, true);
