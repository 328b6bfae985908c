"""Measure how far an explanation's memory peaks above the loaded model (Linux).

    python benchmarks/memory.py           (make bench runs this and speed.py)

Prints a Markdown table. Each case runs in a process of its own.
"""

import subprocess
import sys
from pathlib import Path

CASES = {
    "course's CNN, 1,000 digits, all layers": """
model, images = lab.trained_cnn(), lab.load_mnist().test_x
""",
    "EfficientNet-Lite0, 64 pictures, all 58 layers": """
network = lab.load_pretrained("efficientnet_lite0")
model, images = network.model, network.preprocess([lab.sample_image("cat")] * 64)
""",
    "VGG16 (random weights), 1 picture, all 18 layers": """
model = lab._tensorflow.keras.applications.VGG16(weights=None)
images = np.zeros((1, 224, 224, 3), np.float32)
""",
}
PROGRAM = """
import gradcam_lab as lab
import numpy as np
from pathlib import Path

def megabytes(field):
    status = Path("/proc/self/status").read_text()
    return int(status.split(field + ":")[1].split()[0]) / 1024

{load}
loaded = megabytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # forget the peak of loading
lab.GradCAM(model).explain(images)
print(f"{{loaded:.0f}} {{megabytes('VmHWM') - loaded:.0f}}")
"""


def main() -> None:
    """Print the table."""
    if not Path("/proc/self/clear_refs").exists():
        sys.exit("memory.py reads /proc, which only Linux has")
    print("| case | loaded model, MB | peak of explain above it, MB |\n|---|---|---|")
    for name, load in CASES.items():
        program = PROGRAM.format(load=load)
        run = subprocess.run(
            [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
        )
        loaded, peak = run.stdout.split()
        print(f"| {name} | {loaded} | {peak} |", flush=True)


if __name__ == "__main__":
    main()
