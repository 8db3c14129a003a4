"""Lines of the Models page: every model that is here, is damaged, or could be here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_rsseg.panels.card_page import pixel_words
from napari_rsseg.registry.sources import starters_folder
from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from napari_rsseg.registry.card import Card, Evaluation
    from napari_rsseg.registry.downloads import Download
    from napari_rsseg.registry.published import PublishedModel
    from napari_rsseg.registry.sources import BrokenModel, InstalledModels, ModelFile

__all__ = ["ModelRow", "RowState", "model_rows", "size_words"]

RowState = Literal["installed", "missing", "broken"]
PROMPTS = ""
"""Task of models that answer prompts."""


@dataclass(frozen=True)
class ModelRow:
    """A line of the Models page.

    Attributes
    ----------
    name, title : str
        Key, and the line as shown.
    state : {"installed", "missing", "broken"}
        Whether it is here whole, could be had, or is here and cannot be used.
    task : str
        Name of the scheme it predicts; empty for models that answer prompts and for damaged ones.
    figure : str
        Mean IoU of its first evaluation; empty where it was never measured.
    size : str
        Of its weight file, in words; empty where that is unknown.
    facts : tuple of (str, str)
        What else is known, as name and words, in the order to read it.
    is_default : bool
        Whether it is the one that its task begins with.
    note : str
        What is wrong and what to do; empty where nothing is.
    model : ModelFile or None
        Card and weights where both are here.
    download : Download or None
        How to download it, where that is possible.
    is_ours : bool
        Whether it came with the package, and stays.
    is_published : bool
        Whether it is a model of a paper whose weights are not here.
    """

    name: str
    title: str
    state: RowState
    task: str = PROMPTS
    figure: str = ""
    size: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    is_default: bool = False
    note: str = ""
    model: ModelFile | None = None
    download: Download | None = None
    is_ours: bool = False
    is_published: bool = False

    @property
    def key(self) -> str:
        """What tells it from all other rows."""
        return f"{self.state}:{self.name}"


def size_words(count: int) -> str:
    """Return a number of bytes in words."""
    if count < 1_000_000:
        return f"{max(round(count / 1e3), 1)} kB"
    return f"{count / 1e6:.0f} MB" if count < 1_000_000_000 else f"{count / 1e9:.2f} GB"


def model_rows(
    found: InstalledModels,
    published: Sequence[PublishedModel],
    downloads: Sequence[Download],
    defaults: Collection[str],
) -> tuple[ModelRow, ...]:
    """Return a line for each model: installed ones, then what could be had, then damaged ones.

    Parameters
    ----------
    found : InstalledModels
        What the model folders hold.
    published, downloads : sequence
        Models of the papers, and files that can be downloaded; those that are installed are left out.
    defaults : collection of str
        Names of the models that their tasks begin with.
    """
    by_digest = {model.card.sha256: model.card.title for model in found.models}
    origins = {model.name: model.origin for model in published}
    names = {model.card.name for model in found.models}
    rows = [_installed(model, by_digest, origins, model.card.name in defaults) for model in found.models]
    offered = {download.name: download for download in downloads if download.name not in names}
    rows += [
        _published(entry, offered.pop(entry.name, None)) for entry in published if entry.name not in names
    ]
    rows += [_downloadable(download) for download in offered.values()]
    rows += [_broken(entry) for entry in found.broken]
    return tuple(rows)


def _installed(
    model: ModelFile, by_digest: Mapping[str, str], origins: Mapping[str, str], is_default: bool
) -> ModelRow:
    card, bytes_ = model.card, model.weights_path.stat().st_size
    figures = "; ".join(_figure_words(entry) for entry in _main_evaluations(card))
    facts = {
        "Classes": ", ".join(card.scheme.names) if card.scheme else "",
        "Bands": ", ".join(card.bands),
        "Pixels": pixel_words(card),
        "Mean IoU": figures or "not measured",
        "Size": size_words(bytes_),
        "Licence": card.licence,
        "Lineage": _lineage(card, by_digest),
        "Origin": _origin(model, origins.get(card.name, "")),
    }
    return ModelRow(
        card.name,
        card.title,
        "installed",
        task=model.task or PROMPTS,
        figure=f"{card.evaluations[0].mean_iou:.2f}" if card.evaluations else "",
        size=size_words(bytes_),
        facts=tuple((name, words) for name, words in facts.items() if words),
        is_default=is_default,
        model=model,
        is_ours=model.card_path.parent == starters_folder(),
    )


def _main_evaluations(card: Card) -> list[Evaluation]:
    """Return the first evaluation of a card, and the first on images of a set never trained on."""
    first = list(card.evaluations[:1])
    abroad = next((entry for entry in card.evaluations if not entry.trained_on), None)
    return first if abroad is None or abroad in first else [*first, abroad]


def _figure_words(evaluation: Evaluation) -> str:
    place = "" if evaluation.trained_on else ", never trained on"
    return f"{evaluation.mean_iou:.2f} ({evaluation.dataset}{place})"


def _lineage(card: Card, by_digest: Mapping[str, str]) -> str:
    """Return what a model was made from, by title where that is installed."""
    parts = []
    for word, digest in (("trained from", card.parent), ("delta on", card.base)):
        if digest is not None:
            parts.append(f"{word} {by_digest.get(digest, f'sha256 {digest[:12]}…, not installed')}")
    return "; ".join(parts)


def _origin(model: ModelFile, address: str) -> str:
    folder = model.card_path.parent
    if folder == starters_folder():
        return "comes with the package"
    place = "your models folder" if folder == user_models_folder() else str(folder)
    return f"{place}, from {address}" if address else place


def _published(model: PublishedModel, download: Download | None) -> ModelRow:
    facts = (("Licence", model.terms), ("Origin", model.origin))
    return ModelRow(
        model.name,
        model.title,
        "missing",
        task=model.task,
        facts=facts,
        note=model.remedy,
        download=download,
        is_published=True,
    )


def _downloadable(download: Download) -> ModelRow:
    size = "" if download.size is None else size_words(download.size)
    facts = (("Size", size), ("Licence", download.licence), ("Origin", download.origin))
    return ModelRow(
        download.name,
        download.title,
        "missing",
        size=size,
        facts=tuple((name, words) for name, words in facts if words),
        note=f"Not on this machine. {download.by_hand}",
        download=download,
    )


def _broken(entry: BrokenModel) -> ModelRow:
    facts = (("Origin", str(entry.path)),)
    return ModelRow(entry.path.stem, entry.path.name, "broken", facts=facts, note=str(entry.error))
