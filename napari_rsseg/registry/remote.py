"""Files on servers: where one is, what it must be, and how a server's silence or refusal is said."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from napari_rsseg.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests import Response

__all__ = ["Patience", "RemoteFile", "TransferError", "asked"]

_BUSY = {408, 425, 429, 500, 502, 503, 504}


class TransferError(ModelError):
    """A transfer broke in a way that another try may mend."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    url : str
        Where it is asked for.
    size : int
        Its bytes.
    sha256, md5_start : str
        Its digest, and the first digits of another; empty where none is known.
    by_hand : str
        One sentence: how it comes here without network.
    """

    name: str
    url: str
    size: int
    sha256: str = ""
    md5_start: str = ""
    by_hand: str = ""

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.url).hostname or self.url

    def broken(self, arrived: int) -> TransferError:
        """Return what is said when the server stopped sending."""
        return TransferError(
            f"{self.host} stopped sending {self.name} after {arrived:,} of {self.size:,} bytes.",
            "Run it again: it goes on from there.",
        )

    def is_another(self, how: str) -> ModelError:
        """Return what is said of a file that cannot be the one asked for."""
        return ModelError(f"{self.url} is not the file that its authors published: {how}.", self.by_hand)


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes
    ----------
    connect_s, silence_s : float
        Until a connection stands, and between two arrivals of bytes.
    tries : int
        In a row that bring nothing.
    pause_s : float
        Before the second try, doubled each time.
    """

    connect_s: float = 10.0
    silence_s: float = 20.0
    tries: int = 3
    pause_s: float = 0.5

    def is_worth(self, error: ModelError, fruitless: int) -> bool:
        """Whether to ask again after so many tries that brought nothing."""
        return isinstance(error, TransferError) and fruitless < self.tries


@contextmanager
def asked(
    source: RemoteFile, headers: Mapping[str, str], patience: Patience | None = None
) -> Iterator[Response]:
    """Ask for a file and give the answer, whose content is read inside; proxies of the environment are used.

    Answers are whole files, parts of files, and "no such part".

    Raises
    ------
    ModelError
        When the server cannot be reached or refuses.
    TransferError
        When it is busy, silent, or breaks off.
    """
    import requests  # takes a moment to load, and few commands need it

    waiting = patience or Patience()
    limits = (waiting.connect_s, waiting.silence_s)
    plain = {"Accept-Encoding": "identity", "User-Agent": "napari-rsseg", **headers}  # lengths are of bytes
    try:
        with requests.get(source.url, headers=plain, stream=True, timeout=limits) as response:
            if response.status_code not in (200, 206, 416):
                raise _refusal(source, response)
            yield response
    except requests.exceptions.ConnectTimeout:
        raise _unreachable(source, f"no answer within {waiting.connect_s:g} s") from None
    except requests.exceptions.ProxyError:
        raise _unreachable(source, "the proxy that is set does not let it through") from None
    except requests.exceptions.SSLError as error:
        raise _unreachable(source, f"its certificate is not trusted: {error}") from None
    except (requests.exceptions.Timeout, requests.exceptions.ChunkedEncodingError):
        raise _silent(source, waiting) from None
    except requests.exceptions.ConnectionError as error:
        if "Read timed out" in str(error):
            raise _silent(source, waiting) from None
        raise _unreachable(source, "no connection") from None
    except requests.exceptions.RequestException as error:
        raise _unreachable(source, str(error).partition("\n")[0][:200]) from None


def _silent(source: RemoteFile, patience: Patience) -> TransferError:
    return TransferError(
        f"{source.host} broke off, or sent nothing of {source.name} for {patience.silence_s:g} s.",
        "Run it again: it goes on where it stopped.",
    )


def _unreachable(source: RemoteFile, why: str) -> ModelError:
    return ModelError(f"{source.name} cannot be downloaded from {source.host} ({why}).", source.by_hand)


def _refusal(source: RemoteFile, response: Response) -> ModelError:
    status = f"{response.status_code} {response.reason}"
    if response.status_code in _BUSY:
        return TransferError(
            f"{source.host} cannot serve {source.name} now (it says {status}).", "Try again later."
        )
    return ModelError(f"{source.url} cannot be downloaded (the server says {status}).", source.by_hand)
