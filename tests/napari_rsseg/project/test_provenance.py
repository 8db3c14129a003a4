"""What is stored beside each label."""

from __future__ import annotations

from napari_rsseg.project import REVIEWED, Provenance


def test_the_numbers_on_disk_stay_what_they_are() -> None:
    assert {member.name: int(member) for member in Provenance} == {
        "UNLABELLED": 0,
        "PREDICTED": 1,
        "CORRECTED": 2,
        "ACCEPTED": 3,
        "IMPORTED": 4,
    }


def test_what_only_a_model_said_is_not_reviewed() -> None:
    assert Provenance.PREDICTED not in REVIEWED
    assert Provenance.UNLABELLED not in REVIEWED
