"""Pictures of the pages in every state, as a phone shows them: `docs/pages/{state}.{language}.png`, made again by this script.

    python bench/screens.py [--only NAME,...] [--folder KEEP]

The books are the tests' invented worlds; their keys are new each time, so hashes and codes in the pictures change. A picture is
the top of the page, or of the part that the state is about, in the colours of its styles. The test of the pictures holds this
list against the folder.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the invented worlds and the browser of the tests

from fakes.house import CARRIER
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rig.browser import FINDER, FLAGS
from screen_worlds import TOKEN, World, demo, punish, repair, town

FOLDER = Path(__file__).parents[1] / "docs" / "pages"
SETTLED = "() => !['none', 'wait'].includes(document.documentElement.dataset.proof)"
HEIGHT = 1_200  # pixels of a page that are shown
STYLES = Path(__file__).parents[1] / "api" / "static" / "style.css"
HOUR_MS = 3_600_000
LIST = "item,lot\n/01/09501101530003/21/3FJ8S0QW1KZR,L2026-11\n/01/09501101530003/21/3FJ8S0QW1KZS,L2026-11\n"
OPENINGS = 7
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


Act = Callable[[Page, World], None]


@dataclass(frozen=True)
class State:
    """A page in a state.

    Attributes:
        page: A name of the world's sights, or a path.
        edit: Change of the page on its way, as a lying server makes it.
        later_ms: How far the reader's clock is ahead of the book.
        settles: Whether the page has a check of its own to wait for.
        at: The part that the picture begins with.
        act: What the reader does first.
        before: What happens in the world first, once.
        town: Whether it is the rated company's world.
        desktop: Whether the window is wide.
        options: Of the browser's context.
    """

    page: str
    edit: Callable[[str], str] | None = None
    later_ms: int = 0
    settles: bool = False
    at: str = ""
    act: Act | None = None
    before: Callable[[World], None] | None = None
    town: bool = False
    desktop: bool = False
    options: tuple[tuple[str, Any], ...] = ()


# -- what readers do ---------------------------------------------------------------------------------------------------


def print_it(page: Page, world: World) -> None:
    page.emulate_media(media="print", color_scheme="light")


def deny_the_order(page: Page, world: World) -> None:
    page.click("[data-ask=stranger]")
    page.click("#say-stranger")
    page.wait_for_selector("#say-answer .card, #say-answer .note, #say-answer p")


def make_labels(page: Page, world: World) -> None:
    page.fill("#labels-items", LIST)
    page.click("#labels-make")
    page.check("#labels-show")


def check_bundle(page: Page, world: World, edit: Callable[[bytes], bytes] = lambda raw: raw) -> None:
    raw = page.request.get(f"{world.url}/v1/products{world.paths['good']}/bundle").body()
    changed = edit(raw)
    page.set_input_files("#check-bundle", {"name": "bundle.json", "mimeType": "application/json", "buffer": changed})
    page.wait_for_selector("#check-answer .verdict")


def check_changed(page: Page, world: World) -> None:
    check_bundle(page, world, lambda raw: raw.replace(b'"stars":5', b'"stars":4', 1))


def open_often(page: Page, world: World) -> None:
    for _ in range(OPENINGS):
        page.request.get(f"{world.url}{world.paths['good']}")
    page.reload()
    page.wait_for_function(SETTLED)


def score_again(page: Page, world: World) -> None:
    page.click("[data-table] button")
    page.wait_for_selector("[data-again=same]")


# -- states ------------------------------------------------------------------------------------------------------------

DARK, NO_SCRIPT = ("color_scheme", "dark"), ("java_script_enabled", False)
AUDITOR = ("extra_http_headers", {"authorization": f"Bearer {TOKEN}"})
RECORD = "#rec"
COMPANY = f"/couriers/{CARRIER[5:]}"
STATES = {
    "item": State("good", settles=True),
    "item-dark": State("good", settles=True, options=(DARK,)),
    "item-on-a-desktop": State("good", settles=True, desktop=True),
    "item-record": State("good", settles=True, at=RECORD),
    "item-without-script": State("good", options=(NO_SCRIPT,)),
    "item-printed": State("good", settles=True, act=print_it),
    "item-edited-by-the-server": State("good", lambda html: html.replace('id="pn">', 'id="pn">★ ', 1), settles=True),
    "item-of-an-old-state": State("good", later_ms=HOUR_MS, settles=True),
    "item-opened-often": State("good", settles=True, act=open_often, at=".side"),
    "item-recalled-and-sample-failed": State("recalled", settles=True),
    "item-sold-again": State("relisted", settles=True),
    "item-with-two-makers": State("two makers", settles=True),
    "item-in-three-boxes": State("three boxes", settles=True, at=RECORD),
    "item-with-a-complaint": State("empty", settles=True),
    "item-with-an-overdue-complaint": State("overdue", settles=True, at=RECORD),
    "item-with-a-hidden-review": State("hidden", settles=True, at=RECORD),
    "item-praised-by-its-seller": State("brushed", settles=True, at=RECORD),
    "item-with-erased-words": State("erased", settles=True, at=RECORD),
    "reviews": State("burst"),
    "parcel": State("parcel", settles=True),
    "parcel-on-its-way": State("moving", settles=True),
    "parcel-late": State("late", settles=True),
    "parcel-refused": State("refused", settles=True),
    "parcel-handed-over": State("handed over", settles=True),
    "parcel-disputed": State("disputed", settles=True),
    "parcel-disputed-record": State("disputed", settles=True, at=RECORD),
    "say": State("/say{good}"),
    "say-recorded": State("/say{good}", act=deny_the_order),
    "couriers": State("/couriers"),
    "couriers-on-a-desktop": State("/couriers", desktop=True, options=(DARK,)),
    "courier-with-few-parcels": State("/couriers/91330702MA2JY01001"),
    "courier": State(COMPANY, town=True),
    "courier-on-a-desktop": State(COMPANY, town=True, desktop=True, options=(DARK,)),
    "courier-scored-again": State(COMPANY, town=True, act=score_again, at="[data-table]"),
    "courier-with-a-penalty": State(COMPANY, town=True, before=punish, at="#st"),
    "courier-repaired": State(COMPANY, town=True, before=repair, at="#st"),
    "papers": State("/papers{good}"),
    "cases": State("/regulator/cases", options=(AUDITOR,)),
    "cases-without-a-credential": State("/regulator/cases"),
    "labels": State("/labels"),
    "labels-made": State("/labels", act=make_labels, at="#l3"),
    "start": State("/"),
    "start-on-a-desktop": State("/", desktop=True),
    "check": State("/verify"),
    "check-holds": State("/verify", act=check_bundle, at="#check-answer"),
    "check-fails": State("/verify", act=check_changed, at="#check-answer"),
    "unknown-item": State("/01/09520003000018/21/nobodyknowsthis"),
    "malformed-code": State("/01/09520003000019/21/nobodyknowsthis"),
}


# -- pictures ----------------------------------------------------------------------------------------------------------


def opened(context: BrowserContext, world: World, state: State, lang: str) -> Page:
    """The page in its state."""
    page = context.new_page()
    page.clock.set_fixed_time((world.now_ms + state.later_ms) / 1000)
    path = world.paths.get(state.page) or state.page.format(**world.paths)
    if state.edit is not None:
        world.edits[path] = state.edit  # type: ignore[attr-defined]
    page.goto(f"{world.url}/{lang}{path}")
    if state.edit is not None:
        world.edits.clear()  # type: ignore[attr-defined]
    if state.settles:
        page.wait_for_function(SETTLED)
    if state.act is not None:
        state.act(page, world)
    page.wait_for_load_state("networkidle")
    return page


@cache
def palette(is_dark: bool) -> Image.Image:
    """The colours of the style sheet, and what lies half way between each strong one and a card: edges of letters."""
    parts = STYLES.read_text("utf-8").partition("\n\n")[0].split("@media (prefers-color-scheme:dark)")
    colours = [tuple(bytes.fromhex(one)) for one in re.findall(r"#([0-9a-f]{6})\b", parts[is_dark])]
    card = colours[1]
    strong = [one for one in colours if abs(sum(one) - sum(card)) > 150]
    between = [tuple((a + b) // 2 for a, b in zip(one, card, strict=True)) for one in strong]
    image = Image.new("P", (1, 1))
    image.putpalette([value for colour in sorted({*colours, *between, (0, 0, 0)}) for value in colour])
    return image


def picture(browser: Browser, world: World, state: State, lang: str) -> bytes:
    """A PNG of one state in one language."""
    context = browser.new_context(viewport=DESKTOP if state.desktop else PHONE, **dict(state.options))
    page = opened(context, world, state, lang)
    top = 0
    if state.at:
        box = page.locator(state.at).first.bounding_box()
        top = max(0, int((box or {"y": 0})["y"] + page.evaluate("scrollY")) - 20)
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    context.close()
    part = shot.crop((0, top, shot.width, min(shot.height, top + HEIGHT))).convert("RGB")
    out = io.BytesIO()
    part.quantize(palette=palette(DARK in state.options), dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="states, with commas between")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go")
    given = parser.parse_args()
    only = given.only.split(",") if given.only else list(STATES)
    found = subprocess.run([FINDER, "--find"], capture_output=True, text=True, check=True).stdout.strip()
    given.folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="suxin-screens-") as folder:
        for is_town, make in ((False, demo), (True, town)):
            states = {name: state for name, state in STATES.items() if state.town is is_town}
            if set(only) & set(states):
                with make(Path(folder) / make.__name__) as world, sync_playwright() as play:  # type: ignore[operator]
                    browser = play.chromium.launch(executable_path=found, headless=True, args=FLAGS)
                    for name, state in states.items():
                        if state.before is not None:
                            with ThreadPoolExecutor(1) as beside:  # Playwright keeps an event loop running in this thread
                                beside.submit(state.before, world).result()
                        for lang in ("zh-CN", "en") if name in only else ():
                            (given.folder / f"{name}.{lang}.png").write_bytes(picture(browser, world, state, lang))
                    browser.close()
    print(sum(file.stat().st_size for file in given.folder.iterdir()), "bytes")


if __name__ == "__main__":
    main()
