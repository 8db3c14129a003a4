from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.models import torchvision_operators
from napari_rsseg.models.torchvision_operators import ensure_torchvision

if TYPE_CHECKING:
    from pathlib import Path

# as torchvision does on import: fails with "operator torchvision::nms does not exist" where nobody defined it
TORCHVISION = """
import torch
torch.library.register_fake("torchvision::nms")(lambda dets, scores, iou_threshold: None)
torch.library.register_fake("torchvision::qnms")(lambda dets, scores, iou_threshold: None)
"""
PROGRAM = """
import torch
from napari_rsseg.models.torchvision_operators import ensure_torchvision
ensure_torchvision()
import torchvision.extension
boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3], [8, 8, 9, 9]])
assert torchvision.extension._has_ops()
print(torch.ops.torchvision.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5).tolist())
"""


def test_a_torchvision_without_its_operators_becomes_importable(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(TORCHVISION)
    (package / "extension.py").write_text("def _has_ops():\n    return False\n")
    start = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", start + PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[1, 2]", done.stderr


def test_any_other_failure_of_torchvision_is_let_out(tmp_path: Path) -> None:
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('the disk is on fire')")
    program = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n{PROGRAM}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "the disk is on fire" in done.stderr


def test_a_matching_torchvision_is_left_alone() -> None:
    ensure_torchvision()
    assert torchvision_operators._library is None


@pytest.mark.parametrize("number", [0, 1, 200])
def test_the_substitute_keeps_the_boxes_that_torchvision_keeps(number: int) -> None:
    torchvision = pytest.importorskip("torchvision.ops", reason="torchvision is broken here")
    corners = torch.rand(number, 2, generator=torch.Generator().manual_seed(0)) * 30
    sides = torch.rand(number, 2, generator=torch.Generator().manual_seed(1)) * 20 + 1
    boxes = torch.cat((corners, corners + sides), dim=1)
    scores = torch.rand(number, generator=torch.Generator().manual_seed(2))
    expected = torchvision.nms(boxes, scores, 0.5)
    assert torch.equal(torchvision_operators._nms(boxes, scores, 0.5), expected)
