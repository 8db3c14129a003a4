from __future__ import annotations

import errno
import hashlib
import random
import shutil
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from napari_rsseg.errors import ModelError, OutputError
from napari_rsseg.registry.fetching import fetch, verify
from napari_rsseg.registry.remote import Patience, RemoteFile
from tests.loopback_server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = random.Random(0).randbytes(1_500_000)
HURRY = Patience(connect_s=2, silence_s=1, tries=2, pause_s=0.01)
CHUNK = 1 << 16  # of which a part may be lost
BY_HAND = "On a computer with network get weights.pth and put it here."


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(CONTENT) as started:
        yield started


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "weights.pth"


def source(server: Server, content: bytes = CONTENT) -> RemoteFile:
    """Return a file whose digest is known."""
    digest = hashlib.sha256(content).hexdigest()
    return RemoteFile("weights.pth", f"{server.url}/weights.pth", len(content), digest, "", BY_HAND)


def get(file: RemoteFile, target: Path, cancelled: threading.Event | None = None) -> list[tuple[int, int]]:
    """Fetch a file and return what was told of its progress."""
    told: list[tuple[int, int]] = []
    fetch(
        file,
        target,
        on_progress=lambda done, total: told.append((done, total)),
        cancelled=cancelled or threading.Event(),
        patience=HURRY,
    )
    return told


def assert_arrived(target: Path, content: bytes = CONTENT) -> None:
    """The file is there, whole, and nothing beside it."""
    assert target.read_bytes() == content
    assert [path.name for path in target.parent.iterdir() if not path.name.endswith(".lock")] == [target.name]


def part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def test_a_file_arrives_whole_and_its_progress_is_told(server: Server, target: Path) -> None:
    told = get(source(server), target)
    assert_arrived(target)
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_connection_that_breaks_goes_on_where_it_stopped(server: Server, target: Path) -> None:
    server.cuts = [400_000, 500_000]
    get(source(server), target)
    assert_arrived(target)
    begun = [int(asked.removeprefix("bytes=").strip("-") or 0) for _, asked in server.asked]
    assert begun[0] == 0
    assert 400_000 - CHUNK < begun[1] <= 400_000
    assert begun[1] + 500_000 - CHUNK < begun[2] <= begun[1] + 500_000


def test_a_later_run_goes_on_where_an_earlier_one_was_cut(server: Server, target: Path) -> None:
    server.cuts = [300_000, 0, 0]
    with pytest.raises(ModelError, match="broke off, or sent nothing") as caught:
        get(source(server), target)
    assert "goes on where it stopped" in caught.value.remedy
    assert not target.exists()
    arrived = part_of(target).stat().st_size
    assert 300_000 - CHUNK < arrived <= 300_000
    server.asked.clear()
    get(source(server), target)
    assert_arrived(target)
    assert server.asked[0][1] == f"bytes={arrived}-"


def test_a_server_that_falls_silent_is_asked_again_for_the_rest(server: Server, target: Path) -> None:
    server.stalls_after = 600_000
    get(source(server), target)
    assert_arrived(target)
    assert len(server.asked) == 3


def test_a_server_that_stays_silent_is_left_and_named(server: Server, target: Path) -> None:
    server.stalls_after = 100
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 broke off, or sent nothing of weights\.pth for 1 s"):
        get(source(server), target)
    assert not target.exists()


@pytest.mark.parametrize("stalls_after", [0, 600_000], ids=["before the first byte", "in the middle"])
def test_a_download_from_a_silent_server_is_cancelled_at_once(
    server: Server, target: Path, stalls_after: int
) -> None:
    server.stalls_after = stalls_after
    cancelled, told = threading.Event(), threading.Event()
    ended: list[bool] = []

    def on_progress(done: int, total: int) -> None:
        if server.asked and done >= stalls_after - CHUNK:
            told.set()

    def work() -> None:
        ended.append(
            fetch(source(server), target, on_progress=on_progress, cancelled=cancelled, patience=Patience())
        )

    thread = threading.Thread(target=work)
    thread.start()
    while stalls_after and not told.wait(0.05):
        assert thread.is_alive()
    cancelled.set()
    thread.join(10)  # the server would be waited for twice as long
    assert ended == [False]
    assert part_of(target).exists() == bool(stalls_after)
    server.stalls_after = None
    get(source(server), target)  # what holds the connection holds no file
    assert_arrived(target)


