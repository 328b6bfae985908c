// The model of another widget, to which a trait refers.

const PREFIX = "IPY_MODEL_";

export function referredModel({ widget_manager }, reference) {
  return widget_manager.get_model(reference.slice(PREFIX.length));
}
