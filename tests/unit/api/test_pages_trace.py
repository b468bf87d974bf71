"""What the trace page and the waybill page say, and what they never say."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fakes.pages import CARRIER_USCC, ITEM_PATH, MAKER, SITE, WAYBILL_PATH, bare_page, trace_page, waybill_page

from suxin.api import render
from suxin.ledger.refs import Name
from suxin.trace.page import TracePage, WaybillPage
from suxin.trace.qr import draw_qr


def trace(lang: str, page: TracePage | None = None) -> str:
    page = page or trace_page()
    return render.page("trace.html", page, lang, site=SITE, path=page.path)


def waybill(lang: str, page: WaybillPage | None = None) -> str:
    page = page or waybill_page()
    return render.page("waybill.html", page, lang, site=SITE, path=page.path)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh-CN",
            [
                "上架",
                "售出",
                "发货",
                "运输",
                "签收",
                "投诉",
                "金华火腿礼盒 2 kg",
                "已签收 · 上海市浦东新区",
                "比承诺早 14 小时",
                "1 项投诉已结案",
            ],
        ),
        (
            "en",
            [
                "Listed",
                "Sold",
                "Sent",
                "Transit",
                "Arrived",
                "Issue",
                "Jinhua ham gift box, 2 kg",
                "Signed off as delivered",
                "14 hours before the promised time",
                "1 closed complaint",
            ],
        ),
    ],
)
def test_product_and_where_it_is(lang: str, words: list[str]) -> None:
    document = trace(lang)
    assert not [word for word in words if word not in document]


@pytest.mark.parametrize(
    ("lang", "headline", "results", "unchecked"),
    [
        (
            "zh-CN",
            "未在本机核验",
            ["本页所示", "签名", "顺序", "在册", "记录齐全", "依法不公开", "新旧", "见证方", "同一本账本"],
            "未核验",
        ),
        (
            "en",
            "Not checked on this device",
            [
                "This page",
                "Signatures",
                "Order",
                "On record",
                "Every entry is here",
                "Withheld by law",
                "How current",
                "Witnesses",
            ],
            "not checked",
        ),
    ],
)
def test_proof_panel_lists_every_result_as_not_checked(lang: str, headline: str, results: list[str], unchecked: str) -> None:
    document = trace(lang)
    assert headline in document
    assert not [what for what in results if f"<b>{what}</b> <small>{unchecked}</small>" not in document]
    assert document.count(f"<small>{unchecked}</small>") == 9
    assert f'href="/v1/products{ITEM_PATH}/bundle" download' in document
    assert "23.5 kB" in document


def test_the_seller_s_licences_say_until_when_and_what_became_of_them() -> None:
    card = trace("en").split('id="sell"')[1].split("</section>")[0]
    assert MAKER.actor in card
    assert re.search(r'>91330700MA2HAMFD5T</span> · until 2027-01-31\s+<span>in force</span> · <a href="/v1/entries/5">', card)
    assert re.search(r'>JY13307000012345</span> · until 2026-10-31\s+<span class="late">expired</span>', card)
    assert 'href="https://www.gsxt.gov.cn/"' in card


def test_a_failed_sample_is_a_banner_and_no_recall() -> None:
    banner = trace("zh-CN").split('id="recall-77"')[1].split("</section>")[0]
    assert "抽检不合格" in banner
    assert "召回" not in banner
    assert "R-77" in banner


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_footer_has_bundle_and_json(lang: str) -> None:
    foot = trace(lang).split("<footer")[1]
    assert f'href="/v1/products{ITEM_PATH}/bundle"' in foot
    assert f'href="/v1/products{ITEM_PATH}"' in foot
    assert "/checkpoint" not in foot
    assert SITE.origin in foot
    assert SITE.key_id in foot


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh-CN",
            [
                "对方会签",
                "交接的另一方也签了名",
                "两家独立机构",
                "单方并有实物证据",
                "仅为单方陈述",
                "由他方转录",
                "没有随货编码",
                "只算一方",
            ],
        ),
        (
            "en",
            [
                "Counter-signed",
                "the other side of the hand-over signed too",
                "Two independent organisations",
                "One organisation, with physical evidence",
                "Claim only",
                "passed on by somebody else",
                "count as one",
            ],
        ),
    ],
)
def test_every_step_has_its_grade_with_word_and_reason(lang: str, words: list[str]) -> None:
    document = trace(lang)
    assert not [word for word in words if word not in document]
    for grade in "ABCD":
        assert f'<b class="gr gr-{grade}">' in document


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh-CN", ["迟录超过 2 小时", "早于前一环节", "没有同意记录", "后有更正", "转录", "无法识别的类型"]),
        (
            "en",
            [
                "Recorded over 2 hours later",
                "Earlier than the step before it",
                "No consent recorded",
                "Corrected later",
                "Relayed",
                "Type not understood",
            ],
        ),
    ],
)
def test_odd_things_are_flagged(lang: str, words: list[str]) -> None:
    document = trace(lang)
    assert not [word for word in words if word not in document]
    assert "UTC−3" in document, "a zone other than China's is named"


def test_what_people_wrote_is_escaped_and_marked_with_its_language() -> None:
    document = trace("en")
    assert document.count("<script") == 1, "the page's own"
    assert '<blockquote lang="zh-CN">外盒压坏了，内盒完好。&lt;script&gt;alert(1)&lt;/script&gt;</blockquote>' in document


@pytest.mark.parametrize(("field", "value"), [("name", Name("<b>x</b>")), ("serial", '"><i>'), ("lot", "a&b<c")])
def test_data_is_escaped_everywhere(field: str, value: object) -> None:
    document = trace("zh-CN", replace(trace_page(), **{field: value}))
    assert not [bad for bad in ("<b>x</b>", '"><i>', "a&b<c") if bad in document]


def test_scans_are_folded_and_the_record_is_newest_first() -> None:
    document = trace("en")
    fold = document.split("<details><summary>")[2].split("</details>")[0]
    assert "3 more scans on the way" in fold
    assert fold.count("data-index=") == 3
    order = [document.index(f'data-index="{index}"') for index in (20_090, 20_091, 20_055, 20_048, 20_022, 19_100)]
    assert order == sorted(order)
    assert "15 entries, newest first" in document


def test_recall_stands_first_with_what_to_do() -> None:
    document = trace("zh-CN")
    main = document.split("<main")[1]
    assert main.index("已被召回：标签有误") < main.index("金华火腿礼盒")
    assert "处理办法：退款" in main
    assert "/01/06901234567892/10/B2026A" in main
    assert "召回（已结束）：质量缺陷" in main


def test_withheld_entries_are_named() -> None:
    assert "1 entry withheld by law" in trace("en")
    assert "应本人要求" in trace("zh-CN")


def test_no_score_beside_the_courier() -> None:
    document = trace("en")
    assert "2,811" in document
    assert "2.4%" in document
    assert f"/en/couriers/{CARRIER_USCC}" in document
    assert "Facts, not a rating." in document
    assert "/ 100" not in document
    assert "Named by the sender. The courier has not accepted" in document


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_code_carries_the_page_s_own_address_without_a_language(lang: str) -> None:
    document = trace(lang)
    address = f"https://suxin.example{ITEM_PATH}"
    assert draw_qr(address).svg_path() in document
    card = document.split('class="card qr"')[1].split("</section>")[0]
    for printed in (address, SITE.origin, SITE.key_id, "(01) 06901234567892", "(21) K7M2Q9XH4TB6WZ3RNA"):
        assert printed in card


def test_code_is_black_on_white_in_the_dark_too() -> None:
    assert '<path fill="#fff" d="M0 0h' in trace("en")
    assert '<path fill="#000" d="' in trace("en")


def test_an_item_about_which_little_is_known() -> None:
    document = trace("en", bare_page())
    assert "Product 0001" in document
    assert "Lot unknown: recalls cannot be checked." in document
    assert "2 firms claim to have made this one item" in document
    assert "Nothing is recorded yet." in document
    assert "Lot unknown" not in trace("en")


def test_names_without_english_are_marked_as_chinese() -> None:
    assert '<span lang="zh-CN">沪东冷链有限公司</span>' in trace("en")
    assert '<span lang="zh-CN">' not in trace("zh-CN")


def test_unknown_facts_and_types_are_shown_by_their_own_names() -> None:
    document = trace("zh-CN")
    assert "humidity_pct</span> 40" in document
    assert "<h3>weighbridge</h3>" in document


def test_waybill_page() -> None:
    document = waybill("en")
    for words in (
        "Parcel carried by Jinyi Express Co., Ltd.",
        "42 hours past the promised time",
        "1 open complaint",
        "Handed in",
        "On its round",
        "3 items, sealed in the book by the sender",
        "2.31 kg",
        "to the door",
        "does not say what is in the parcel",
        "/en/w/91310115MA1HDDKD7F/b7Zt0mW3cVfXy2LkPa9d4B",
    ):
        assert words in document
    assert "火腿" not in document
    assert "ham" not in document.split("<main")[1].split("</main")[0].replace("share", "")
    assert 'aria-current="step"' in document
    assert draw_qr(f"https://suxin.example{WAYBILL_PATH}").svg_path() in document
    assert "已超过承诺时限 42 小时" in waybill("zh-CN")


def test_waybill_without_a_consign() -> None:
    page = replace(
        waybill_page(), shipper=None, contents=None, weight_g=None, promised_ms=None, service="", box=None, next_path=""
    )
    document = waybill("en", page)
    assert document.count("not recorded") == 4 + 2  # the strip says it of two stages
    assert "nobody promised a time" in document