def test_a_file_that_changed_meanwhile_is_asked_for_anew(server: Server, target: Path) -> None:
    server.cuts = [300_000, 0, 0]
    with pytest.raises(ModelError):
        get(replace(source(server), sha256=""), target)
    server.content, server.etag = CONTENT[::-1], '"two"'
    get(replace(source(server), sha256=""), target)
    assert_arrived(target, CONTENT[::-1])


@pytest.mark.parametrize("etag", ['"one"', "", 'W/"weak"'], ids=["strong", "none", "weak"])
def test_a_server_that_ignores_ranges_sends_all_again(server: Server, target: Path, etag: str) -> None:
    server.ranges, server.etag, server.cuts = False, etag, [300_000]
    get(source(server), target)
    assert_arrived(target)


@pytest.mark.parametrize("etag", ["", 'W/"weak"'], ids=["none", "weak"])
def test_without_a_digest_and_a_strong_state_nothing_is_continued(
    server: Server, target: Path, etag: str
) -> None:
    server.etag, server.cuts = etag, [300_000]
    get(replace(source(server), sha256=""), target)
    assert_arrived(target)
    assert [asked for _, asked in server.asked] == ["", ""]


@pytest.mark.parametrize("claims", [1_000, 2_000_000], ids=["shorter", "longer"])
def test_a_server_that_lies_about_the_length_is_refused(server: Server, target: Path, claims: int) -> None:
    server.claims = claims
    with pytest.raises(ModelError, match=f"it has {claims:,} bytes instead of 1,500,000") as caught:
        get(source(server), target)
    assert caught.value.remedy == BY_HAND
    assert not target.exists()
    assert not part_of(target).exists()


def test_a_stream_without_a_length_that_does_not_end_is_cut(server: Server, target: Path) -> None:
    server.chunked, server.content = True, CONTENT + b"more"
    with pytest.raises(ModelError, match="it has more than 1,500,000 bytes"):
        get(source(server), target)
    assert not part_of(target).exists()


def test_a_stream_without_a_length_that_ends_early_is_not_taken_for_whole(
    server: Server, target: Path
) -> None:
    server.chunked, server.cuts = True, [300_000, 0, 0]
    with pytest.raises(ModelError, match=r"stopped sending weights\.pth after 300,000 of 1,500,000 bytes"):
        get(source(server), target)
    assert not target.exists()


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_other_bytes_of_the_right_length_are_refused_and_dropped(
    server: Server, target: Path, kind: str
) -> None:
    file = source(server) if kind == "sha256" else replace(source(server), sha256="", md5_start="0b3195")
    server.content = CONTENT[::-1]
    with pytest.raises(ModelError, match=f"is another file: its {kind} is"):
        get(file, target)
    assert not target.exists()
    assert not part_of(target).exists()


def test_a_part_that_something_else_wrote_is_found_by_the_digest(server: Server, target: Path) -> None:
    server.cuts = [300_000, 0, 0]
    with pytest.raises(ModelError):
        get(source(server), target)
    part_of(target).write_bytes(bytes(part_of(target).stat().st_size))
    with pytest.raises(ModelError, match="is another file"):
        get(source(server), target)
    get(source(server), target)
    assert_arrived(target)


def test_a_server_whose_file_became_shorter_is_asked_anew(server: Server, target: Path) -> None:
    server.cuts = [300_000, 0, 0]
    with pytest.raises(ModelError):
        get(source(server), target)
    server.content = CONTENT[:100]
    with pytest.raises(ModelError, match="it has 100 bytes instead"):
        get(source(server), target)


