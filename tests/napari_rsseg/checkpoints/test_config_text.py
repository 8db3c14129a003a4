from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.checkpoints.config_text import read_config, section_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_configuration_of_a_training_program_is_read_as_data() -> None:
    text = """
size = (32, 32)
norm = dict(type='SyncBN', requires_grad=True)
model = dict(
    alpha=-0.5,
    head=dict(norm=norm, scales=[4, 2, 1, 0.5], size=size, extra={'a': None}))
"""
    assert read_config(text)["model"] == {
        "alpha": -0.5,
        "head": {
            "norm": {"type": "SyncBN", "requires_grad": True},
            "scales": [4, 2, 1, 0.5],
            "size": (32, 32),
            "extra": {"a": None},
        },
    }


def test_what_is_more_than_data_is_left_out_and_never_runs(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    text = f"""
import os
a = open({str(trace)!r}, 'w')
b = dict(c=__import__('os').mkdir({str(trace)!r}))
c = [1, (lambda: 2)()]
d = dict(**{{'e': 1}})
f = unknown
g = 3
"""
    assert read_config(text) == {"g": 3}
    assert not trace.exists()


def test_what_is_no_python_or_nested_beyond_reading_gives_nothing() -> None:
    assert read_config("model = dict(") == {}
    assert read_config("model = " + "[" * 100_000) == {}
    assert read_config("\0") == {}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_literal_comes_back(value: object) -> None:
    assert read_config(f"value = {value!r}") == {"value": value}


def test_a_section_is_found_by_the_names_that_lead_to_it() -> None:
    text = "model = dict(head=dict(scales=[1, 2]), depth=3)"
    assert section_of(text, "model", "head") == {"scales": [1, 2]}
    assert section_of(text, "model", "depth") == {}
    assert section_of(text, "test", "head") == {}
    assert section_of(None, "model") == {}
