from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.errors import ModelError, OutputError
from napari_rsseg.jobs.downloading import DownloadProgress, download_model
from napari_rsseg.models.sam import Sam, SamArchitecture
from napari_rsseg.registry import Download
from napari_rsseg.registry.remote import Patience
from tests.loopback_server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HURRY = Patience(connect_s=2, silence_s=1, tries=2, pause_s=0.01)


@pytest.fixture
def weights(tmp_path: Path) -> bytes:
    """A SAM of toy size, as its authors' program would write it."""
    torch.manual_seed(0)
    architecture = SamArchitecture(
        img_size=64, embed_dim=16, depth=2, num_heads=2, window_size=2, global_attn_indexes=(1,),
        prompt_embed_dim=16,
    )  # fmt: skip
    torch.save(Sam(architecture).state_dict(), tmp_path / "theirs.pth")
    return (tmp_path / "theirs.pth").read_bytes()


@pytest.fixture
def server(weights: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of that file, which the list offers as ``toy-sam``."""
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    with serving(weights) as started:
        offered = Download(
            name="toy-sam",
            title="SAM of toy size",
            family="sam",
            file="toy.pth",
            licence="MIT",
            stored_as="toy.pth",
            url=f"{started.url}/toy.pth",
            size=len(weights),
            sha256=hashlib.sha256(weights).hexdigest(),
        )
        monkeypatch.setattr("napari_rsseg.registry.downloads.DOWNLOADS", (offered,))
        yield started


def test_a_model_is_fetched_checked_and_imported(server: Server, tmp_path: Path) -> None:
    told: list[DownloadProgress] = []
    model = download_model("toy-sam", on_progress=told.append, cancelled=threading.Event(), patience=HURRY)
    assert model is not None
    assert model.card_path == tmp_path / "models" / "toy-sam.json"
    assert (model.card.family, model.card.scheme) == ("sam", None)
    assert model.card.architecture["depth"] == 2
    assert told[-1].importing
    assert told[-1].share == 1
    server.asked.clear()
    with pytest.raises(OutputError, match="toy-sam is installed already"):
        download_model("toy-sam", on_progress=told.append, cancelled=threading.Event())
    download_model("toy-sam", on_progress=told.append, cancelled=threading.Event(), overwrite=True)
    assert not server.asked  # the file is still there


def test_a_file_put_there_by_hand_needs_no_network(server: Server, weights: bytes, tmp_path: Path) -> None:
    place = tmp_path / "cache" / "weights" / "toy.pth"
    place.parent.mkdir(parents=True)
    place.write_bytes(weights[:-1] + b"?")
    with pytest.raises(ModelError, match="is another file: its sha256 is"):
        download_model("toy-sam", on_progress=lambda _: None, cancelled=threading.Event())
    place.write_bytes(weights)
    assert download_model("toy-sam", on_progress=lambda _: None, cancelled=threading.Event()) is not None
    assert not server.asked


def test_a_cancelled_download_installs_nothing_and_goes_on_later(server: Server, tmp_path: Path) -> None:
    cancelled = threading.Event()

    def stop(progress: DownloadProgress) -> None:
        if progress.done:
            cancelled.set()

    assert download_model("toy-sam", on_progress=stop, cancelled=cancelled, patience=HURRY) is None
    assert not (tmp_path / "models").exists()
    assert (tmp_path / "cache" / "weights" / "toy.pth.part").stat().st_size


def test_what_cannot_be_fetched_says_where_to_put_the_file(server: Server, tmp_path: Path) -> None:
    server.statuses = [404]
    with pytest.raises(ModelError, match="404 Not Found") as caught:
        download_model("toy-sam", on_progress=lambda _: None, cancelled=threading.Event(), patience=HURRY)
    assert str(tmp_path / "cache" / "weights" / "toy.pth") in caught.value.remedy
    assert "napari-rsseg models get toy-sam" in caught.value.remedy


def test_a_file_that_is_no_model_is_told_by_the_import(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = b"no weights at all"
    offered = Download(
        "toy-sam", "SAM", "sam", "toy.pth", "MIT", "toy.pth", url=server.url, size=len(server.content)
    )
    monkeypatch.setattr("napari_rsseg.registry.downloads.DOWNLOADS", (offered,))
    with pytest.raises(ModelError, match=r"toy\.pth"):
        download_model("toy-sam", on_progress=lambda _: None, cancelled=threading.Event(), patience=HURRY)
