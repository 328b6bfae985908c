// anywidget's file is an AMD module: it hands what it makes to a function of this name.
export let makeAnywidget;

export function define(_names, make) {
  makeAnywidget = make;
}
