"""Story 10 of the founding papers in a real Chromium: her words are erased, and her phone finds that everything still holds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from fakes.spoken import ANGER, ITEM, WAYBILL, WORDS, Spoken, spoken
from playwright.sync_api import Browser, Page

SETTLED = "() => !['none', 'wait'].includes(document.documentElement.dataset.proof)"


@contextmanager
def apart(served: AbstractContextManager[Spoken]) -> Iterator[Spoken]:
    """Open and close it in a thread of its own: Playwright keeps an event loop running in the test's."""
    with ThreadPoolExecutor(1) as beside:
        book = beside.submit(served.__enter__).result()
        try:
            yield book
        finally:
            beside.submit(served.__exit__, None, None, None).result()


def look(page: Page, book: Spoken, path: str) -> str:
    """What a page says in Chinese once her phone has checked it, which it must find good."""
    page.clock.set_fixed_time(book.site.house.clock() / 1000)
    page.goto(f"{book.site.url}/zh-CN{path}")
    page.wait_for_function(SETTLED)
    assert page.evaluate("document.documentElement.dataset.proof") == "ok"
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    return page.locator("main").inner_text()


def test_story_10_i_ask_for_deletion_and_the_page_says_so_while_every_proof_holds(tmp_path: Path, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(15_000)
    with apart(spoken(tmp_path)) as book:
        assert WORDS in look(page, book, ITEM)
        assert book.ask(book.her, book.review).status_code == 201
        told = look(page, book, ITEM)
        assert WORDS not in told
        assert "文字已由作者撤回" in told
        assert ANGER in look(page, book, f"/w/{WAYBILL}")
        assert book.ask(book.office, book.complaint, ground="law").status_code == 201
        told = look(page, book, f"/w/{WAYBILL}")
        assert ANGER not in told
        assert "已依法删除" in told
        for of in (book.review, book.complaint):
            assert not book.service.vault.keys.values(of.hash)
            assert not book.service.book.sealed(of.hash)
    context.close()
