"""How Sphinx makes pages of what build.py has laid out."""

import inspect
import re

from docutils.nodes import SkipNode
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from traitlets import HasTraits

from tools.site.languages import switch
from tools.translations import ROOT

project = "gradcam-lab"
extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
html_theme = "furo"
html_title = "gradcam-lab"
html_favicon = "icon.svg"
html_static_path = ["site.css", "languages.js"]
html_css_files = ["site.css"]
html_js_files = [("languages.js", {"defer": "defer"})]
locale_dirs = [str(ROOT / "translations")]  # furo's own words
templates_path = ["templates"]
html_sidebars = {
    "**": [
        *("sidebar/brand.html", "languages.html", "sidebar/search.html"),
        *("sidebar/scroll-start.html", "sidebar/navigation.html", "sidebar/scroll-end.html"),
    ]
}
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # it would be read from pages, which a file may not do
html_theme_options = {"navigation_with_keys": False}  # the arrow keys move the explorers' sliders
html_math_renderer = "mathml"

nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # numpydoc's sections say more
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
default_role = "py:obj"


def visit_formula(translator: object, node: object) -> None:
    """Write a formula inside a sentence."""
    write_formula(translator, node, "inline")


def visit_formula_apart(translator: object, node: object) -> None:
    """Write a formula in a line of its own."""
    write_formula(translator, node, "block")


def write_formula(translator: object, node: object, display: str) -> None:
    """Write a formula as MathML, which browsers draw by themselves."""
    translator.body.append(convert(node.astext().replace("'", r"^{\prime}"), display=display))
    raise SkipNode


def leave_out_stylesheets(
    _app: Sphinx, page: str, _template: str, context: dict, _document: object
) -> None:
    """Keep the front page small: it has no code and no cells."""
    if page == "index":
        context["css_files"] = [
            sheet
            for sheet in context["css_files"]
            if not re.search(r"pygments|mystnb", str(sheet.filename))
        ]


def add_languages(app: Sphinx, page: str, _template: str, context: dict, _document: object) -> None:
    """Show the way to other languages: beside a page, and in it where the window is narrow."""
    context["languages"] = switch(page, app.config.language)
    if "body" in context:
        context["body"] = context["languages"] + context["body"]


def show_own_signature(
    _app: Sphinx, _what: str, _name: str, value: object, *_others: object
) -> tuple[str, str] | None:
    """Show how a widget is made: traitlets' classes all look as if they took anything."""
    if not (inspect.isclass(value) and issubclass(value, HasTraits)):
        return None
    _self, *parameters = inspect.signature(value.__init__).parameters.values()
    plain = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]
    return str(inspect.Signature(plain)), ""


def setup(app: Sphinx) -> None:
    """Add the renderer of formulas, and see to details of pages."""
    app.connect("autodoc-process-signature", show_own_signature)
    app.connect("html-page-context", leave_out_stylesheets)
    app.connect("html-page-context", add_languages)
    app.add_html_math_renderer("mathml", (visit_formula, None), (visit_formula_apart, None))
