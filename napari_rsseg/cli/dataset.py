"""``napari-rsseg dataset``: masks of others in, versions, and layouts of other programs out."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.classes import named_scheme
from napari_rsseg.cli.options import JsonOption, ProjectOption
from napari_rsseg.cli.reporting import error_line, note, print_json, progress_bar, stdout_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_rsseg.datasets.importing import ImportReport
    from napari_rsseg.datasets.plan import VersionPlan
    from napari_rsseg.datasets.version import Version, VersionChanges
    from napari_rsseg.project import Project

__all__ = ["dataset_app"]

dataset_app = typer.Typer(
    help="Import labelled sets, make immutable versions, export them to other programs.",
    no_args_is_help=True,
)

VersionArgument = Annotated[
    str, typer.Argument(metavar="VERSION", help="Name (v1), hash or its first letters, or latest.")
]


class Format(StrEnum):
    """Layouts of other programs."""

    mmseg = "mmseg"
    coco = "coco"
    cog = "cog"
    gpkg = "gpkg"
    geojson = "geojson"
    geoparquet = "geoparquet"
    hf = "hf"
    stac = "stac"


@contextmanager
def _progress(text: str) -> Iterator[Callable[[int, int], None]]:
    with progress_bar() as bar:
        task = bar.add_task(text, total=None, rate="")
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _read_only(folder: Path) -> Iterator[Project]:
    from napari_rsseg.project import Project

    with Project.open(folder, read_only=True) as project:
        yield project


@dataset_app.command(
    "import",
    epilog="Examples: napari-rsseg dataset import images masks --project slides --schema landslide "
    '--map "255=landslide"\n\n'
    "napari-rsseg dataset import scenes labels.gpkg --project slides --schema landslide",
)
def import_set(  # noqa: PLR0913 - each is an option of the command
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Image, or folder of images.")],
    masks: Annotated[
        Path,
        typer.Argument(
            metavar="MASKS",
            help="Mask, folder of masks, COCO, GeoPackage, GeoJSON, GeoParquet, Hugging Face or STAC set.",
        ),
    ],
    project: ProjectOption,
    schema: Annotated[
        str, typer.Option(metavar="NAME|TOML", help="Classes: landslide, cloud, grass or a TOML file.")
    ],
    id_map: Annotated[
        str,
        typer.Option(
            "--map",
            help='What values mean: "255=landslide,64=cloud shadow,(255,0,255)=landslide,9=ignore"; '
            "others are class ids.",
        ),
    ] = "",
    tolerance: Annotated[
        int, typer.Option(min=0, metavar="N", help="How far values may lie from the named ones.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Take labels made elsewhere into a project, which is made where there is none.

    Corrections that people made there stay. What is wrong with single files is reported, the others are
    taken; ends with 2 when there were such files.
    """
    from napari_rsseg.datasets.collecting import collect, opened_project

    with opened_project(project, named_scheme(schema)) as opened:
        with _progress("Importing") as tell:
            report = collect(opened, images, masks, id_map=id_map, tolerance=tolerance, on_progress=tell)
        names = opened.scheme.names
    for problem in report.problems:
        error_line(problem)
    if as_json:
        print_json(_import_facts(report, names))
    else:
        _print_import(report, names)
    if report.problems:
        raise typer.Exit(2)


def _import_facts(report: ImportReport, names: tuple[str, ...]) -> dict[str, object]:
    return {
        "imported": report.imported,
        "problems": report.problems,
        "class_pixels": dict(zip(names, report.class_pixels.tolist(), strict=True)),
        "unlabelled_pixels": report.unlabelled_pixels,
        "changed_pixels": report.changed_pixels,
        "kept_pixels": report.kept_pixels,
    }


def _print_import(report: ImportReport, names: tuple[str, ...]) -> None:
    table = Table("class", "pixels", "%", box=None)
    total = max(int(report.class_pixels.sum()), 1)
    for name, pixels in zip(names, report.class_pixels.tolist(), strict=True):
        table.add_row(name, f"{pixels:,}", f"{100 * pixels / total:.2f}")
    console = stdout_console()
    console.print(table)
    console.print(
        f"{len(report.imported)} images imported, {len(report.problems)} problems; "
        f"{report.changed_pixels:,} pixels changed, {report.kept_pixels:,} kept as people corrected them, "
        f"{report.unlabelled_pixels:,} not labelled"
    )


