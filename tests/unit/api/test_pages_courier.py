"""What the courier file and the list say: facts with their counts, no score, no name of a person."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fakes.courier_pages import courier_list, courier_page, empty_courier, published
from fakes.courier_pages import rating as sample_rating
from fakes.pages import CARRIER_USCC, SITE, error_page, home_page

from suxin.api import render
from suxin.api.chart_rating import trend
from suxin.api.site import ERRORS, ErrorPage, VerifyPage
from suxin.courier.counts import Face
from suxin.courier.page import CourierPage
from suxin.courier.standing_page import NOTHING
from suxin.ledger.refs import Name


def courier(lang: str, page: CourierPage | None = None) -> str:
    page = page or courier_page()
    return render.page("courier.html", page, lang, site=SITE, path=page.path)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh-CN",
            [
                "服务信用评价，依规则 KD-2026.1。",
                "非征信报告，非官方名单",
                "未在本机计算",
                "未在本机核验",
                "金义速达快递有限公司",
                "承运包裹 120,431 件",
                "推定丢失",
                "驿站",
                "没有同意记录 110",
                "延误",
                "投诉成立",
                "受理",
                "揽收",
                "投递",
                "售后",
                "信息",
                "暂无",
                "服务",
                "签名密钥保管",
                "已过期",
            ],
        ),
        (
            "en",
            [
                "Service rating under rule KD-2026.1.",
                "Not a credit report, not an official list.",
                "Not scored on this device",
                "Not checked on this device",
                "Jinyi Express Co., Ltd.",
                "parcels taken on",
                "Presumed lost",
                "Pick-up station",
                "no consent recorded 110",
                "late delivery",
                "Upheld",
                "Taking orders",
                "Pick-up",
                "After-sales",
                "Information",
                "nobody yet",
                "Liability for breach",
                "Its signing key is kept by",
                "lapsed",
            ],
        ),
    ],
)
def test_facts(lang: str, words: list[str]) -> None:
    document = courier(lang)
    assert not [word for word in words if word not in document]


def test_counts_stand_beside_shares() -> None:
    text = re.sub(r"<[^>]+>", "|", courier("en"))
    for count in (
        "105,796",
        "9,106",
        "4,000",
        "980",
        "431",
        "66",
        "40",
        "12",
        "118,902",
        "61,002",
        "70,400",
        "604,100",
        "412,306",
    ):
        assert f"|{count}|" in text or f" {count} " in text or f"|{count} " in text, count
    assert "98.7% of the parcels taken on" in text


def test_no_rank_and_no_other_scale() -> None:
    for lang in render.LANGUAGES:
        document = courier(lang)
        assert not [word for word in ("/ 100", "rank", "排名", "信用分") if word in document]


def test_nothing_of_a_rating_is_shown_before_a_publication() -> None:
    for lang, words in (("en", "Not published yet"), ("zh-CN", "尚未公布")):
        document = courier(lang, replace(courier_page(), rating=None, events=()))
        assert words in document
        assert "courier-page.js" not in document
        assert not [part for part in ("data-figure", "KD-2026.1", 'aria-labelledby="in"', "<b>B</b>") if part in document]
        assert ("不是评分" if lang == "zh-CN" else "It is not a rating") in document


def test_a_rating_whose_table_is_not_at_hand_shows_only_what_was_published() -> None:
    rating = replace(sample_rating(), lines=(), sentence=Name(""), own_of="")
    document = courier("en", replace(courier_page(), rating=rating))
    assert 'data-figure="score">79.7<' in document
    assert ".points" not in document
    assert "The lines behind this rating are not at hand" in document


def test_figures_of_the_worked_example() -> None:
    document = courier("en")
    for name, text in (("score", "79.7"), ("low", "76.1"), ("high", "83.3"), ("I7.points", "8.59"), ("I7.used", "0.467")):
        assert f'data-figure="{name}">{text}<' in document, name
    assert "Own data carry 70.6 of the 92 points that are estimated." in document
    assert "near the line" in document
    sides = re.findall(r"(better than|worse than|not told apart from) the benchmark</span>", document)
    assert (sides.count("better than"), sides.count("worse than"), len(sides)) == (4, 1, 12)


def test_colour_never_stands_without_its_word() -> None:
    for colour, word in {"blue": "蓝", "yellow": "黄", "red": "红", "grey": "灰"}.items():
        rating = replace(sample_rating(), now=published("2026-10-31", 797, colour=colour))
        document = courier("zh-CN", replace(courier_page(), rating=rating))
        shown = re.findall(rf'class="tag c-{colour}"><svg class="mk mk-{colour}".*?</svg>.*? · (.)</span>', document)
        assert shown == [word]


def test_decisions_warnings_and_objections_stand_with_what_a_reader_needs() -> None:
    document = courier("zh-CN")
    section = document.split('aria-labelledby="st"')[1].split("</section>")[0]
    for words in (
        "罚款",
        "JH-POST-2026-17",
        "《快递市场管理办法》 54",
        "公示至",
        "严重失信主体名单",
        "录入方",
        "有效申诉率明显高于基准",
    ):
        assert words in section, words
    assert section.count("企业已答复：") == section.count("五个工作日内未答复。") == 1
    assert "异议处理中" in document.split('aria-labelledby="st"')[0], "said at the top as well"
    assert "已逾期" in document
    nothing = courier("zh-CN", replace(courier_page(), standing=NOTHING))
    assert "目前没有公示期内的事项。" in nothing
    assert "异议处理中" not in nothing


def test_trend_has_a_gap_where_nothing_was_graded() -> None:
    rows = [published(f"2026-0{n}-28", score) for n, score in enumerate((None, 790, 800, None, 810), 1)]
    found = trend(rows, ["2026-03-01"], 1040, 280)
    assert [len(run) for run in found.runs] == [2, 1]
    assert found.last is not None
    assert found.last.row.score == "81.0"
    assert all(point.upper < point.y < point.lower for run in found.runs for point in run)
    assert [mark.number for mark in found.marks] == [1]
    assert trend([published("2026-01-31", None)], [], 334, 220).runs == ()


def test_a_clock_that_runs_says_until_when_and_of_which_parcel_nothing() -> None:
    section = courier("en").split("Clocks that run")[1].split("Decided for the complainant")[0]
    assert section.count("<li>") == 2
    assert section.index("overdue</span>") < section.index("open</span>")
    assert "answer due by" in section
    assert "/w/" not in section


def test_undecided_complaints_are_only_counted() -> None:
    document = courier("en")
    listed = document.split("Decided for the complainant")[1].split("</section>")[0]
    assert listed.count("<li>") == 2
    assert "Waiting for an answer" in document


def test_every_chart_has_its_figures_as_a_table() -> None:
    document = courier("en")
    section = document.split('aria-labelledby="tm"')[1].split("</section>")[0]
    assert section.count('<svg class="chart') == 2, "one for phones, one for desks"
    rows = re.findall(r"<tr><th scope=\"row\">(.+?)</th><td class=\"n\">([\d,]+)</td><td class=\"n\">([\d,]+)</td>", section)
    assert [row[0] for row in rows] == [f"{12 * i}–{12 * i + 12}" for i in range(11)] + ["132 and more"]
    bins = courier_page().times.bins
    assert [(int(a.replace(",", "")), int(b.replace(",", ""))) for _, a, b in rows] == [(b.on_time, b.late) for b in bins]


def test_a_company_without_records_is_neither_good_nor_bad() -> None:
    document = courier("en", empty_courier())
    assert "No parcel is recorded yet. That is neither good nor bad." in document
    assert "Never registered here" in document
    assert "nobody" in document
    assert "uscc:91310115MA1HDDKD7F" in document
    assert '<svg class="chart' not in document


def test_mean_of_a_face() -> None:
    assert Face("pickup", (0, 0, 0, 0, 0)).mean_centi is None
    assert Face("pickup", (1, 0, 0, 0, 0)).mean_centi == 100
    assert Face("pickup", (0, 0, 0, 0, 7)).mean_centi == 500
    assert Face("pickup", (1, 0, 0, 1, 1)).mean_centi == 333
    assert Face("pickup", (1, 1, 0, 0, 0)).mean_centi == 150
    assert Face("pickup", (0, 0, 1, 2, 4)).count == 7


def test_list_keeps_the_search_and_escapes_it() -> None:
    document = render.page("couriers.html", courier_list(), "en", site=SITE, path="/couriers")
    assert 'value="金 &amp; 沪"' in document
    assert (
        'href="/en/couriers?q=%E9%87%91+%26+%E6%B2%AA&amp;order=parcels&amp;region=33&amp;grade=B&amp;page=3" rel="next"'
        in document
    )
    assert 'rel="prev"' in document
    assert f'href="/en/couriers/{CARRIER_USCC}"' in document
    assert "there are no ranks" in document
    assert '<option value="B" selected>' in document
    assert "Page 2 of 3" in document
    alone = render.page(
        "couriers.html", replace(courier_list(), rows=(), total=0, page=1, pages=1), "en", site=SITE, path="/couriers"
    )
    assert "No company matches." in alone
    assert "rel=" not in alone.split("<main")[1]


def test_start_page_has_one_box_for_everything() -> None:
    document = render.page("home.html", home_page(), "en", site=SITE, path="/")
    assert '<form class="find" action="/en/find" method="get" role="search">' in document
    assert 'name="q" value="&#34;&gt;&lt;b&gt;ham"' in document
    assert "20,118" in document
    assert "Its lot was recalled" in document
    assert "所属批次已被召回" in render.page("home.html", home_page(), "zh-CN", site=SITE, path="/")


@pytest.mark.parametrize("lang", render.LANGUAGES)
@pytest.mark.parametrize("code", ERRORS)
def test_errors_say_what_why_and_what_to_do(code: str, lang: str) -> None:
    document = render.page("error.html", ErrorPage(404, code, "<x>"), lang, site=SITE, path="/x")
    main = document.split("<main")[1]
    assert "<h1" in main
    assert '<p class="lead">' in main
    assert '<ul class="cures"><li>' in main
    assert "&lt;x&gt;" in main
    assert code in main
    assert '<meta name="robots" content="noindex">' in document


def test_unknown_problems_have_words_too() -> None:
    assert ErrorPage(500, "surprise").words is ERRORS["server_error"]
    assert ErrorPage(418, "surprise").words is ERRORS["bad_request"]
    assert error_page().words is ERRORS["no_such_item"]


@pytest.mark.parametrize("lang", render.LANGUAGES)
def test_how_to_check_names_the_command_and_the_keys(lang: str) -> None:
    page = render.page("verify.html", VerifyPage(), lang, site=SITE, path="/verify")
    document = re.sub(r"</?span[^>]*>", "", page)  # which keep an option and its value on one line
    for words in (
        "suxin verify --bundle BUNDLE --policy POLICY",
        "suxin verify --url https://suxin.example",
        SITE.vkey,
        SITE.key_id,
        SITE.origin,
        "/checkpoint",
        "/.well-known/suxin.json",
    ):
        assert words in document
