"""Weight files of others that can be fetched on request; nothing is fetched unasked."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.published import KTDA_REPOSITORY, PUBLISHED_MODELS
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.registry.published import PublishedModel

__all__ = ["DOWNLOADS", "Download", "downloads_folder", "find_download"]


@dataclass(frozen=True)
class Download:
    """A weight file that its authors publish.

    Attributes
    ----------
    name, title : str
        Of the model that it becomes, and a line for lists.
    family : {"sam", "ktda", "backbone"}
        What it holds.
    file : str
        The file's name where it is published; in a repository a pattern such as ``*grass*/best_*.pth``.
    licence : str
        Terms of the weights.
    stored_as : str
        The file's name on this machine.
    url : str
        Of the file; empty where it lies in a repository.
    repository : str
        Of Hugging Face, ``owner/name``; its listing tells size and digest. Empty where there is a url.
    size : int or None
        Of the file, in bytes; None where the repository tells it.
    sha256 : str or None
        Of the file's bytes; None where the repository tells it.
    md5_start : str
        First digits of the md5, where the file's name carries them.
    """

    name: str
    title: str
    family: Literal["sam", "ktda", "backbone"]
    file: str
    licence: str
    stored_as: str
    url: str = ""
    repository: str = ""
    size: int | None = None
    sha256: str | None = None
    md5_start: str = ""

    @property
    def origin(self) -> str:
        """Address that a person can open to get the file."""
        return self.url or f"https://huggingface.co/{self.repository}/tree/main"

    @property
    def path(self) -> Path:
        """Where the file lies on this machine, or will."""
        return downloads_folder() / self.stored_as

    @property
    def by_hand(self) -> str:
        """How the file comes here without network: one sentence."""
        return (
            f"On a computer with network get {self.file} from {self.origin}, put it here as {self.path} "
            f"and run: napari-rsseg models get {self.name}"
        )


def downloads_folder() -> Path:
    """Folder of fetched files, where the trainer looks for teachers too; files may be put there by hand."""
    return cache_folder() / "weights"


def _sam(letter: str, size: int, sha256: str, md5_start: str) -> Download:
    file = f"sam_vit_{letter}_{md5_start}.pth"
    return Download(
        name=f"sam-vit-{letter}",
        title=f"SAM ViT-{letter.upper()}, answers clicks and boxes",
        family="sam",
        file=file,
        licence="Apache-2.0",
        stored_as=file,
        url=f"https://dl.fbaipublicfiles.com/segment_anything/{file}",
        size=size,
        sha256=sha256,
        md5_start=md5_start,
    )


def _published(model: PublishedModel, pattern: str) -> Download:
    return Download(
        name=model.name,
        title=model.title,
        family="ktda",
        file=pattern,
        licence=model.terms,
        stored_as=f"{model.name}.pth",
        repository=KTDA_REPOSITORY,
    )


def _timm(model: str, title: str) -> Download:
    return Download(
        name=model.replace("_", "-"),
        title=title,
        family="backbone",
        file="model.safetensors",
        licence="Apache-2.0",
        stored_as=f"{model}.safetensors",
        repository=f"timm/{model}",
    )


_KTDA_FOLDERS = {"grass": "grass", "cloud": "l8_biome"}

DOWNLOADS: tuple[Download, ...] = (
    Download(
        name="mobile-sam",
        title="MobileSAM, answers clicks and boxes on a laptop",
        family="sam",
        file="mobile_sam.pt",
        licence="Apache-2.0",
        stored_as="mobile_sam.pt",
        url="https://raw.githubusercontent.com/ChaoningZhang/MobileSAM/"
        "34bbbfdface3c18e5221aa7de6032d7220c6c6a1/weights/mobile_sam.pt",
        size=40_728_226,
        sha256="6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f",
    ),
    _sam("b", 375_042_383, "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912", "01ec64"),
    _sam("l", 1_249_524_607, "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622", "0b3195"),
    _sam("h", 2_564_550_879, "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e", "4b8939"),
    *(
        _published(model, f"*{_KTDA_FOLDERS[model.task]}*.pth")
        for model in PUBLISHED_MODELS
        if model.family == "ktda"
    ),
    _timm("convnext_base.fb_in22k", "ConvNeXt-B, ImageNet-22k: student of KTDA"),
    _timm("vit_base_patch14_dinov2.lvd142m", "DINOv2 ViT-B/14: teacher of KTDA"),
    Download(
        name="mit-b5",
        title="MiT-b5 of SegFormer, ImageNet-1k: backbone of ST-DASegNet",
        family="backbone",
        file="pytorch_model.bin",
        licence="NVIDIA Source Code License for SegFormer: research and evaluation only",
        stored_as="mit_b5.bin",
        repository="nvidia/mit-b5",
    ),
)
"""Sizes and digests of SAM and MobileSAM are those that independent public projects check them against."""


def find_download(name: str) -> Download:
    """Return the download of a model's name, or of a file's.

    Raises
    ------
    ModelError
        When there is none, with the nearest name.
    """
    for download in DOWNLOADS:
        if name in (download.name, download.stored_as):
            return download
    names = [download.name for download in DOWNLOADS]
    near = get_close_matches(name, names, n=1)
    known = f"Known are {', '.join(names)}."
    raise ModelError(
        f"Nothing called {name!r} can be downloaded.", f"Did you mean {near[0]}? {known}" if near else known
    )
