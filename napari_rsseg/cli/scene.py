"""``napari-rsseg scene``: what a raster is, and a synthetic one with exact truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from napari_rsseg.cli.options import JsonOption, OverwriteOption
from napari_rsseg.cli.reporting import print_json, stdout_console

if TYPE_CHECKING:
    from napari_rsseg.scenes.scene import Scene

__all__ = ["scene_app"]

scene_app = typer.Typer(help="Look at scenes, or make one.", no_args_is_help=True)


def _centre(scene: Scene) -> dict[str, object]:
    """Return the middle of the scene on the map and in degrees, as far as it has a place."""
    from napari_rsseg.scenes.georeferencing import map_to_lonlat, pixel_to_map

    if not scene.georeference.is_georeferenced:
        return {}
    x, y = pixel_to_map(scene.georeference, scene.height / 2, scene.width / 2)
    lonlat = map_to_lonlat(scene.georeference, x, y)
    degrees = {} if lonlat is None else {"lon": lonlat[0], "lat": lonlat[1]}
    return {"x": x, "y": y, **degrees}


def _facts(scene: Scene) -> dict[str, object]:
    from napari_rsseg.scenes.georeferencing import crs_label

    return {
        "uri": scene.uri,
        "height": scene.height,
        "width": scene.width,
        "bands": [
            {
                "name": band.name,
                "role": band.role,
                "dtype": band.dtype,
                "nodata": band.nodata,
                "wavelength_nm": band.wavelength_nm,
            }
            for band in scene.bands
        ],
        "crs": crs_label(scene.georeference) if scene.georeference.is_georeferenced else None,
        "crs_wkt": scene.georeference.crs_wkt,
        "affine": scene.georeference.affine,
        "gsd_m": scene.gsd_m,
        "centre": _centre(scene),
        "radiometry": scene.radiometry.model_dump(mode="json"),
        "levels": [
            {"height": level.height, "width": level.width, "downsample": level.downsample}
            for level in scene.levels
        ],
        "acquired": scene.acquired,
        "fingerprint": scene.fingerprint,
    }


def _print_facts(scene: Scene, facts: dict[str, object]) -> None:
    console = stdout_console()
    table = Table(show_header=False, box=None, pad_edge=False)
    gsd = "unknown" if scene.gsd_m is None else f"{scene.gsd_m:.6g} m"
    centre = ", ".join(f"{key} {value:.6f}" for key, value in _centre(scene).items())
    levels = ", ".join(f"{level.height} x {level.width}" for level in scene.levels)
    table.add_row("scene", scene.uri)
    table.add_row("size", f"{scene.height} x {scene.width} px (rows x columns)")
    table.add_row("CRS", str(facts["crs"] or "none: pixels only"))
    table.add_row("affine", ", ".join(f"{value:.10g}" for value in scene.georeference.affine))
    table.add_row("pixel", gsd)
    table.add_row("centre", centre or "unknown")
    table.add_row("radiometry", scene.radiometry.kind)
    table.add_row("levels", levels)
    table.add_row("acquired", scene.acquired or "unknown")
    table.add_row("fingerprint", scene.fingerprint)
    console.print(table)
    bands = Table("band", "name", "role", "dtype", "nodata", "0 is", "1 is", box=None, pad_edge=False)
    for index, band in enumerate(scene.bands):
        nodata = "none" if band.nodata is None else f"{band.nodata:g}"
        low, high = scene.radiometry.low[index], scene.radiometry.high[index]
        bands.add_row(
            str(index + 1), band.name, band.role or "unknown", band.dtype, nodata, f"{low:g}", f"{high:g}"
        )
    console.print(bands)


@scene_app.command("info", epilog="Example: napari-rsseg scene info scene.tif --json")
def info(
    file: Annotated[str, typer.Argument(help="File, product folder, URL, or synthetic:size=2048,seed=0.")],
    as_json: JsonOption = False,
) -> None:
    """Print bands and their roles, CRS, pixel size, radiometry, levels and nodata of a scene."""
    from napari_rsseg.scenes import open_scene

    scene = open_scene(file)
    try:
        facts = _facts(scene)
        if as_json:
            print_json(facts)
        else:
            _print_facts(scene, facts)
    finally:
        scene.close()


@scene_app.command("synth", epilog="Example: napari-rsseg scene synth hills.tif --size 2048 --truth")
def synth(
    out: Annotated[Path, typer.Argument(metavar="OUT.tif", help="GeoTIFF to write.")],
    size: Annotated[int, typer.Option(min=16, max=200_000, help="Rows and columns.")] = 2048,
    seed: Annotated[int, typer.Option(min=0, help="Another number, another landscape.")] = 0,
    truth: Annotated[
        bool, typer.Option("--truth", help="Also write OUT_landslide.tif, OUT_cloud.tif, OUT_grass.tif.")
    ] = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a synthetic satellite scene, and on request the exact truth of the three tasks."""
    from napari_rsseg.scenes.synthetic import write_synthetic

    written = write_synthetic(out, size=size, seed=seed, truth=truth, overwrite=overwrite)
    if as_json:
        print_json({"files": list(written), "size": size, "seed": seed})
    else:
        for path in written:
            print(path)
