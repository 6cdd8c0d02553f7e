"""Which tile servers' addresses are taken, and what the page's policy lets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.tiles import check_tiles, tiles_origin


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("https://Tiles.Example:8443/a/{z}/{x}/{y}@2x.png?key=a", "https://tiles.example:8443"),
        ("https://10.0.0.7/wmts?tile={z}-{y}-{x}", "https://10.0.0.7"),
        ("http://127.0.0.1:8080/{z}/{x}/{y}.png", "http://127.0.0.1:8080"),
    ],
)
def test_a_tile_server_is_let_in_by_its_origin_alone(url: str, origin: str) -> None:
    check_tiles(url)
    assert tiles_origin(url) == origin


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://tiles.example/{z}/{x}.png", "once each"),
        ("https://tiles.example/{z}/{x}/{y}/{y}.png", "once each"),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", "the host a name"),
        ("https://{x}.tiles.example/{z}/{y}.png", "the host a name"),
        ("https://tiles.example/{z}/{x}/{y}{r}.png", "no other braces"),
        ("http://tiles.example/{z}/{x}/{y}.png", "http only on loopback"),
        ("ftp://tiles.example/{z}/{x}/{y}.png", "http only on loopback"),
        ("https://*.example/{z}/{x}/{y}.png", "the host a name"),
        ("https://a:b@tiles.example/{z}/{x}/{y}.png", "without a login"),
        ("https://[::1]/{z}/{x}/{y}.png", "IPv4"),
        ("https://tiles.example:x/{z}/{x}/{y}.png", "expected https"),
        ("https://tiles.example /{z}/{x}/{y}.png", "expected https"),
        ("https://tiles.example/{z}/{x}/{y}.png#a", "as in a browser"),
        ("https://tiles.example/{z}/ {x}/{y}.png", "as in a browser"),
        ("/{z}/{x}/{y}.png", "the host a name"),
    ],
)
def test_what_a_page_cannot_load_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_tiles(url)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_address_can_say_more_to_the_browser_than_one_origin(host: str, path: str) -> None:
    url = f"https://{host}/{path}{{z}}/{{x}}/{{y}}"
    try:
        check_tiles(url)
    except ValueError:
        return
    origin = tiles_origin(url)
    assert origin.isascii()
    assert not set(origin) & set(" ;,'\"*\n")
