"""Networks of full size side by side, each in a fresh process: SAM's encoder and ours, KTDA, DS2."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

NETWORK_RUN = Path(__file__).with_name("network_run.py")
ROUNDS = 2  # of all kinds in turn: the machine may have others to serve


@dataclass
class Figures:
    """The best of a kind's passes."""

    seconds: float
    cpu: float
    above_mib: float
    megabytes: float


def run(kind: str, passes: int, keep: Path) -> Figures:
    done = subprocess.run(
        [sys.executable, str(NETWORK_RUN), kind, str(passes), "--keep", str(keep)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def best(first: Figures, second: Figures) -> Figures:
    return Figures(
        min(first.seconds, second.seconds),
        min(first.cpu, second.cpu),
        max(first.above_mib, second.above_mib),
        first.megabytes,
    )


def side_by_side(
    kinds: tuple[str, ...],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    passes: int = 1,
    clock: Literal["seconds", "cpu"] = "cpu",
) -> dict[str, float]:
    """Print what each kind takes beside the first, and return the share of its result that is the first's."""
    results = {kind: folder / f"{number}.npy" for number, kind in enumerate(kinds)}
    found: dict[str, Figures] = {}
    for _ in range(ROUNDS):
        for kind, keep in results.items():
            figures = run(kind, passes, keep)
            found[kind] = best(found[kind], figures) if kind in found else figures
    expected = np.load(results[kinds[0]])
    equal = {
        kind: float(np.isclose(np.load(keep), expected, rtol=1e-3, atol=1e-4).mean())
        for kind, keep in results.items()
    }
    first = found[kinds[0]]
    lines = [f"{'':28} {'s':>7} {'CPU s':>7} {'faster':>7} {'MiB above':>10} {'share':>7} {'equal':>10}"]
    lines += [
        f"{kind:28} {each.seconds:7.2f} {each.cpu:7.2f} "
        f"{getattr(first, clock) / getattr(each, clock):6.2f}x {each.above_mib:10.0f} "
        f"{each.above_mib / first.above_mib:7.1%} {equal[kind]:10.4%}"
        for kind, each in found.items()
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    return equal


@pytest.mark.bench
def test_sams_encoder_beside_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = ("segment-anything", "ours", "ours, channels last", "ours, bfloat16", "ours, weights in half")
    equal = side_by_side(kinds, tmp_path, capsys)
    assert equal["ours"] >= 0.9999


@pytest.mark.bench
def test_mobile_sams_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert side_by_side(("MobileSAM",), tmp_path, capsys, passes=3)["MobileSAM"] == 1


@pytest.mark.bench
@pytest.mark.parametrize(
    ("theirs", "ours"), [("KTDA and its teacher", "KTDA"), ("DS2, published formulas", "DS2")]
)
def test_less_is_computed_for_the_same_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], theirs: str, ours: str
) -> None:
    assert side_by_side((theirs, ours), tmp_path, capsys)[ours] == 1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU here")
def test_sams_encoder_beside_ours_on_a_gpu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = ("segment-anything on a GPU", "ours on a GPU, bfloat16")
    equal = side_by_side(kinds, tmp_path, capsys, passes=20, clock="seconds")
    assert equal[kinds[1]] >= 0.999
