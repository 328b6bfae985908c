// Plays back what was recorded, where no kernel answers: another place, another moment.

import { referredModel } from "../browser/referred_model.js";

function initialize({ model }) {
  const { widget_manager } = model;

  async function play() {
    const moment = model.get("moments")[model.get("place")];
    const follower = await referredModel(model, model.get("follower"));
    const isAlive = follower.comm_live && !widget_manager.kernel?.isDisposed;
    if (moment && !isAlive) follower.set_state(moment);
  }

  model.on("change:place", play);
  return () => model.off("change:place", play);
}

export default { initialize };
