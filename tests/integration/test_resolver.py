"""The GS1 resolver over HTTP: link types, linkset, languages, and addresses that are none."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fakes.village import ITEM, Village, village

VOC = "https://ref.gs1.org/voc/"
HTML = "text/html,application/xhtml+xml"


@pytest.fixture(scope="module")
def v(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as found:
        yield found


def test_the_default_is_the_trace_page_itself(v: Village) -> None:
    answer = v.site.http.get(ITEM, headers={"accept": HTML})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["link"] == f'<{quote(ITEM)}?linkType=linkset>; rel="linkset"; type="application/linkset+json"'


@pytest.mark.parametrize(
    ("query", "accept"),
    [("?linkType=linkset", HTML), ("?linktype=all", HTML), ("", "application/linkset+json"), ("?LINKTYPE=linkset", "*/*")],
)
def test_a_linkset_is_never_a_redirect(v: Village, query: str, accept: str) -> None:
    answer = v.site.http.get(ITEM + query, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/linkset+json"
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in answer.headers["link"]
    assert answer.headers["access-control-allow-origin"] == "*"
    (found,) = answer.json()["linkset"]
    assert found["anchor"] == v.site.url + ITEM
    assert [set(link) for link in found[f"{VOC}defaultLink"]] == [{"href", "title"}]
    assert len(found[f"{VOC}defaultLinkMulti"]) > 1
    links = [link for name, rows in found.items() if name not in ("anchor", "itemDescription") for link in rows]
    for link in links:
        shown = v.site.http.get(link["href"], headers={"accept": link.get("type", HTML)})
        assert shown.status_code == 200, link
        assert shown.headers["content-type"].startswith(link.get("type", "text/html"))
        assert shown.headers.get("content-language", "") == "".join(link.get("hreflang", [])) or "hreflang" not in link


@pytest.mark.parametrize(
    ("kind", "headers", "target"),
    [
        ("gs1:traceability", {"accept-language": "en"}, f"/en{ITEM}"),
        ("gs1:traceability", {"accept-language": "zh-CN,en;q=0.5"}, f"/zh-CN{ITEM}"),
        ("traceability", {"accept-language": "en;q=0.2,zh;q=0.9"}, f"/zh-CN{ITEM}"),
        (f"{VOC}pip", {"accept-language": "en-GB"}, f"/en{ITEM}"),
        ("gs1:defaultLink", {"accept-language": "fr"}, f"/zh-CN{ITEM}"),
        ("gs1:traceability", {"accept": "application/json"}, f"/v1/products{ITEM}"),
        ("gs1:verificationService", {"accept": HTML}, f"/v1/products{ITEM}/bundle"),
    ],
)
def test_a_link_type_leads_to_its_address(v: Village, kind: str, headers: dict[str, str], target: str) -> None:
    answer = v.site.http.get(ITEM, params={"linkType": kind, "src": "a b"}, headers=headers)
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{target}?src=a+b"
    assert 'rel="linkset"' in answer.headers["link"]


def test_a_link_type_that_an_item_does_not_have_is_not_the_default(v: Village) -> None:
    assert v.site.http.get(f"{ITEM}?linkType=gs1:recipeInfo").status_code == 404


@pytest.mark.parametrize("query", ["", "?linkType=linkset", "?linkType=gs1:pip"])
def test_an_item_that_nothing_is_recorded_of(v: Village, query: str) -> None:
    assert v.site.http.get(f"{ITEM[:-1]}{'a' if ITEM[-1] != 'a' else 'b'}{query}").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/01/09506000134376/badrequest", 400),
        ("/01/09506000134377", 400),
        ("/01/09506000134376/21/abc/10/L1", 400),
        ("/8004/0950600013430000001/99/x", 400),
        ("/00/006141411234567890", 404),
        ("/01/09506000134376", 404),
        ("/01/09506000134376/22/A/21/zzzzzzzzzzz", 404),
        ("/ARFKk4XB0CDKWcnpq", 404),
    ],
)
def test_other_links_are_told_apart_from_what_is_none(v: Village, path: str, status: int) -> None:
    answer = v.site.http.get(path, headers={"accept": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_may_be_asked_is_declared(v: Village) -> None:
    answer = v.site.http.request("OPTIONS", ITEM)
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    said = v.site.http.get("/.well-known/gs1resolver").json()
    assert said["resolverRoot"] == v.site.url
    assert said["supportedPrimaryKeys"] == ["01"]
    assert v.site.http.head(ITEM, headers={"accept": HTML}).status_code == 200


def test_a_slash_at_the_end_changes_nothing(v: Village) -> None:
    answer = v.site.http.get(f"{ITEM}/", headers={"accept": HTML}, follow_redirects=True)
    assert answer.status_code == 200
