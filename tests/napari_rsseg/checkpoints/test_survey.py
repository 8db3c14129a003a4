from __future__ import annotations

import io
import pickle

import pytest

from napari_rsseg.checkpoints.survey import PickleRefusedError, survey, would_run


def told(*parts: bytes) -> set[str]:
    return survey(io.BytesIO(b"".join(parts))).names


@pytest.mark.parametrize("protocol", range(6))
def test_names_are_read_off_in_every_protocol(protocol: int) -> None:
    text = pickle.dumps([io.BytesIO, {"a": (1, 2.0)}, print, {3}], protocol=protocol)
    names = told(text)
    assert {name.rpartition(".")[2] for name in names} >= {"BytesIO", "print"}


def test_reading_stops_at_the_end_of_the_pickle() -> None:
    text = pickle.dumps([1, 2])
    assert survey(io.BytesIO(text + b"more")).end == len(text)


@pytest.mark.parametrize(
    "name", ["posix.system", "builtins.exec", "__builtin__.eval", "subprocess.Popen", "torch.hub.load"]
)
def test_names_that_attack_are_known(name: str) -> None:
    assert would_run(name)


@pytest.mark.parametrize(
    "name",
    [
        "collections.OrderedDict",
        "mmengine.config.config.Config",
        "numpy.dtype",
        "builtins.set",
        "code.models.Net",
    ],
)
def test_names_of_data_are_none_of_them(name: str) -> None:
    assert not would_run(name)


def test_a_hidden_name_is_refused() -> None:
    # two strings joined by a call would be the name
    with pytest.raises(PickleRefusedError, match="hides the name"):
        told(b"\x80\x04\x8c\x02os", b")", b"\x93.")


def test_values_nested_too_deep_are_refused_before_they_are_hashed() -> None:
    with pytest.raises(PickleRefusedError, match="nested more than 200 deep"):
        told(b"\x80\x02}", b")", b"\x85" * 100_000, b"K\x01s.")


def test_a_long_dict_is_not_deep() -> None:
    assert told(pickle.dumps({number: str(number) for number in range(5000)})) == set()


@pytest.mark.parametrize(
    "text",
    [
        b"\x80\x02]r\xff\xff\xff\x7f.",
        b"\x80\x02]q\x00h\x05.",
        b"\x80\x05\x96\xff\xff\xff\xff\x00\x00\x00\x00x.",
        b"\x80\x02X\xff\xff\xff\x7fabc.",
        b"\x80\x02s.",
        b"\x80\x02]",
    ],
    ids=["memory", "never remembered", "bytes", "text", "nothing there", "cut"],
)
def test_what_claims_more_than_it_holds_is_refused(text: bytes) -> None:
    with pytest.raises((PickleRefusedError, ValueError, LookupError)):
        told(text)