@dataset_app.command(
    "version", epilog="Example: napari-rsseg dataset version --project slides --chip 256 --split 70/15/15"
)
def make(
    project: ProjectOption,
    chip: Annotated[int, typer.Option(metavar="PX", help="Side of the chips in pixels.")] = 256,
    overlap: Annotated[
        int, typer.Option(metavar="PX", help="Pixels that neighbouring chips have in common.")
    ] = 0,
    split: Annotated[
        str, typer.Option(metavar="A/B/C", help="Shares of train, val and test in per cent.")
    ] = "70/15/15",
    seed: Annotated[int, typer.Option(metavar="N", help="Draws the lots.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Freeze what is reviewed as an immutable version, its balance of classes shown first.

    Splits follow places: none overlaps or touches another, and earlier versions keep theirs.
    """
    from napari_rsseg.datasets.making import make_version
    from napari_rsseg.datasets.plan import VersionOptions, plan_version
    from napari_rsseg.datasets.splitting import parse_shares
    from napari_rsseg.project import Project

    options = VersionOptions(chip, overlap, parse_shares(split), seed)
    with Project.open(project) as opened:
        opened.require_writable()
        with _progress("Looking at scenes") as tell:
            plan = plan_version(opened, options, on_progress=tell)
        if not as_json:
            _print_balance(plan)
        for text in plan.warnings:
            note(f"note: {text}")
        with _progress("Writing chips") as tell:
            version = make_version(opened, plan, on_progress=tell)
    if as_json:
        print_json(_version_facts(version) | {"left_out": plan.left_out})
    else:
        stdout_console().print(f"{version.name}: {version.hash}\n{version.folder}", soft_wrap=True)


def _print_balance(plan: VersionPlan) -> None:
    from napari_rsseg.datasets.splitting import SPLITS

    table = Table("class", *SPLITS, "%", box=None)
    counts = {split: plan.class_pixels(split) for split in SPLITS}
    total = max(int(sum(pixels.sum() for pixels in counts.values())), 1)
    for index, name in enumerate(plan.scheme.names):
        own = [int(counts[split][index]) for split in SPLITS]
        table.add_row(name, *(f"{pixels:,}" for pixels in own), f"{100 * sum(own) / total:.2f}")
    table.add_row("chips", *(f"{plan.chip_count(split):,}" for split in SPLITS), "")
    console = stdout_console()
    console.print(table)
    if plan.left_out:
        console.print(f"{plan.left_out} chips left out: they touch or resemble one of another split.")


def _version_facts(version: Version) -> dict[str, object]:
    card = version.card
    return {
        "version": version.hash,
        "name": version.name,
        "made_at": version.made_at,
        "parent": version.parent,
        "folder": str(version.folder),
        "scheme": card["scheme"]["name"],
        "options": card["options"],
        "splits": card["splits"],
        "classes": card["classes"],
    }


@dataset_app.command(
    "export", epilog="Example: napari-rsseg dataset export v1 --project slides --format coco --out coco"
)
def export(
    version: VersionArgument,
    project: ProjectOption,
    form: Annotated[Format, typer.Option("--format", help="Layout to write.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder to write.")],
    as_json: JsonOption = False,
) -> None:
    """Write a version in the layout of another program."""
    from napari_rsseg.datasets.exporting import export_version
    from napari_rsseg.datasets.version import find_version

    with _read_only(project) as opened:
        found = find_version(opened, version)
        with _progress("Exporting") as tell:
            notes = export_version(found, form.value, out, on_progress=tell)
    for text in notes:
        note(f"note: {text}")
    if as_json:
        print_json({"version": found.hash, "format": form.value, "folder": str(out), "notes": list(notes)})
    else:
        stdout_console().print(str(out), soft_wrap=True)


@dataset_app.command("list", epilog="Example: napari-rsseg dataset list --project slides")
def list_all(project: ProjectOption, as_json: JsonOption = False) -> None:
    """List the versions of a project, the oldest first."""
    from napari_rsseg.datasets.version import list_versions

    with _read_only(project) as opened:
        versions = list_versions(opened)
        if as_json:
            print_json({"versions": [_version_facts(version) for version in versions]})
            return
    table = Table("name", "hash", "made", "train", "val", "test", "chip", "seed", box=None)
    for version in versions:
        splits, options = version.card["splits"], version.card["options"]
        numbers = (splits["train"], splits["val"], splits["test"], options["chip_px"], options["seed"])
        table.add_row(version.name, version.hash[:12], version.made_at[:19], *map(str, numbers))
    stdout_console().print(table)


@dataset_app.command("show", epilog="Example: napari-rsseg dataset show latest --project slides")
def show(version: VersionArgument, project: ProjectOption, as_json: JsonOption = False) -> None:
    """Show the card of a version, after its files were compared with their digests."""
    from napari_rsseg.datasets.contents import check_contents
    from napari_rsseg.datasets.version import find_version

    with _read_only(project) as opened:
        found = find_version(opened, version)
        check_contents(found.folder)
    if as_json:
        print_json(_version_facts(found) | {"card": found.card})
    else:
        print((found.folder / "README.md").read_text(encoding="utf-8"))


@dataset_app.command("compare", epilog="Example: napari-rsseg dataset compare v1 v2 --project slides")
def compare(
    first: VersionArgument, second: VersionArgument, project: ProjectOption, as_json: JsonOption = False
) -> None:
    """Say what differs between two versions: chips, splits, labels, areas of classes."""
    from napari_rsseg.datasets.version import compare_versions, find_version

    with _read_only(project) as opened:
        one, other = find_version(opened, first), find_version(opened, second)
        changes = compare_versions(one, other)
    if as_json:
        print_json(_change_facts(changes) | {"first": one.hash, "second": other.hash})
        return
    table = Table("class", one.name, other.name, "change", box=None)
    for name, before, after in changes.class_pixels:
        table.add_row(name, f"{before:,}", f"{after:,}", f"{after - before:+,}")
    console = stdout_console()
    console.print(table)
    console.print(
        f"{len(changes.added)} chips added, {len(changes.removed)} removed, {len(changes.moved)} in another "
        f"split, {len(changes.relabelled)} with other labels "
        f"({sum(pixels for _, pixels in changes.relabelled):,} pixels)"
    )


def _change_facts(changes: VersionChanges) -> dict[str, object]:
    return {
        "added": list(changes.added),
        "removed": list(changes.removed),
        "moved": list(changes.moved),
        "relabelled": dict(changes.relabelled),
        "class_pixels": {name: [before, after] for name, before, after in changes.class_pixels},
    }
