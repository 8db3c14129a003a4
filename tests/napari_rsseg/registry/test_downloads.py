from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from huggingface_hub import constants

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import DOWNLOADS, Download, find_download
from napari_rsseg.registry.card import Card
from napari_rsseg.registry.downloads import downloads_folder
from napari_rsseg.registry.hub import locate
from tests.loopback_server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGEST = "ab" * 32
each = pytest.mark.parametrize("download", DOWNLOADS, ids=lambda download: download.name)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A mirror of Hugging Face on this machine, as HF_ENDPOINT would name it before the start."""
    with serving(b"") as server:
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        yield server


def listing(*files: tuple[str, int]) -> bytes:
    entries = [
        {"type": "file", "path": path, "size": size, "lfs": {"oid": DIGEST, "size": size}}
        for path, size in files
    ]
    small = {"type": "file", "path": "README.md", "size": 12}
    return json.dumps([*entries, small, {"type": "directory", "path": "grass"}]).encode()


@each
def test_each_has_what_a_list_and_a_transfer_need(download: Download) -> None:
    pattern = Card.model_fields["name"].metadata[0].pattern
    assert pattern is not None
    assert find_download(download.name) == find_download(download.stored_as) == download
    assert bool(download.url) != bool(download.repository)
    assert urlsplit(download.origin).scheme == "https"
    assert download.licence
    assert download.path.parent == downloads_folder()
    if download.url:
        assert download.size
        assert len(download.sha256 or "") == 64
    if download.md5_start:
        assert download.md5_start in download.url


@each
def test_one_sentence_says_where_the_file_goes_without_network(download: Download) -> None:
    assert download.origin in download.by_hand
    assert str(download.path) in download.by_hand
    assert f"napari-rsseg models get {download.name}" in download.by_hand


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="Did you mean mobile-sam"):
        find_download("mobilesam")


def test_what_is_pinned_is_located_without_asking_anyone() -> None:
    found = locate(find_download("sam-vit-b"))
    assert found is not None
    assert found.url.endswith("/segment_anything/sam_vit_b_01ec64.pth")
    assert (found.size, found.md5_start) == (375_042_383, "01ec64")


def test_a_repository_tells_size_and_digest(hub: Server) -> None:
    hub.content = listing(("model.safetensors", 350_000), ("pytorch_model.bin", 350_001))
    found = locate(find_download("convnext-base.fb-in22k"))
    assert found is not None
    assert (found.size, found.sha256) == (350_000, DIGEST)
    assert found.url == f"{hub.url}/timm/convnext_base.fb_in22k/resolve/main/model.safetensors"
    assert hub.asked[0][0] == "/api/models/timm/convnext_base.fb_in22k/tree/main?recursive=true"


def test_of_several_files_the_one_called_after_its_network_is_taken(hub: Server) -> None:
    hub.content = listing(
        ("grass/fcn/best_mIoU_iter_1.pth", 1),
        ("grass/ktda/best_mIoU_iter_22770.pth", 2),
        ("grass/ktda/iter_30000.pth", 3),
        ("l8_biome/ktda/best_mIoU_iter_9.pth", 4),
    )
    grass = locate(find_download("ktda-grass"))
    assert grass is not None
    assert grass.name == "grass/ktda/best_mIoU_iter_22770.pth"
    cloud = locate(find_download("ktda-cloud"))
    assert cloud is not None
    assert cloud.name == "l8_biome/ktda/best_mIoU_iter_9.pth"


def test_where_several_could_be_meant_they_are_named(hub: Server) -> None:
    hub.content = listing(("grass/a.pth", 1), ("grass/b.pth", 2))
    with pytest.raises(ModelError, match=r"holds 2 files that could be ktda-grass \(grass/a\.pth") as caught:
        locate(find_download("ktda-grass"))
    assert "napari-rsseg models import FILE --as ktda-grass" in caught.value.remedy


@pytest.mark.parametrize("content", [b"<html>", b"{}", b'[{"lfs": {}}]', b"[1]", b"[" * 100_000])
def test_a_listing_that_is_none_is_refused(hub: Server, content: bytes) -> None:
    hub.content = content
    with pytest.raises(ModelError, match=r"could be ktda-grass|gives no listing"):
        locate(find_download("ktda-grass"))


def test_a_repository_that_cannot_be_asked_is_told_with_what_to_do(hub: Server) -> None:
    hub.statuses = [404]
    with pytest.raises(ModelError, match="404") as caught:
        locate(find_download("ktda-grass"))
    assert "put it here as" in caught.value.remedy