@pytest.mark.parametrize(("status", "words"), [(404, "404 Not Found"), (403, "403 Forbidden")])
def test_a_refusal_is_told_with_what_to_do(server: Server, target: Path, status: int, words: str) -> None:
    server.statuses = [status]
    with pytest.raises(ModelError, match=words) as caught:
        get(source(server), target)
    assert caught.value.remedy == BY_HAND
    assert len(server.asked) == 1


def test_a_busy_server_is_asked_again(server: Server, target: Path) -> None:
    server.statuses = [503]
    get(source(server), target)
    assert_arrived(target)


def test_a_server_that_stays_busy_is_left(server: Server, target: Path) -> None:
    server.statuses = [503] * 9
    with pytest.raises(ModelError, match=r"cannot serve weights\.pth now \(it says 503"):
        get(source(server), target)
    assert len(server.asked) == HURRY.tries


def test_redirections_are_followed_and_an_endless_one_is_refused(server: Server, target: Path) -> None:
    server.redirects, server.cuts = 2, [300_000]
    get(source(server), target)
    assert_arrived(target)
    server.redirects = 1000
    with pytest.raises(ModelError, match="Exceeded 30 redirects"):
        get(source(server), target.with_name("other.pth"))


def test_cancelling_keeps_what_arrived(server: Server, target: Path) -> None:
    cancelled = threading.Event()

    def cancel_soon(done: int, total: int) -> None:
        if done:
            cancelled.set()

    assert not fetch(source(server), target, on_progress=cancel_soon, cancelled=cancelled, patience=HURRY)
    assert not target.exists()
    arrived = part_of(target).stat().st_size
    assert 0 < arrived < len(CONTENT)
    server.asked.clear()
    get(source(server), target)
    assert_arrived(target)
    assert server.asked[0][1] == f"bytes={arrived}-"


def test_without_network_one_sentence_says_what_to_do(target: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = RemoteFile("weights.pth", f"http://127.0.0.1:{port}/weights.pth", 10, "", "", BY_HAND)
    with pytest.raises(
        ModelError, match=r"weights\.pth cannot be downloaded from 127\.0\.0\.1 \(no connection\)"
    ):
        get(file, target)
    assert not target.exists()


def test_the_proxy_that_the_environment_names_is_asked(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    get(replace(source(server), url="http://weights.example/weights.pth"), target)
    assert_arrived(target)
    assert server.asked[0][0] == "http://weights.example/weights.pth"


def test_a_disk_without_room_is_named_before_anything_is_asked(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(ModelError, match="needs 1,500,000 more bytes"):
        get(source(server), target)
    assert not server.asked


def test_a_disk_that_fills_up_meanwhile_is_named(server: Server, small_disk: object, tmp_path: Path) -> None:
    folder = small_disk("1m")  # type: ignore[operator]
    (folder / "weights.pth.part").touch()
    with pytest.raises((ModelError, OutputError)) as caught:
        get(source(server), folder / "weights.pth")
    assert "more bytes" in str(caught.value) or errno.errorcode[errno.ENOSPC] in str(caught.value)


def test_two_downloads_of_one_file_do_not_mix(server: Server, target: Path) -> None:
    target.parent.mkdir()
    with (
        FileLock(target.with_name("weights.pth.lock"), thread_local=False),
        pytest.raises(ModelError, match="is being downloaded already"),
    ):
        get(source(server), target)


def test_a_file_is_verified_by_all_digests_that_are_known(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(CONTENT)
    md5 = hashlib.md5(CONTENT).hexdigest()
    verify(path, RemoteFile("weights.pth", "here", 1, hashlib.sha256(CONTENT).hexdigest(), md5[:6]))
    with pytest.raises(ModelError, match="its md5"):
        verify(path, RemoteFile("weights.pth", "here", 1, hashlib.sha256(CONTENT).hexdigest(), "000000"))
