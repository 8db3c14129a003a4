"""Labels of a scene without a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.label_bench import LabelBench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> LabelBench:
    return LabelBench(tmp_path / "scene")
