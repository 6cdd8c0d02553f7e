"""Instruction cards: ours, the police's own, and hostile ones."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import PanicKind
from dispatcher.instruction_cards import FOLDER, CardError, Cards, Piece, pieces


@pytest.mark.parametrize("kind", get_args(PanicKind))
def test_every_kind_has_a_card_of_its_own_with_steps(kind: PanicKind) -> None:
    assert (FOLDER / f"{kind}.md").is_file()
    card = Cards().card(kind)
    assert card.pieces[0].type == "heading"
    assert "step" in {piece.type for piece in card.pieces}


def test_a_configured_card_wins_and_is_read_anew_when_it_changes(tmp_path: Path) -> None:
    cards = Cards(tmp_path)
    assert cards.card("fall").pieces[0].text == "Fell"
    for number in range(2):
        path = tmp_path / "fall.md"
        path.write_text(f"# Our rule {number}")
        assert cards.card("fall").pieces == [Piece(type="heading", text=f"Our rule {number}")]


def test_markdown_becomes_pieces_of_text() -> None:
    found = pieces("## **Now**\n\n1. Go *there*,\n   quickly.\n- one\n\n<b>x</b>\ntwo\x07")
    assert [(piece.type, piece.text) for piece in found] == [
        ("heading", "Now"),
        ("step", "Go there, quickly."),
        ("item", "one"),
        ("text", "<b>x</b> two"),
    ]


def test_a_card_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "fall.md").write_bytes(b"\xff\xfe")
    with pytest.raises(CardError, match=r"fall\.md"):
        Cards(tmp_path).card("fall")


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert all("\n" not in piece.text for piece in pieces(text))
