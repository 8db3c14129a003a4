from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from napari_rsseg.checkpoints import read_tensors
from napari_rsseg.errors import CheckpointError

GOLDEN = Path(os.environ["RSSEG_GOLDEN"])
STATE = {"convolution.weight": torch.arange(6.0).reshape(2, 3), "norm.steps": torch.tensor(7)}


class _Call:
    """Pickles as a call of any function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.function, self.arguments


def _assert_state(tensors: dict[str, torch.Tensor]) -> None:
    assert tensors.keys() == STATE.keys()
    assert all(torch.equal(tensors[key], STATE[key]) for key in STATE)


def test_a_safetensors_file_gives_its_tensors(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "model.safetensors")
    _assert_state(read_tensors(tmp_path / "model.safetensors"))


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "model_state_dict"])
def test_a_torch_file_gives_its_tensors_bare_or_wrapped(tmp_path: Path, wrapper: str | None) -> None:
    content = {wrapper: STATE, "epoch": 3} if wrapper else STATE
    torch.save(content, tmp_path / "model.pth")
    _assert_state(read_tensors(tmp_path / "model.pth"))


def test_a_torch_file_of_the_old_format_gives_its_tensors(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "model.pth", _use_new_zipfile_serialization=False)
    _assert_state(read_tensors(tmp_path / "model.pth"))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ktda_checkpoint_best.pth", "backbone.stages.0.0.gamma"),
        ("ktda_checkpoint_resume.pth", "fmm.adapters.0.0.fc1.weight"),
        ("tls_checkpoint_tiny.pth.tar", "image_encoder.prompt_generator.shared_mlp.weight"),
    ],
)
def test_files_of_the_authors_training_programs_give_their_tensors(name: str, key: str) -> None:
    if not (GOLDEN / name).exists():
        pytest.skip(f"{name} is not in {GOLDEN}; set RSSEG_GOLDEN")
    tensors = read_tensors(GOLDEN / name)
    assert tensors[key].device.type == "cpu"
    assert tensors[key].is_floating_point()


@pytest.mark.parametrize("function", [os.system, exec], ids=["os.system", "exec"])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "pickle"])
def test_a_payload_never_runs(tmp_path: Path, function: object, zipped: bool) -> None:
    trace, path = tmp_path / "ran", tmp_path / "model.pth"
    command = f"touch {trace}" if function is os.system else f"open({str(trace)!r}, 'w').close()"
    torch.save(
        {"state_dict": STATE, "extra": _Call(function, command)}, path, _use_new_zipfile_serialization=zipped
    )
    with pytest.raises(CheckpointError, match=r"model\.pth"):
        read_tensors(path)
    assert not trace.exists()


def test_objects_logged_beside_the_weights_are_not_made(tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "extra": _Call(getattr, np.zeros(3), "nothing")}, tmp_path / "model.pth")
    _assert_state(read_tensors(tmp_path / "model.pth"))  # a true getattr would have raised


def test_a_plain_pickle_never_runs(tmp_path: Path) -> None:
    trace, path = tmp_path / "ran", tmp_path / "model.pth"
    path.write_bytes(pickle.dumps(_Call(os.system, f"touch {trace}")))
    with pytest.raises(CheckpointError):
        read_tensors(path)
    assert not trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"not weights at all",
        b"PK\x03\x04broken",
        save(STATE)[:60],
        b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
    ],
    ids=["empty", "one byte", "text", "broken zip", "truncated", "no tensors"],
)
def test_what_is_no_weight_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "größer 模型.bin"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="模型"):
        read_tensors(path)


def test_a_truncated_torch_file_is_refused(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "whole.pth")
    whole = (tmp_path / "whole.pth").read_bytes()
    (tmp_path / "half.pth").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=r"half\.pth"):
        read_tensors(tmp_path / "half.pth")


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("photo.txt", "no weights")
    with pytest.raises(CheckpointError, match=r"photos\.zip"):
        read_tensors(tmp_path / "photos.zip")


def test_a_torch_file_without_tensors_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "loss": [0.1]}, tmp_path / "log.pth")
    with pytest.raises(CheckpointError, match="no dict of tensors"):
        read_tensors(tmp_path / "log.pth")


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path if kind == "folder" else tmp_path / "missing.pth"
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_tensors(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), zipped=st.sampled_from(["zip", "pickle", "safetensors"]))
def test_damaged_bytes_give_tensors_or_a_clear_refusal(
    tmp_path: Path, data: st.DataObject, zipped: str
) -> None:
    path = tmp_path / "model.bin"
    if zipped == "safetensors":
        save_file(STATE, path)
    else:
        torch.save(STATE, path, _use_new_zipfile_serialization=zipped == "zip")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        tensors = read_tensors(path)
    except CheckpointError:
        return
    assert all(isinstance(tensor, torch.Tensor) for tensor in tensors.values())
