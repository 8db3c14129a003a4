"""Files made to harm are read by a process with little memory and a canary that must stay unborn."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from napari_rsseg.checkpoints import read_tensors
from napari_rsseg.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

STATE = {"convolution.weight": torch.arange(6.0).reshape(2, 3), "norm.steps": torch.tensor(7)}
ALLOWED_BYTES = 512 << 20  # beside what the libraries take when they load
PROTOCOL = b"\x80\x02"
READER = """
import resource, sys
from pathlib import Path
from napari_rsseg.checkpoints import read_tensors
from napari_rsseg.errors import CheckpointError
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + int(sys.argv[1]),) * 2)
for name in sys.argv[2:]:
    try:
        tensors = read_tensors(Path(name))
        print("read", len(tensors))
    except CheckpointError as error:
        print("refused", str(error).replace(chr(10), " "))
"""


def system(command: str) -> bytes:
    """A pickle's words for os.system(command)."""
    text = command.encode()
    return b"cposix\nsystem\n(X" + struct.pack("<I", len(text)) + text + b"tR"


def in_zip(words: bytes, **members: bytes) -> bytes:
    """Put a pickle where torch looks for it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", words)
        archive.writestr("archive/version", b"3\n")
        for name, content in members.items():
            archive.writestr(f"archive/data/{name}", content)
    return buffer.getvalue()


def in_legacy(words: bytes) -> bytes:
    """Put a pickle where torch looked for it before 2020."""
    heads = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    return b"".join(pickle.dumps(head, protocol=2) for head in heads) + words + pickle.dumps([], protocol=2)


def hostile(canary: Path) -> dict[str, bytes]:
    """Return the pickles by what they try."""
    call = system(f"touch {canary}")
    restored = b"cargparse\nNamespace\n)\x81" + call + b"b."
    storage = b"(X\x07\x00\x00\x00storageX\x01\x00\x00\x00aX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ"
    return {
        "call": PROTOCOL + call + b".",
        "call inside a persistent id": PROTOCOL + b"(" + call + b"K\x01tQ.",
        "persistent id of another kind": PROTOCOL + b"X\x04\x00\x00\x00fileQ.",
        "storage of no type": PROTOCOL + storage + b".",
        "state by BUILD": PROTOCOL + restored,
        "BUILD upon an os module": PROTOCOL + b"cos\npath\n}X\x01\x00\x00\x00aK\x01sb.",
        "INST": b"(S'touch " + str(canary).encode() + b"'\niposix\nsystem\n.",
        "OBJ": PROTOCOL + b"(cposix\nsystem\nX\x01\x00\x00\x00ao.",
        "NEWOBJ": PROTOCOL + b"cposix\nsystem\nX\x01\x00\x00\x00a\x85\x81.",
        "name from the stack": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
        "hidden name": b"\x80\x04\x8c\x05posix)\x93)R.",
        "extension": PROTOCOL + b"\x82\x01.",
        "cycle": PROTOCOL + b"]q\x00h\x00a.",
        "cycle of tuples": PROTOCOL + b"]q\x00h\x00\x85a.",
        "deep tuple as a key": PROTOCOL + b"})" + b"\x85" * 200_000 + b"K\x01s.",
        "deep lists": PROTOCOL + b"]" * 200_000 + b"a" * 199_999 + b".",
        "memory of 2 000 000 000 values": PROTOCOL + b"]r\xff\xff\xff\x77.",
        "text of 2 GB": PROTOCOL + b"X\xff\xff\xff\x7fabc.",
        "bytes of 4 GB": b"\x80\x05\x96" + struct.pack("<Q", 2**32) + b"abc.",
        "number of 2 GB": PROTOCOL + b"\x8b\xff\xff\xff\x7fabc.",
        "frame of 16 EB": b"\x80\x04\x95" + b"\xff" * 8 + b"].",
        "range": PROTOCOL + b"c__builtin__\nlist\n(c__builtin__\nrange\nJ\xff\xff\xff\x7f\x85RtR.",
        "array of zeros": PROTOCOL + b"c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
        "no end": PROTOCOL + b"]",
        "unknown word": PROTOCOL + b"\xfe.",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_hostile_files_run_nothing_and_are_refused_within_little_memory(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    names = []
    for number, (kind, pickled) in enumerate(hostile(canary).items()):
        for container, wrap in (("zip", in_zip), ("legacy", in_legacy), ("bare", bytes)):
            path = tmp_path / f"{number} {kind} {container}.pth"
            path.write_bytes(wrap(pickled))
            names.append(str(path))
    words = [sys.executable, "-c", READER, str(ALLOWED_BYTES), *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = done.stdout.splitlines()
    assert [
        name for name, answer in zip(names, answers, strict=True) if not answer.startswith("refused")
    ] == []
    assert all(name in answer for name, answer in zip(names, answers, strict=True))
    assert not canary.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_archives_that_claim_or_inflate_are_refused_within_little_memory(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(8)}, tmp_path / "whole.pth")
    with zipfile.ZipFile(tmp_path / "whole.pth") as whole:
        members = {member.filename: whole.read(member) for member in whole.infolist()}
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, content in members.items():
            bomb.writestr(name, content)
        bomb.writestr("archive/data/1", bytes(1 << 30))
    with zipfile.ZipFile(tmp_path / "slip.pth", "w") as slip:
        for name, content in members.items():
            slip.writestr(name, content)
        slip.writestr("../../outside", b"written")
        slip.writestr("/absolute", b"written")
    long_header = struct.pack("<Q", 2**40) + b"{" + b" " * 100
    (tmp_path / "header.safetensors").write_bytes(long_header)
    claims = b'{"w":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}'
    (tmp_path / "claims.safetensors").write_bytes(struct.pack("<Q", len(claims)) + claims)
    names = [
        str(tmp_path / name) for name in ("bomb.pth", "slip.pth", "header.safetensors", "claims.safetensors")
    ]
    words = [sys.executable, "-c", READER, str(ALLOWED_BYTES), *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = dict(zip(("bomb", "slip", "header", "claims"), done.stdout.splitlines(), strict=True))
    assert answers.pop("slip").startswith(("refused", "read"))
    assert all(answer.startswith("refused") for answer in answers.values())
    written = {path.name for path in tmp_path.rglob("*")}
    assert "outside" not in written
    assert "absolute" not in written


def _flipped(content: bytes, flips: list[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for place, bit in flips:
        changed[place % len(changed)] ^= 1 << bit
    return bytes(changed)


class _Extra:
    """Any object that a training program logs."""

    def __init__(self) -> None:
        self.rate = 0.1


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["zip", "legacy", "safetensors"]),
    beside=st.booleans(),
    flips=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 7)), min_size=1, max_size=8),
)
def test_flipped_bits_give_tensors_or_a_clear_refusal(
    tmp_path: Path, kind: str, beside: bool, flips: list[tuple[int, int]]
) -> None:
    path = tmp_path / "model.bin"
    content: dict[str, Any] = {"state_dict": STATE, "extra": _Extra()} if beside else STATE
    if kind == "safetensors":
        save_file(STATE, path)
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == "zip")
    path.write_bytes(_flipped(path.read_bytes(), flips))
    try:
        tensors = read_tensors(path)
    except CheckpointError:
        return
    assert all(isinstance(tensor, torch.Tensor) for tensor in tensors.values())


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_file_with_shells_that_is_cut_anywhere_is_refused(tmp_path: Path, zipped: bool) -> None:
    whole, cut = tmp_path / "whole.bin", tmp_path / "cut.bin"
    content = {"state_dict": STATE, "extra": _Extra()}
    torch.save(content, whole, _use_new_zipfile_serialization=zipped)
    stored = whole.read_bytes()
    for percent in range(100):
        cut.write_bytes(stored[: len(stored) * percent // 100])
        with pytest.raises(CheckpointError, match=r"cut\.bin"):
            read_tensors(cut)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 77])
def test_a_member_that_claims_to_be_compressed_is_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "model.pth"
    torch.save({"state_dict": STATE, "extra": _Extra()}, path)
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # of each member, twice told
        found = content.find(signature)
        while found >= 0:
            content[found + place] = method
            found = content.find(signature, found + 1)
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.pth"):
        read_tensors(path)
