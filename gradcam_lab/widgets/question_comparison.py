"""One picture, asked several questions: a column for each method, or for each class."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from gradcam_lab._checks import Images, check_targets
from gradcam_lab.cam import Explanation
from gradcam_lab.methods import METHODS
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.comparison import Comparison, Model
from gradcam_lab.widgets.explanations import Request
from gradcam_lab.widgets.image_choice import ImageChoice


class QuestionComparison(ImageChoice, Comparison):
    """One of many images at a time; a subclass says what it is asked (`_requests`)."""

    state = ("index", *Comparison.state)
    panels = ("overlay",)

    def _figure(self) -> Figure:
        _, titles, heatmaps = zip(*self._columns(), strict=True)
        return figures.questions_figure(
            self._small(self.index), heatmaps, titles, self.alpha, self.colormap, self.threshold
        )


class MethodComparison(QuestionComparison):
    """One picture under several methods, side by side.

    Parameters
    ----------
    model, images, class_names
        As in `GradCAMExplorer`.
    methods : sequence of str, optional
        Names out of `METHODS`, or ``"scorecam"``; by default all of `METHODS`.

    Attributes
    ----------
    index, layer, target, same_scale, alpha, colormap, threshold
        As in `GradCAMExplorer`.

    Raises
    ------
    ValueError
        As `GradCAMExplorer`, and if there is no such method.
    """

    state = tuple(name for name in QuestionComparison.state if name != "method")

    def __init__(
        self,
        model: Model,
        images: Images,
        *,
        methods: Sequence[str] = tuple(METHODS),
        class_names: Sequence[str] | None = None,
    ) -> None:
        if not methods or not set(methods) <= set(self.method_choices):
            raise ValueError(
                f"methods are {tuple(methods)}: give at least one out of "
                f"{', '.join(self.method_choices)}"
            )
        super().__init__(model, images, class_names, len(methods))
        self._methods = tuple(methods)
        self._redraw()
        self._arrange(*self._index_controls())

    def _requests(self) -> list[Request]:
        return [self._request(self.index, method=method) for method in self._methods]

    def _cancel(self) -> None:
        with self._lock:
            self._set_busy(False)
            self._message.value = "Score-CAM was cancelled: move a control to ask again"

    def _title(self, request: Request, _explanation: Explanation) -> str:
        return request.method

    def _summary(self) -> str:
        explanation = self._explain(self._requests()[0])
        explained = self._class(int(explanation.target[0]))
        return f"{self._prediction(explanation)}; explaining class {explained}"


class TargetComparison(QuestionComparison):
    """One picture asked about several classes, side by side.

    Parameters
    ----------
    model, images, class_names
        As in `GradCAMExplorer`.
    targets : sequence of int
        The classes to explain.

    Attributes
    ----------
    index, layer, method, same_scale, alpha, colormap, threshold
        As in `GradCAMExplorer`.

    Raises
    ------
    ValueError
        As `GradCAMExplorer`, and if there is no such class.
    """

    state = tuple(name for name in QuestionComparison.state if name != "target")

    def __init__(
        self,
        model: Model,
        images: Images,
        targets: Sequence[int],
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        if len(targets) == 0:
            raise ValueError("there are no targets: give at least one class")
        super().__init__(model, images, class_names, len(targets))
        self._targets = check_targets(targets, len(targets), len(self._class_names)).tolist()
        self._redraw()
        self._arrange(*self._index_controls())

    def _requests(self) -> list[Request]:
        return [self._request(self.index, target=target) for target in self._targets]

    def _title(self, request: Request, explanation: Explanation) -> str:
        chance = page_parts.percent(explanation.probabilities[0, request.target])
        return f"evidence for {self._class(request.target)} ({chance})"

    def _summary(self) -> str:
        return self._prediction(self._explain(self._requests()[0]))
