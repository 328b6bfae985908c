"""Call functions of our JavaScript modules in node, with numpy arrays in and out."""

import base64
import json
import shutil
import subprocess

import numpy as np
import pytest

from gradcam_lab.widgets.browser.scripts import BROWSER

KINDS = {"Uint8ClampedArray": np.uint8, "Float32Array": np.float32}
SCRIPT = """
const { module, calls } = JSON.parse(require("fs").readFileSync(0), (_, value) =>
  value?.base64
    ? new globalThis[value.kind](Uint8Array.from(Buffer.from(value.base64, "base64")).buffer)
    : value,
);
const answer = (_, value) =>
  ArrayBuffer.isView(value)
    ? { kind: value.constructor.name, base64: Buffer.from(value.buffer).toString("base64") }
    : value;
import(module).then((functions) => {
  const results = calls.map(([name, ...parameters]) => functions[name](...parameters));
  process.stdout.write(JSON.stringify(results, answer));
});
"""


def call_in_node(module, calls):
    """Return what each call gives; a call is a function's name and its arguments."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine: the JavaScript is not compared with Python")
    question = {"module": str(BROWSER / module), "calls": calls}
    done = subprocess.run(
        [node, "-e", SCRIPT],
        input=json.dumps(question, default=_encode),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=_decode)


def _encode(array):
    (kind,) = [kind for kind, dtype in KINDS.items() if array.dtype == dtype]
    return {"kind": kind, "base64": base64.b64encode(array.tobytes()).decode()}


def _decode(value):
    if "base64" not in value:
        return value
    return np.frombuffer(base64.b64decode(value["base64"]), KINDS[value["kind"]])
