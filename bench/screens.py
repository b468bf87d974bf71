"""Pictures of the pages in every state, as a phone shows them: `docs/pages/{state}.{language}.png`, made again by this script.

    python bench/screens.py [--only NAME]

The book is the tests' invented world; its keys are new each time, so hashes and codes in the pictures change. A picture is the
top of the page, in at most 32 colours. `test_pages_of_every_state_are_kept` holds the list against the folder.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the invented world and the browser of the tests

from fakes.page_editor import Editor, editing
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from rig.browser import FINDER, FLAGS

FOLDER = Path(__file__).parents[1] / "docs" / "pages"
SETTLED = "() => !['none', 'wait'].includes(document.documentElement.dataset.proof)"
HEIGHT = 1_500  # pixels of a page that are shown
COLOURS = 32
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class State:
    """A page in a state.

    Attributes:
        page: A name of the world's sights, or a path.
        edit: Change of the page on its way, as a lying server makes it.
        later_ms: How far the reader's clock is ahead of the book.
        settles: Whether the page has a check of its own to wait for.
        options: Of the browser's context.
    """

    page: str
    edit: Callable[[str], str] | None = None
    later_ms: int = 0
    settles: bool = False
    options: tuple[tuple[str, Any], ...] = ()


STATES = {
    "item": State("good", settles=True),
    "item-dark": State("good", settles=True, options=(("color_scheme", "dark"),)),
    "item-without-script": State("good", options=(("java_script_enabled", False),)),
    "item-edited-by-the-server": State("good", lambda html: html.replace('id="pn">', 'id="pn">★ ', 1), settles=True),
    "item-of-an-old-state": State("good", later_ms=HOUR_MS, settles=True),
    "item-recalled-and-sample-failed": State("recalled", settles=True),
    "item-sold-again": State("relisted", settles=True),
    "item-with-two-makers": State("two makers", settles=True),
    "item-with-a-complaint": State("empty", settles=True),
    "parcel": State("parcel", settles=True),
    "parcel-on-its-way": State("moving", settles=True),
    "parcel-late": State("late", settles=True),
    "parcel-refused": State("refused", settles=True),
    "say": State("/say{good}"),
    "courier": State("/couriers/91330702MA2JY01001"),
    "couriers": State("/couriers"),
    "start": State("/"),
    "check": State("/verify"),
    "unknown-item": State("/01/09520003000018/21/nobodyknowsthis"),
}


def picture(browser: Browser, world: Editor, state: State, lang: str) -> bytes:
    """A PNG of one state in one language."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, **dict(state.options))
    page = context.new_page()
    page.clock.set_fixed_time((world.now_ms + state.later_ms) / 1000)
    path = world.paths.get(state.page) or state.page.format(**world.paths)
    if state.edit is not None:
        world.edits[path] = state.edit
    page.goto(f"{world.url}/{lang}{path}")
    world.edits.clear()
    if state.settles:
        page.wait_for_function(SETTLED)
    page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    context.close()
    small = shot.crop((0, 0, shot.width, min(shot.height, HEIGHT))).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one state")
    only = parser.parse_args().only
    found = subprocess.run([FINDER, "--find"], capture_output=True, text=True, check=True).stdout.strip()
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="suxin-screens-") as folder,
        editing(Path(folder)) as world,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=found, headless=True, args=FLAGS)
        for name, state in STATES.items():
            if only in (None, name):
                for lang in ("zh-CN", "en"):
                    (FOLDER / f"{name}.{lang}.png").write_bytes(picture(browser, world, state, lang))
        browser.close()
    print(sum(file.stat().st_size for file in FOLDER.iterdir()), "bytes")


if __name__ == "__main__":
    main()
