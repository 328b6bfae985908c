"""The controls that concern any heatmap, in two groups: what is asked, and how it is drawn."""

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from gradcam_lab._checks import PREDICTED
from gradcam_lab.widgets.heatmap_view import COLORMAPS
from gradcam_lab.widgets.wiring import GROUPS, UNDER_CONTROLS, connect

ONLY_IN_BROWSER = {  # traits that need no kernel to be drawn, and what a view calls them
    "alpha": "alpha",
    "colormap": "colormap_index",
    "threshold": "threshold",
    "swipe": "swipe",
}


class Controls:
    """The part of an explorer that builds its controls, one for each trait in its `state`."""

    def _controls(
        self, above: Sequence[widgets.Widget] = (), answer: Sequence[widgets.Widget] = ()
    ) -> widgets.Widget:
        """Build two groups of controls: what is asked, and how the answer is drawn.

        A subclass's own controls stand above the first, an answer in words below the second.
        """
        safe = widgets.Button(description="colour-blind safe", layout=UNDER_CONTROLS)
        safe.add_class("gradcam-colour-blind-safe")
        safe.on_click(lambda _: self.set_trait("colormap", "cividis"))
        save = widgets.Button(description="Save picture", layout=UNDER_CONTROLS)
        save.add_class("gradcam-save")  # the browser listens: see heatmap_view.js
        makers = self._makers()
        controls = {n: self._control(n, makers[n]()) for n in self.state if n in makers}
        asked = [control for name, control in controls.items() if name not in ONLY_IN_BROWSER]
        drawn = [control for name, control in controls.items() if name in ONLY_IN_BROWSER]
        groups = (*above, *asked, self._slow_work, save), (*drawn, safe, *answer)
        return widgets.HBox(
            [widgets.VBox(group, layout={"max_width": "100%"}) for group in groups], layout=GROUPS
        )

    def _makers(self) -> dict[str, Callable[[], widgets.Widget]]:
        """Return what makes the control of each trait."""
        classes = [(name, index) for index, name in enumerate(self._class_names)]
        targets = [("the predicted class", PREDICTED), *classes]
        return {
            "layer": lambda: widgets.SelectionSlider(options=self._layers),
            "target": lambda: widgets.Dropdown(options=targets),
            "method": lambda: widgets.Dropdown(options=self.method_choices),
            "same_scale": widgets.Checkbox,
            "alpha": lambda: widgets.FloatSlider(max=1, step=0.05),
            "colormap": lambda: widgets.Dropdown(options=COLORMAPS),
            "threshold": lambda: widgets.FloatSlider(max=1, step=0.05),
            "swipe": widgets.Checkbox,
        }

    def _control(self, trait: str, control: widgets.Widget) -> widgets.Widget:
        options = {}
        if trait == "target":  # None, the predicted class, would be shown as an empty choice
            options["to_control"] = lambda target: PREDICTED if target is None else target
            options["to_trait"] = lambda choice: None if choice == PREDICTED else choice
        if trait in ONLY_IN_BROWSER:
            options |= {"views": self._views, "view_trait": ONLY_IN_BROWSER[trait]}
        return connect(self, trait, control, **options)
