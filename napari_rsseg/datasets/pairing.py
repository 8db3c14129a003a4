"""Images and masks that belong together, found by name in the usual layouts of folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["IMAGE_SUFFIXES", "FoundPair", "Pairing", "files_of", "pair_files"]

IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".jp2", ".vrt", ".img")
# endings that name what a file is, not which place it shows
_ROLES = ("_mask", "_masks", "_label", "_labels", "_gt", "_seg", "_ann", "_image", "_img", "_sat",
          "-mask", "-label", "_labelids", "_segmentation")  # fmt: skip


@dataclass(frozen=True)
class FoundPair:
    """An image and its mask.

    Attributes
    ----------
    name : str
        How the pair is called: the image's path inside its folder, without its ending.
    image, mask : Path
        The files.
    """

    name: str
    image: Path
    mask: Path


@dataclass(frozen=True)
class Pairing:
    """What was found in two folders.

    Attributes
    ----------
    pairs : tuple of FoundPair
        Sorted by name.
    problems : tuple of str
        Files without a partner, or of a name that fits several, a sentence each.
    """

    pairs: tuple[FoundPair, ...]
    problems: tuple[str, ...] = ()


def pair_files(images: Path, masks: Path) -> Pairing:
    """Pair images with masks.

    Two files are a pair; one mask goes with every image of a folder, as where dates show one place. Of two
    folders, files go together whose paths inside them are the same but for the ending and a word such as
    ``_mask``, or else whose names are; subfolders are searched.

    Raises
    ------
    DatasetError
        When a place does not exist, holds no image, or nothing pairs.
    """
    for place in (images, masks):
        if not place.exists():
            raise DatasetError(f"{place} does not exist.", "Give a file, or a folder of files.")
    if images.is_file() and masks.is_file():
        return Pairing((FoundPair(images.stem, images, masks),))
    if images.is_file():
        raise DatasetError(
            f"{images} is one image and {masks} a folder.", "Give the one mask that belongs to the image."
        )
    pictures = files_of(images)
    if masks.is_file():
        return Pairing(tuple(FoundPair(_name(path, images), path, masks) for path in pictures))
    return _paired(images, pictures, masks, files_of(masks))


def _paired(images: Path, pictures: list[Path], masks: Path, labels: list[Path]) -> Pairing:
    if images.resolve() == masks.resolve():  # side by side: the mask's name says that it is one
        labels = [path for path in labels if _plain(path.stem) != path.stem.lower()]
        pictures = [path for path in pictures if path not in set(labels)]
    problems: list[str] = []
    pairs: list[FoundPair] = []
    by_path, by_name = _indexed(labels, masks), _indexed(labels, None)
    used: set[Path] = set()
    for picture in pictures:
        partners = by_path.get(_key(picture, images)) or by_name.get(_key(picture, None), [])
        if len(partners) == 1:
            pairs.append(FoundPair(_name(picture, images), picture, partners[0]))
        elif partners:
            names = ", ".join(str(path) for path in partners)
            problems.append(f"{picture} has several masks: {names}.")
        else:
            problems.append(f"{picture} has no mask in {masks}.")
        used |= set(partners)
    problems += [f"{label} has no image in {images}." for label in labels if label not in used]
    if not pairs:
        raise DatasetError(
            f"None of the {len(pictures)} images in {images} has a mask in {masks}.",
            "A mask needs the name of its image, its ending apart.",
        )
    return Pairing(tuple(pairs), tuple(problems))


def files_of(folder: Path) -> list[Path]:
    """Return the images of a folder and its subfolders, sorted.

    Raises
    ------
    DatasetError
        When there is none.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if not files:
        raise DatasetError(
            f"{folder} holds no image ({', '.join(IMAGE_SUFFIXES)}).", "Give a folder of images."
        )
    return files


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _plain(stem: str) -> str:
    lower = stem.lower()
    ending = next((role for role in _ROLES if lower.endswith(role) and lower != role), "")
    return lower.removesuffix(ending)


def _key(path: Path, folder: Path | None) -> str:
    if folder is None:
        return _plain(path.stem)
    return (path.relative_to(folder).parent / _plain(path.stem)).as_posix().lower()


def _indexed(files: list[Path], folder: Path | None) -> dict[str, list[Path]]:
    index: dict[str, list[Path]] = {}
    for path in files:
        index.setdefault(_key(path, folder), []).append(path)
    return index
