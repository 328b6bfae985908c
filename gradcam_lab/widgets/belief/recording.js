// Plays back what was recorded, where no kernel answers: another place, another moment.

const PREFIX = "IPY_MODEL_";

function initialize({ model }) {
  const { widget_manager } = model;

  async function play() {
    const moment = model.get("moments")[model.get("place")];
    const follower = await widget_manager.get_model(model.get("follower").slice(PREFIX.length));
    const isAlive = follower.comm_live && !widget_manager.kernel?.isDisposed;
    if (moment && !isAlive) follower.set_state(moment);
  }

  model.on("change:place", play);
  return () => model.off("change:place", play);
}

export default { initialize };
