// Opens a saved page. The page itself holds all that it needs: ipywidgets' front end, and the state of
// the widgets. There is no kernel behind them, and nothing comes from a network.

const place = document.querySelector("main");

// An old browser fails here or below; then words stay where the widget would be.
async function open() {
  if (!("DecompressionStream" in window && "any" in AbortSignal))
    throw new Error("it needs Chrome 116, Firefox 124, Safari 17.4, or a later one");
  const [scripts, state] = await Promise.all(["scripts", "state"].map(unpack));
  const url = URL.createObjectURL(new Blob([scripts], { type: "text/javascript" }));
  await show(await import(url), readState(state));
}

// Return the bytes that an element holds: Base64 of gzip.
async function unpack(id) {
  const packed = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

// A line of JSON, and behind it the binary values, which the JSON says where to find.
function readState(bytes) {
  const end = bytes.indexOf(10);
  const { shown, models } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const binary = bytes.subarray(end + 1);
  const take = ([start, stop]) => new DataView(binary.slice(start, stop).buffer);
  return { shown, models, take };
}

async function show({ modules, ManagerBase, Widget, stylesheet, put_buffers }, state) {
  const style = document.createElement("style");
  style.textContent = stylesheet;
  document.head.prepend(style); // the page's own rules come later, and count more
  for (const model of Object.values(state.models))
    put_buffers(model.state, model.paths, model.places.map(state.take));

  class Manager extends ManagerBase {
    async loadClass(name, module) {
      const found = modules[module]?.[name];
      if (!found) throw new Error(`a saved page has no ${name} of ${module}`);
      return found;
    }

    async _get_comm_info() {
      return {}; // no model has a kernel's half
    }

    inline_sanitize(words) {
      const text = document.createElement("span");
      text.textContent = words;
      return text.innerHTML;
    }
  }

  const manager = new Manager();
  await manager.set_state({ version_major: 2, state: state.models });
  const view = await manager.create_view(await manager.get_model(state.shown));
  place.replaceChildren();
  Widget.attach(view.luminoWidget, place);
}

open().catch((error) => {
  place.textContent = `This page cannot be opened in this browser: ${error.message}`;
  place.setAttribute("role", "alert");
});
