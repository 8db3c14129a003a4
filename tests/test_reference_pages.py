"""The pages of the reference that the documentation's hook makes from the code."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.registry import DOWNLOADS, PUBLISHED_MODELS, card_schema
from napari_rsseg.registry.card import Card

if TYPE_CHECKING:
    from types import ModuleType

HOOK = Path(__file__).parents[1] / "docs" / "hooks" / "reference.py"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("mkdocs", reason="the hook needs mkdocs: install napari-rsseg[docs]")
    spec = importlib.util.spec_from_file_location("reference", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_card_page_has_every_field_and_the_schema_that_the_command_prints(hook: ModuleType) -> None:
    page: str = hook.card_schema_page()
    assert [name for name in Card.model_fields if f"| `{name}` |" not in page] == []
    assert json.loads(page.partition("```json\n")[2].partition("```")[0]) == card_schema()


def test_the_models_page_names_everything_that_can_be_imported_or_downloaded(hook: ModuleType) -> None:
    page: str = hook.models_page()
    names = [*(model.name for model in PUBLISHED_MODELS), *(download.name for download in DOWNLOADS)]
    assert [name for name in names if f"`{name}`" not in page] == []
