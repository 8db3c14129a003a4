"""STAC: a collection of chips, each with an item of the label extension."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from napari_rsseg.datasets.exports.places import footprint
from napari_rsseg.datasets.splitting import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pystac

    from napari_rsseg.datasets.chips import Chip
    from napari_rsseg.datasets.version import Version

__all__ = ["LABEL_SCHEMA", "write_stac"]

LABEL_SCHEMA = "https://stac-extensions.github.io/label/v1.0.1/schema.json"
_TIFF = "image/tiff; application=geotiff"


def write_stac(version: Version, folder: Path, on_progress: Callable[[int, int], None]) -> tuple[str, ...]:
    """Write ``collection.json``, and per chip an image item and a label item beside their GeoTIFF."""
    import pystac

    items: list[pystac.Item] = []
    for number, chip in enumerate(version.chips, start=1):
        own = folder / chip.name
        own.mkdir(parents=True)
        shutil.copyfile(version.image_path(chip), own / f"{chip.name}.tif")
        shutil.copyfile(version.mask_path(chip), own / f"{chip.name}-labels.tif")
        shutil.copyfile(version.provenance_path(chip), own / f"{chip.name}-provenance.tif")
        image = _image_item(version, chip)
        items += [image, _label_item(version, chip, image)]
        on_progress(number, len(version.chips))
    collection = _collection(version, items)
    collection.add_items(items)
    collection.normalize_hrefs(str(folder), strategy=_strategy())
    collection.save(pystac.CatalogType.SELF_CONTAINED)
    return ()


def _strategy() -> pystac.layout.HrefLayoutStrategy:
    """Put both items of a chip into its folder."""
    from pystac.layout import CustomLayoutStrategy

    def place(item: pystac.Item, parent_dir: str) -> str:
        name = item.id.removesuffix("-labels")
        return f"{parent_dir}/{name}/{item.id}.json"

    return CustomLayoutStrategy(item_func=place)


def _times(version: Version, chip: Chip) -> dict[str, Any]:
    """Return when the image was taken; where nothing says so, when the chips were labelled."""
    acquired = version.sources[chip.scene]["acquired"]
    if acquired:
        return {"datetime": _moment(acquired), "properties": {}}
    moments = sorted(actor["since"] for actor in version.actors.values() if actor["since"])
    first, last = (moments[0], moments[-1]) if moments else (version.made_at, version.made_at)
    return {"datetime": None, "properties": {"start_datetime": first, "end_datetime": last}}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _image_item(version: Version, chip: Chip) -> pystac.Item:
    import pystac

    ring = footprint(version, chip)
    source = version.sources[chip.scene]
    times = _times(version, chip)
    item = pystac.Item(
        id=chip.name,
        geometry=None if ring is None else {"type": "Polygon", "coordinates": [ring]},
        bbox=None if ring is None else _bounds(ring),
        datetime=times["datetime"],
        properties=times["properties"]
        | {"title": chip.name, "rsseg:scene": chip.scene, "rsseg:split": chip.split},
    )
    if source["gsd_m"]:
        item.properties["gsd"] = source["gsd_m"]
    item.add_asset("image", pystac.Asset(f"./{chip.name}.tif", media_type=_TIFF, roles=["data"]))
    return item


def _label_item(version: Version, chip: Chip, image: pystac.Item) -> pystac.Item:
    import pystac

    names = list(version.scheme.names)
    item = pystac.Item(
        id=f"{chip.name}-labels",
        geometry=image.geometry,
        bbox=image.bbox,
        datetime=image.datetime,
        properties={
            key: image.properties[key]
            for key in ("start_datetime", "end_datetime", "rsseg:scene", "rsseg:split")
            if key in image.properties
        },
    )
    said = next(entry["said_by"] for entry in version.chip_entries if entry["name"] == chip.name)
    item.properties["rsseg:said_by"] = [
        {**entry, "actor": version.actors.get(entry["actor"], {}).get("name", ""),
         "since": version.actors.get(entry["actor"], {}).get("since")}
        for entry in said
    ]  # fmt: skip
    # plain fields: pystac's own class for this extension is deprecated
    item.stac_extensions.append(LABEL_SCHEMA)
    item.properties |= {
        "label:type": "raster",
        "label:properties": None,
        "label:description": f"{version.scheme.name}: ids in order of the classes, 255: nothing said",
        "label:classes": [{"name": "class", "classes": names}],
        "label:tasks": ["segmentation"],
        "label:methods": sorted({entry["provenance"] for entry in said}),
        "label:overviews": [
            {
                "property_key": "class",
                "counts": [
                    {"name": name, "count": pixels}
                    for name, pixels in zip(names, chip.class_pixels, strict=True)
                ],
            }
        ],
    }
    item.add_asset(
        "labels", pystac.Asset(f"./{chip.name}-labels.tif", media_type=_TIFF, roles=["labels-raster"])
    )
    item.add_asset(
        "provenance", pystac.Asset(f"./{chip.name}-provenance.tif", media_type=_TIFF, roles=["metadata"])
    )
    source = {"label:assets": ["image"]}
    item.add_link(pystac.Link("source", image, media_type="application/geo+json", extra_fields=source))
    return item


def _collection(version: Version, items: list[pystac.Item]) -> pystac.Collection:
    import pystac

    card = version.card
    boxes = [item.bbox for item in items if item.bbox is not None] or [[-180.0, -90.0, 180.0, 90.0]]
    joined = [min(box[0] for box in boxes), min(box[1] for box in boxes),
              max(box[2] for box in boxes), max(box[3] for box in boxes)]  # fmt: skip
    moments = [item.datetime for item in items if item.datetime is not None]
    moments = moments or [_moment(version.made_at)]
    licences = card["licences"]
    return pystac.Collection(
        id=f"dataset-{version.hash[:16]}",
        title=card["title"],
        description=f"{card['title']}: {', '.join(version.scheme.names)}; {len(version.chips)} chips.",
        license="other",
        extent=pystac.Extent(
            pystac.SpatialExtent([joined]), pystac.TemporalExtent([[min(moments), max(moments)]])
        ),
        extra_fields={
            "rsseg:version": version.hash,
            "rsseg:licences": licences,
            "rsseg:splits": {split: len(version.chips_of(split)) for split in SPLITS},
            "rsseg:annotators": card["annotators"],
        },
    )


def _bounds(ring: list[list[float]]) -> list[float]:
    xs, ys = zip(*ring, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]
