"""Cases of the published systems: found in the folder of ``RSSEG_GOLDEN``, filled, and compared.

A test takes a case by an argument named ``<mode>_case``; it runs for every case of that mode whose file name
starts with its module's ``FAMILY``. Weights, inputs, summaries and tolerances are those of the folder's
``golden.py``, never looser.
"""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from types import ModuleType


@cache
def _golden(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden", folder / "golden.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class GoldenCase:
    """One case: a JSON file that says what to build and feed, and an NPZ of expected outputs."""

    path: Path

    @property
    def words(self) -> dict[str, Any]:
        """The JSON."""
        words: dict[str, Any] = json.loads(self.path.read_text())
        return words

    def inputs(self) -> dict[str, torch.Tensor]:
        """Return the drawn inputs by name."""
        words = self.words
        golden = _golden(self.path.parent)
        return {
            name: torch.from_numpy(np.asarray(golden.input_value(name, spec, words["seed"])))
            for name, spec in words["inputs"].items()
        }

    def draw(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return a drawn value for every float tensor, of its shape and dtype, by its published key."""
        golden = _golden(self.path.parent)
        seed = self.words["seed"]
        return {
            key: torch.from_numpy(np.asarray(golden.fill_value(key, tuple(tensor.shape), seed))).to(tensor)
            for key, tensor in tensors.items()
            if tensor.is_floating_point()
        }

    def fill(self, network: torch.nn.Module, published_key: Callable[[str], str] = str) -> None:
        """Draw every float parameter and buffer of a network, each by its published key."""
        tensors = network.state_dict()
        drawn = self.draw({published_key(key): tensor for key, tensor in tensors.items()})
        with torch.no_grad():
            for key, tensor in tensors.items():
                if tensor.is_floating_point():
                    tensor.copy_(drawn[published_key(key)])

    def compare(self, outputs: Mapping[str, torch.Tensor], *, only: Collection[str] | None = None) -> None:
        """Assert that every expected output, or each one named, is of its shape and within its tolerance."""
        golden = _golden(self.path.parent)
        words, expected = golden.load_case(self.path)
        wrong = []
        assert set(only or ()) <= words["outputs"].keys()
        for name, entry in words["outputs"].items():
            if only is not None and name not in only:
                continue
            if name not in outputs:
                wrong.append(f"{name}: missing")
                continue
            value = outputs[name].detach().numpy()
            if list(value.shape) != entry["shape"]:
                wrong.append(f"{name}: shape {list(value.shape)} instead of {entry['shape']}")
                continue
            found = golden.summarise(value).astype(np.float64)
            off = float(np.max(np.abs(found - expected[name]), initial=0.0))
            allowed = golden.tolerance(words, name)
            if not off <= allowed:
                wrong.append(f"{name}: off by {off:.3g}, allowed {allowed:.3g}")
        assert not wrong, "\n".join([self.path.stem, *wrong])


def _cases(family: str, mode: str) -> list[Any]:
    folder = Path(os.environ["RSSEG_GOLDEN"])
    found = []
    for path in sorted(folder.glob(f"{family}_*.json")):
        words = json.loads(path.read_text())
        if words.get("mode", "manifest") == mode:
            marks = [pytest.mark.slow] if words.get("slow") else []
            found.append(pytest.param(GoldenCase(path), id=path.stem, marks=marks))
    reason = f"no {mode} case of {family} in {folder}; set RSSEG_GOLDEN"
    return found or [pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each ``<mode>_case`` argument the cases of its module's family."""
    for name in metafunc.fixturenames:
        if name.endswith("_case"):
            metafunc.parametrize(name, _cases(metafunc.module.FAMILY, name.removesuffix("_case")))
