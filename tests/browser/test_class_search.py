"""The field that finds a class by its name, on a page of its own, as a hub without https has it."""

from playwright.sync_api import expect

from gradcam_lab.widgets.browser.page import write_page
from gradcam_lab.widgets.class_bars import ClassBars

NAMES = ["mud turtle", *(f"class {number}" for number in range(20)), "coffee mug"]
WITHOUT_HTTPS = "delete Crypto.prototype.randomUUID"


def test_class_is_found_by_a_word_of_its_name_also_without_https(browser, tmp_path):
    bars = ClassBars(class_names=NAMES)
    page = browser.new_page()
    page.add_init_script(WITHOUT_HTTPS)
    page.goto(write_page(bars, tmp_path / "bars.html", "classes").as_uri())
    field = page.get_by_role("combobox", name="find a class by its name")
    field.fill("mug")
    field.press("Enter")
    expect(page.get_by_role("radio", checked=True)).to_have_accessible_name("coffee mug")
    field.fill("teapot")
    field.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("No class has “teapot” in its name.")
    page.close()
