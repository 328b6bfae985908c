"""The small pictures of Grad-CAM's sum, drawn by a real browser's canvas."""

import base64
import io
import re

import numpy as np
from PIL import Image

from gradcam_lab.overlay import colorize
from gradcam_lab.widgets.anatomy import take_apart
from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules
from gradcam_lab.widgets.equation import equation_html
from gradcam_lab.widgets.words import WORDS

DRAW = """({ words, featureMaps, weights, shape, added, colours }) => {
  SCRIPT
  const parts = takeApart(Float32Array.from(featureMaps), Float32Array.from(weights), shape);
  const sum = (...channels) => addChannels(parts, ...channels);
  const [soFar, rest] = [sum(added), sum(added, CHANNELS_DRAWN)];
  const sums = { added, soFar, heatmap: heatmapOf(soFar), whole: sum(weights.length), rest };
  return equationHtml(words, parts, sums, Uint8Array.from(colours));
}""".replace("SCRIPT", join_modules(BROWSER / "anatomy.js"))


def pixels_of(page):
    pngs = re.findall("src='data:image/png;base64,([^']*)'", page)
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA"), int)
        for png in pngs
    ]


def test_pictures_are_those_that_python_draws(browser):
    rng, shape, added = np.random.default_rng(1), (9, 14, 12), 4
    feature_maps = np.maximum(rng.normal(size=shape), 0).astype(np.float32)
    weights = rng.normal(size=shape[-1]).astype(np.float32)
    parts = take_apart(feature_maps, weights)
    expected = pixels_of(equation_html(parts.equation(added)))
    page = browser.new_page()
    drawn = page.evaluate(
        DRAW,
        {
            **{"words": WORDS, "shape": shape, "added": added},
            **{"featureMaps": feature_maps.ravel().tolist(), "weights": weights.tolist()},
            "colours": colorize(np.linspace(0, 1, 256)[np.newaxis], "RdBu_r").ravel().tolist(),
        },
    )
    page.close()
    assert len(expected) == 10 + 1 + 3  # channels, the rest of them, maps
    for picture, wanted in zip(pixels_of(drawn), expected, strict=True):
        assert (
            np.abs(picture - wanted).max() <= 3
        )  # the sum's last digit may choose the next colour
