"""The page in a real browser: light, dark and on a telephone."""

import shutil

import pytest

from augjax.printable import printable
from augjax.report.page import report_page
from augjax.runs.loaded import load_run
from tests.report.conftest import HOSTILE, copy

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
VIEWS = {"light": (1200, "light"), "dark": (1200, "dark"), "telephone": (390, "light")}
CONTRASTS = r"""() => {
    const numbers = color => color.match(/[\d.]+/g).map(Number);
    const luminance = color => {
        const [r, g, b] = color.slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        const layers = [];
        for (let e = element; e; e = e.parentElement)
            layers.unshift(numbers(getComputedStyle(e).backgroundColor));
        return layers.reduce(
            (below, [r, g, b, a = 1]) => below.map((v, i) => v * (1 - a) + [r, g, b][i] * a),
            [255, 255, 255],
        );
    };
    const contrast = element => {
        const style = getComputedStyle(element);
        const ink = numbers(element.tagName === "text" ? style.fill : style.color);
        const [dark, bright] = [luminance(ink), luminance(behind(element))].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
    const texts = "p, dt, dd, th, td, a, li, summary, caption, figcaption span, b, code, text";
    return [...document.querySelectorAll(texts)]
        .filter(e => e.textContent.trim() && e.className !== "skip" && contrast(e) < 4.5)
        .map(e => `${contrast(e).toFixed(2)} ${e.tagName} ${e.textContent.slice(0, 40)}`);
}"""
"""Texts whose contrast with what is behind them is below what WCAG 2.2 asks for (AA)."""


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="the extra test-browser brings it")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.long
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["two", "five"])
def test_a_reader_can_open_and_read_it(browser, request, tmp_path, name, view):
    run = request.getfixturevalue(name)
    base = copy(run, tmp_path)
    (base / "run" / "summary.json").unlink()  # So that there is a note.
    path = tmp_path / "report.html"
    path.write_text(report_page(load_run(base / "run")).html)
    width, scheme = VIEWS[view]
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    for opened in page.query_selector_all("details"):
        assert not opened.query_selector("*:not(summary)").is_visible()
        opened.query_selector("summary").click()
        assert opened.query_selector("*:not(summary)").is_visible()
    for link in page.query_selector_all("nav a"):
        link.click()
        (target,) = page.query_selector_all(link.get_attribute("href"))
        assert target.bounding_box()["y"] < 800
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(20, 22, 26)") == (scheme == "dark")
    assert page.evaluate(CONTRASTS) == []
    assert not said
    assert {url for url in asked if not url.startswith("data:")} == {path.as_uri()}
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tables_are_read_on_a_telephone(browser, five_page, tmp_path, scheme):
    """Bars stand apart, the least shares are seen, words stay whole, wide tables end in a shade."""
    path = tmp_path / "report.html"
    path.write_text(five_page.replace(printable(HOSTILE[2]), "a" * 60))
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar = "getComputedStyle(td, '::after')"
    bars = page.evaluate(
        f"[...document.querySelectorAll('.counts tbody td')].map("
        f"td => [{bar}.height, td.clientWidth - parseFloat({bar}.width)])"
    )
    assert bars and all(height == "6px" and gap > 20 for height, gap in bars)
    least = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--least')")
    assert float(least) == {"light": 0.1, "dark": 0.2}[scheme]
    wrap = "[...document.querySelectorAll('.numbers tbody th, b.name')].map("
    assert {*page.evaluate(f"{wrap}e => getComputedStyle(e).overflowWrap)")} == {"break-word"}
    shades = page.evaluate(
        "getComputedStyle(document.querySelector('#confusion .scroll')).backgroundAttachment"
    )
    assert shades == "local, local, scroll, scroll"
    context.close()
