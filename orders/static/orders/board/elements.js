/** Elements of the board's page, by what they are for. */

export function byName(name) {
  return document.querySelector(`.${name}`);
}

export function panel(name) {
  return document.querySelector(`dialog[data-panel="${name}"]`);
}

export function closeOnBackdrop(dialog) {
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
