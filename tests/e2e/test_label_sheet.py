"""Every code of every sheet is read back: from the screen of a real browser, and from the PDF's pages."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser
from typer.testing import CliRunner

from suxin.api import label_files
from suxin.api.cli import app
from suxin.ledger.checkpoint import log_key
from suxin.ledger.claim_code import key_of, parse_code
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import format_vkey

KEY = log_key("suxin.example/jinhua/1", SigningKey(b"\5" * 32).public)
BASE = ["--url", "https://suxin.example", "--vkey", format_vkey(KEY)]
GTIN, OWN = "/01/09501101530003", "/s/91512081MA62K0260E/tea-250g"
A4_INCH = (8.27, 11.69)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["label", *BASE, *words])
    return done.exit_code, done.output + ("" if done.exception is None else str(done.exception))


def listed(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)]


def check(found: Sequence[str], rows: list[dict[str, str]]) -> None:
    public = {text for text in found if "#" not in text}
    assert public == {row["link"] for row in rows}
    claims = dict(text.split("#claim=") for text in found if "#" in text)
    assert {row["link"]: row["claim"] for row in rows} == {
        link: key_of(parse_code(code), "item").public_text for link, code in claims.items()
    }


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_code_of_a_sheet_is_read_from_the_screen(lang: str, browser: Browser, tmp_path: Path) -> None:
    sheet, made = tmp_path / "sheet.html", tmp_path / "made.csv"
    code, said = run(
        "--class", GTIN, "--lot", "L2026-11", "--count", "20", "--out", str(sheet), "--list", str(made), "--lang", lang
    )
    assert (code, said) == (0, f"{sheet}: 20 labels of suxin.example/jinhua/1\n")
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    rows = listed(made)
    assert len(rows) == 20
    page = browser.new_page(viewport={"width": 830, "height": 1180}, device_scale_factor=2)
    page.goto(sheet.as_uri())
    found: list[str] = []
    for label in page.locator(".label").all():
        one = read(Image.open(io.BytesIO(label.screenshot())))
        assert len(one) == 2, one
        found += one
        text = label.inner_text()
        assert KEY.name in text
        assert KEY.key_id.hex() in text
    check(found, rows)
    cut = page.evaluate(
        "() => [...document.querySelectorAll('.part')]"
        ".filter(e => e.scrollHeight > e.clientHeight || e.scrollWidth > e.clientWidth)"
        ".map(e => e.innerText)"
    )
    page.close()
    assert cut == []


def test_every_code_of_a_pdf_is_read(tmp_path: Path) -> None:
    if not label_files._has_font():
        pytest.skip("fonts: no font with Chinese characters on this machine")
    items, pdf, made = tmp_path / "items.csv", tmp_path / "sheet.pdf", tmp_path / "made.csv"
    rows = [f"{OWN}/21/3FJ8S0QW1KZ{letter}," for letter in "ABCDEFGHJKMNPQRST"]
    items.write_text("item,lot\n" + "\n".join(rows) + "\n")
    code, said = run("--items", str(items), "--out", str(pdf), "--list", str(made))
    if "libpango" in said:
        pytest.skip("pango: WeasyPrint finds no Pango on this machine")
    assert code == 0, said
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 2
    found: list[str] = []
    for page in document:
        width, height = page.get_size()
        assert (round(width / 72, 2), round(height / 72, 2)) == A4_INCH
        found += read(page.render(scale=300 / 72).to_pil())
    document.close()
    assert len(found) == 2 * len(rows)
    check(found, listed(made))


@pytest.mark.parametrize("form", ["svg", "png"])
def test_one_code_holds_no_secret(form: str, tmp_path: Path) -> None:
    out = tmp_path / f"code.{form}"
    assert run("--item", f"{GTIN}/21/3FJ8S0QW1KZR", "--out", str(out))[0] == 0
    if form == "png":
        assert read(Image.open(out)) == [f"https://suxin.example{GTIN}/21/3FJ8S0QW1KZR"]
    else:
        assert out.read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--out", "x.html"], "one of"),
        (["--out", "x.html", "--item", "/01/1/21/x"], "an item is"),
        (["--out", "x.doc", "--class", GTIN], ".svg, .png, .html or .pdf"),
        (["--out", "x.svg", "--class", GTIN, "--count", "2"], "holds one code"),
        (["--out", "x.html", "--items", "nowhere.csv"], "cannot be read"),
        (["--out", "x.html", "--class", GTIN, "--lang", "fr"], "--lang"),
        (["--out", "x.html", "--class", GTIN, "--url", f"https://{'a' * 60}.example"], "too fine"),
    ],
)
def test_what_cannot_be_made_is_said(words: list[str], shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run(*words)
    assert code != 0
    assert shown in said
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_items_is_refused_with_its_fault(tmp_path: Path) -> None:
    for text, shown in (("", "no column"), ("name\nx\n", "no column"), ("item\n" + "x\n" * 10_001, "at most 10000")):
        (tmp_path / "items.csv").write_text(text)
        code, said = run("--items", str(tmp_path / "items.csv"), "--out", str(tmp_path / "x.html"))
        assert code != 0
        assert shown in said


def test_a_list_that_a_chinese_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    rows = f"item,备注\n{GTIN}/21/3FJ8S0QW1KZS,明前龙井\n".encode("gbk")
    (tmp_path / "items.csv").write_bytes(rows)
    assert run("--items", str(tmp_path / "items.csv"), "--out", str(tmp_path / "x.html"))[0] == 0


def test_no_pdf_without_a_font_for_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = run("--class", GTIN, "--out", str(tmp_path / "x.pdf"))
    assert code != 0
    assert "no font" in said
    assert list(tmp_path.iterdir()) == []
