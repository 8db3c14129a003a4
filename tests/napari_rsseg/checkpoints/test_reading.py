from __future__ import annotations

import argparse
import collections
import importlib
import os
import pickle
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


def test_an_archive_that_inflates_is_refused_before_it_does(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1_000_000)}, tmp_path / "whole.pth")
    with (
        zipfile.ZipFile(tmp_path / "whole.pth") as whole,
        zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for member in whole.infolist():
            bomb.writestr(member.filename, whole.read(member))
    with pytest.raises(CheckpointError, match=r"bomb\.pth of \d+ bytes claims to hold 4000\d+"):
        read_tensors(tmp_path / "bomb.pth")


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(1).expand(10**12),
        torch.empty(10**12, device="meta"),
        torch.sparse_coo_tensor(
            torch.zeros(2, 1, dtype=torch.int64), torch.ones(1), (10**9, 10**9), check_invariants=True
        ),
    ],
    ids=["repeated", "meta", "sparse"],
)
def test_a_tensor_that_claims_more_than_it_stores_is_refused(tmp_path: Path, tensor: torch.Tensor) -> None:
    torch.save({"claimed": tensor}, tmp_path / "model.pth")
    with pytest.raises(CheckpointError, match="does not hold all values of 'claimed'"):
        read_tensors(tmp_path / "model.pth")


def test_an_old_file_that_claims_a_huge_storage_is_refused(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "model.pth", _use_new_zipfile_serialization=False)
    content = (tmp_path / "model.pth").read_bytes()
    assert content.count(b"K\x06N") == 1  # the six elements of the weight, in its storage's persistent id
    (tmp_path / "model.pth").write_bytes(content.replace(b"K\x06N", b"\x8a\x08" + bytes(5) + b"\x10\0\0N"))
    with pytest.raises(CheckpointError, match=r"model\.pth"):
        read_tensors(tmp_path / "model.pth")


def _cycle(trace: Path) -> list[Any]:
    """A list and a dict that hold each other."""
    inner: dict[str, Any] = {"namespace": argparse.Namespace()}
    whole = [inner]
    inner["back"] = whole
    return whole


class _Restored:
    """Pickles as an object whose state a function takes."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return _Restored, (self.trace,), {"ran": True}

    def __setstate__(self, state: object) -> None:
        self.trace.touch()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "pickle"])
@pytest.mark.parametrize(
    "extra",
    [
        lambda trace: _Restored(trace),
        lambda trace: argparse.Namespace(lr=0.1, out=Path("runs"), began=datetime.now(tz=UTC)),
        lambda trace: {"best": np.float64(0.5), "kind": np.dtype("f4"), "seen": {1, 2}, "table": np.zeros(3)},
        lambda trace: _Call(collections.defaultdict, list, {"a": [1]}),
        lambda trace: [torch.nn.Linear(2, 2), torch.device("cpu"), torch.float32, torch.Size([2])],
        _cycle,
    ],
    ids=["setstate", "namespace", "numpy", "defaultdict", "module", "cycle"],
)
def test_objects_of_other_packages_are_shells_and_the_weights_are_read(
    tmp_path: Path, extra: Any, zipped: bool
) -> None:
    trace = tmp_path / "ran"
    content = {"state_dict": STATE, "extra": extra(trace)}
    torch.save(content, tmp_path / "model.pth", _use_new_zipfile_serialization=zipped)
    _assert_state(read_tensors(tmp_path / "model.pth"))
    assert not trace.exists()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "pickle"])
def test_every_kind_of_number_and_every_view_is_read_beside_shells(tmp_path: Path, zipped: bool) -> None:
    kinds = (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
             torch.uint8, torch.bool)  # fmt: skip
    base = torch.arange(12.0).reshape(3, 4)
    state = {str(kind): torch.tensor([[0, 1], [1, 0]]).to(kind) for kind in kinds}
    state |= {"turned": base.T, "row": base[1], "shared": base[:, 1:3], "none": torch.zeros(0, 3)}
    state |= {"parameter": torch.nn.Parameter(torch.ones(2))}
    content = {"state_dict": state, "extra": argparse.Namespace(a=1)}
    torch.save(content, tmp_path / "model.pth", _use_new_zipfile_serialization=zipped)
    found = read_tensors(tmp_path / "model.pth")
    assert found.keys() == state.keys()
    for key, value in state.items():
        assert found[key].dtype == value.dtype
        assert torch.equal(found[key], value)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "pickle"])
@pytest.mark.parametrize(
    "payload",
    [
        lambda trace: [({"a": _Call(print, _Call(os.system, f"touch {trace}"))},)],
        lambda trace: _Call(getattr, _Call(importlib.import_module, "os"), "system"),
        lambda trace: _Call(np.zeros(1).__reduce__()[0], _Call(os.mkdir, str(trace))),
    ],
    ids=["nested", "getattr", "under a known name"],
)
def test_no_way_into_code_is_taken(tmp_path: Path, payload: object, zipped: bool) -> None:
    trace = tmp_path / "ran"
    torch.save(
        {"state_dict": STATE, "extra": payload(trace)},  # type: ignore[operator]
        tmp_path / "model.pth",
        _use_new_zipfile_serialization=zipped,
    )
    with pytest.raises(CheckpointError, match=r"model\.pth"):
        read_tensors(tmp_path / "model.pth")
    assert not trace.exists()


def test_names_that_lead_out_of_the_archive_write_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    torch.save(STATE, folder / "model.pth")
    with zipfile.ZipFile(folder / "model.pth", "a") as archive:
        archive.writestr("../../outside", "written")
    with pytest.raises(CheckpointError, match=r"model\.pth"):
        read_tensors(folder / "model.pth")
    assert [path.name for path in tmp_path.rglob("*")] == ["inner", "model.pth"]


@pytest.mark.parametrize("kind", ["zip", "pickle", "safetensors"])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, kind: str) -> None:
    whole, cut = tmp_path / "whole.bin", tmp_path / "cut.bin"
    if kind == "safetensors":
        save_file(STATE, whole)
    else:
        torch.save(STATE, whole, _use_new_zipfile_serialization=kind == "zip")
    content = whole.read_bytes()
    for percent in range(100):
        cut.write_bytes(content[: len(content) * percent // 100])
        with pytest.raises(CheckpointError, match=r"cut\.bin"):
            read_tensors(cut)


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
