"""The data card of a version: what it is made of, by whom, and how much of each class it holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg import __version__
from napari_rsseg.datasets.licences import licence_of
from napari_rsseg.datasets.splitting import SPLITS
from napari_rsseg.scenes.georeferencing import crs_label
from napari_rsseg.scenes.scene import Georeference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_rsseg.datasets.plan import VersionPlan
    from napari_rsseg.project import Project, SceneEntry

__all__ = ["NOT_STATED", "card_page", "data_card"]

NOT_STATED = "not stated"


def data_card(
    project: Project,
    plan: VersionPlan,
    chips: list[dict[str, Any]],
    bands: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    """Return what a version is, as its ``card.json`` says it.

    Parameters
    ----------
    project : Project
        Whose labels.
    plan : VersionPlan
        How it was made.
    chips : list
        As the list of chips says them.
    bands : mapping
        Names, roles and radiometry of the bands of each scene.
    """
    used = {chip["scene"] for chip in chips}
    sources = [
        _source(entry, bands[entry.id], sum(chip["scene"] == entry.id for chip in chips))
        for entry in project.scenes()
        if entry.id in used
    ]
    actors = _actors(project, chips)
    options = plan.options
    return {
        "format": 1,
        "title": project.settings.name,
        "software": f"napari-rsseg {__version__}",
        "scheme": plan.scheme.model_dump(mode="json"),
        "options": {
            "chip_px": options.chip_px,
            "overlap_px": options.overlap_px,
            "split": dict(zip(SPLITS, options.shares, strict=True)),
            "seed": options.seed,
        },
        "splits": {split: sum(chip["split"] == split for chip in chips) for split in SPLITS},
        "left_out": plan.left_out,
        "classes": _classes(plan, chips, {source["id"]: source["gsd_m"] for source in sources}),
        "sources": sources,
        "licences": sorted({source["licence"] for source in sources}),
        "actors": actors,
        "annotators": sorted({actor["name"] for actor in actors if actor["kind"] == "person"}),
        "agreement": project.catalogue.setting("agreement"),  # as `review agreement` measured it last
    }


def _source(entry: SceneEntry, bands: dict[str, Any], chips: int) -> dict[str, Any]:
    place = Georeference(entry.crs_wkt, entry.affine)
    return {
        "id": entry.id,
        "title": entry.title,
        "file": Path(entry.uri).name,
        "fingerprint": entry.fingerprint,
        "height": entry.height,
        "width": entry.width,
        "crs": crs_label(place),
        "crs_wkt": entry.crs_wkt,
        "affine": list(entry.affine),
        "gsd_m": entry.gsd_m,
        "acquired": entry.acquired,
        **bands,
        "licence": licence_of(entry.uri) or NOT_STATED,
        "chips": chips,
    }


def _actors(project: Project, chips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pixels: dict[int, dict[str, int]] = {}
    for chip in chips:
        for said in chip["said_by"]:
            shares = pixels.setdefault(said["actor"], {})
            shares[said["provenance"]] = shares.get(said["provenance"], 0) + said["pixels"]
    rows = {row["id"]: row for row in project.catalogue.rows("SELECT * FROM actors")}
    return [
        {
            "id": actor,
            "kind": rows[actor]["kind"] if actor in rows else "tool",
            "name": rows[actor]["name"] if actor in rows else "nobody",
            "digest": rows[actor]["digest"] if actor in rows else "",
            "since": rows[actor]["since"] if actor in rows else None,
            "pixels": shares,
        }
        for actor, shares in sorted(pixels.items())
    ]


def _classes(
    plan: VersionPlan, chips: list[dict[str, Any]], gsd: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    counts = np.array([chip["class_pixels"] for chip in chips], dtype=np.int64)
    total = max(int(counts.sum()), 1)
    areas = np.array([(gsd[chip["scene"]] or math.nan) ** 2 for chip in chips])
    found = []
    for index, definition in enumerate(plan.scheme.classes):
        pixels = counts[:, index]
        placed = np.isfinite(areas) | (pixels == 0)
        square_metres = float((pixels * np.nan_to_num(areas)).sum())
        found.append(
            {
                "id": index,
                "name": definition.name,
                "pixels": int(pixels.sum()),
                "share": int(pixels.sum()) / total,
                "hectares": square_metres / 1e4 if placed.all() else None,
                "by_split": {
                    split: int(sum(chip["class_pixels"][index] for chip in chips if chip["split"] == split))
                    for split in SPLITS
                },
            }
        )
    return found


def card_page(card: Mapping[str, Any]) -> str:
    """Return the card as people read it, Markdown."""
    options = card["options"]
    lines = [
        f"# {card['title']}", "",
        f"Labels of {', '.join(entry['name'] for entry in card['classes'])}; made by {card['software']}.", "",
        f"Chips of {options['chip_px']} px, {options['overlap_px']} px of overlap, seed {options['seed']}; "
        f"{card['left_out']} chips left out at the borders of splits.", "",
        "## Classes", "", "| id | class | pixels | share | ha | train | val | test |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for entry in card["classes"]:
        hectares = "-" if entry["hectares"] is None else f"{entry['hectares']:.2f}"
        parts = " | ".join(str(entry["by_split"][split]) for split in SPLITS)
        lines.append(
            f"| {entry['id']} | {entry['name']} | {entry['pixels']} | {entry['share']:.3f} | {hectares} "
            f"| {parts} |"
        )
    lines += ["", "255 means that nothing is said: not reviewed, or nothing measured.", ""]
    lines += ["## Sources", "", "| scene | file | acquired | pixel, m | CRS | chips | licence |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- |"]
    for source in card["sources"]:
        gsd = "-" if source["gsd_m"] is None else f"{source['gsd_m']:.3g}"
        lines.append(
            f"| {source['id']} | {source['file']} | {source['acquired'] or '-'} | {gsd} | {source['crs']} "
            f"| {source['chips']} | {source['licence']} |"
        )
    lines += ["", "## Who labelled", "", "| who | kind | since | pixels |", "| --- | --- | --- | --- |"]
    for actor in card["actors"]:
        pixels = ", ".join(f"{count} {provenance}" for provenance, count in actor["pixels"].items())
        lines.append(f"| {actor['name']} | {actor['kind']} | {actor['since'] or '-'} | {pixels} |")
    lines += ["", "## Agreement", ""]
    agreement = card["agreement"]
    lines += _agreement_lines(agreement) if agreement else ["Not measured."]
    return "\n".join([*lines, ""])


def _agreement_lines(agreement: Mapping[str, Any]) -> list[str]:
    fleiss = _score(agreement["fleiss_kappa"])
    return [
        f"Fleiss' kappa {fleiss} over {agreement['windows']} windows that all annotators did.", "",
        "| first | second | same class | Cohen's kappa |", "| --- | --- | --- | --- |",
        *(
            f"| {pair['first']} | {pair['second']} | {_score(pair['agreement'])} | {_score(pair['kappa'])} |"
            for pair in agreement["pairs"]
        ),
    ]  # fmt: skip


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
