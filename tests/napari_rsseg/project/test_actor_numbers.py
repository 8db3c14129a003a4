"""Actors keep their identity from one catalogue to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.project import Catalogue
from napari_rsseg.project.actor_numbers import actor_numbers

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_actor_of_a_day_is_found_and_others_are_added(tmp_path: Path) -> None:
    source, target = (Catalogue.open(tmp_path / f"{name}.sqlite") for name in ("source", "target"))
    target.actor("person", "bob")
    known = target.actor("person", "ada")
    ada, model = source.actor("person", "ada"), source.actor("model", "unet", "00ff")
    numbers = actor_numbers(source, target)
    assert numbers[0] == 0
    assert numbers[ada] == known
    assert numbers[model] == 3
    assert (actor_numbers(source, target) == numbers).all(), "nobody is added twice"
    source.close()
    target.close()
