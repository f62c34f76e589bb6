// Small comforts; every page works without them.

document.addEventListener("click", ({target}) => {
  if (target.closest("[data-print]")) print();
});
