"""Studies of a PACS by DICOMweb (PS3.18): found by QIDO-RS, fetched by WADO-RS, sent by STOW-RS.

Nothing a server says is quoted: its answers name patients. Who may ask comes from the environment, because a command
line is kept by shells: `DOMAINAUG_DICOMWEB_TOKEN` for a bearer token, or `DOMAINAUG_DICOMWEB_USER` and
`DOMAINAUG_DICOMWEB_PASSWORD`.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from pydicom import Dataset, dcmread, dcmwrite
from pydicom.datadict import tag_for_keyword

from domainaug.errors import MissingExtra, RemoteError
from domainaug.medical.instance import short_hash
from domainaug.medical.opening import quiet
from domainaug.medical.remarks import is_ours

if TYPE_CHECKING:
    from dicomweb_client.web import DICOMwebClient

__all__ = ["SCHEMES", "Address", "Archive", "is_address", "is_ours"]

SCHEMES: Final = {"dicomweb": "http", "dicomwebs": "https"}
"""How an address begins, and what is spoken there."""

_UID: Final = re.compile(r"[0-9.]{1,64}")
_TIMEOUT: Final = (10.0, 120.0)  # seconds to connect, and between two pieces of an answer
_AT_ONCE: Final = 64 * 2**20  # bytes in one request to store
_PAGE: Final = 200  # rows asked for at a time
_MOST: Final = 1_000_000  # rows: a server that has more than that to say does not stop
_ASIS: Final = (("application/dicom", "*"),)  # the transfer syntax that the archive holds


def is_address(text: object) -> bool:
    """Whether `text` is the address of a DICOMweb server and no path; also with one slash, as `Path` leaves it."""
    return str(text).partition(":")[0] in SCHEMES and ":/" in str(text)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a DICOMweb server is, and which studies there are meant.

    Attributes:
        url: http or https, host, port and path of the service.
        study: Study Instance UID, or None for all that the filters find.
        filters: Keyword and value of each QIDO filter.
    """

    url: str
    study: str | None = None
    filters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str) -> Address:
        """Read `dicomweb[s]://HOST[:PORT]/ROOT[/studies/UID][?Keyword=value&...]`.

        Raises:
            RemoteError: It is none, or holds a password.
        """
        scheme, _, rest = text.partition(":")
        parts = urlsplit(f"{scheme}:{'' if rest.startswith('//') else '/'}{rest}")
        try:
            wrong = scheme not in SCHEMES or not parts.hostname or (parts.port or 1) < 1
        except ValueError:
            wrong = True
        if wrong:
            raise RemoteError(
                "an address is dicomweb://HOST[:PORT]/ROOT or dicomwebs://..., with /studies/UID for one study or "
                "?Keyword=value for those that match"
            )
        if parts.username or parts.password:
            raise RemoteError(
                "an address holds no user or password, since shells keep it; set DOMAINAUG_DICOMWEB_USER and "
                "DOMAINAUG_DICOMWEB_PASSWORD, or DOMAINAUG_DICOMWEB_TOKEN"
            )
        root, marked, study = parts.path.rstrip("/").partition("/studies/")
        if marked and not _UID.fullmatch(study):
            raise RemoteError("after /studies/ comes the UID of one study: digits and dots, and nothing else")
        filters = tuple(parse_qsl(parts.query, keep_blank_values=True))
        for name, _ in filters:
            if tag_for_keyword(name) is None:
                raise RemoteError(f"{name!r} is no keyword of DICOM; a filter is Keyword=value, as in Modality=CT")
            if [other for other, _ in filters].count(name) > 1:
                raise RemoteError(f"{name} is there twice; a filter has one value, and a server looks for all filters")
        return cls(f"{SCHEMES[scheme]}://{parts.netloc}{root}", study or None, filters)

    @property
    def host(self) -> str:
        """Host and port, to name in errors."""
        return urlsplit(self.url).netloc


class Archive:
    """A DICOMweb server.

    Args:
        address: Where it is.

    Raises:
        MissingExtra: dicomweb-client is not installed.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client = _client(address)

    def studies(self) -> list[str]:
        """Return the UIDs of the studies that are meant, sorted.

        Raises:
            RemoteError: The server cannot be reached, refuses, or does not answer as PS3.18 has it.
        """
        if self.address.study is not None:
            return [self.address.study]
        with self._talking("looking for studies"):
            return sorted(self._uids("StudyInstanceUID", self._client.search_for_studies, dict(self.address.filters)))

    def _uids(self, name: str, search: Callable[..., list[dict[str, Any]]], filters: dict[str, str]) -> set[str]:
        """Return the UIDs in all rows of an answer, which comes in pages."""
        found: set[str] = set()
        rows, before = 0, None
        while rows < _MOST:
            page = [
                str(Dataset.from_json(one).get(name, ""))
                for one in search(search_filters=filters, limit=_PAGE, offset=rows)
            ]
            if not page or page == before:  # some servers give the same page whatever the offset
                return found
            if not all(map(_UID.fullmatch, page)):
                raise RemoteError(f"{self.address.host}: it answered with a {name} that is none")
            found.update(page)
            rows, before = rows + len(page), page
        raise RemoteError(f"{self.address.host}: it has more than {_MOST} rows to answer with; give filters")

    def fetch(self, study: str, folder: Path) -> int:
        """Write every instance of a study into `folder`, one at a time, and return how many there are.

        Images that domainaug derived are left out: they are in the study of their source, and are no sources.

        Args:
            study: Study Instance UID.
            folder: A folder that exists. Names tell nobody anything.

        Raises:
            RemoteError: As `studies`; or an instance belongs to another study, or some that the archive lists are
                missing.
        """
        count, seen = 0, set()
        with self._talking("fetching a study"):
            for dataset in self._client.iter_study(study, media_types=_ASIS):
                if str(dataset.get("StudyInstanceUID", "")) != study:
                    raise RemoteError(f"{self.address.host}: it sent an instance of another study than was asked for")
                seen.add(str(dataset.SOPInstanceUID))
                if is_ours(dataset):
                    continue
                name = f"{short_hash(dataset.SeriesInstanceUID)}-{short_hash(dataset.SOPInstanceUID)}.dcm"
                dcmwrite(folder / name, dataset, enforce_file_format=True)
                count += 1
            # An answer that ends early may look whole; the archive's own list tells.
            search = partial(self._client.search_for_instances, study)
            missing = self._uids("SOPInstanceUID", search, {}) - seen
        if missing or not seen:
            raise RemoteError(
                f"{self.address.host}: of a study it sent {len(seen)} of {len(missing) + len(seen)} instances; "
                "the same command again fetches it anew"
            )
        return count

    def send(self, files: Sequence[Path]) -> int:
        """Store files, and return how many; the server may have them already, from a run that was cut short.

        Args:
            files: DICOM files, with file meta.

        Raises:
            RemoteError: As `studies`; or the server did not take some of them.
        """
        for batch in _batches(files):
            with self._talking("storing"):
                datasets = [dcmread(path) for path in batch]
                answer = self._client.store_instances(datasets)
            failed = list(answer.get("FailedSOPSequence") or [])
            stored = {str(one.get("ReferencedSOPInstanceUID")) for one in answer.get("ReferencedSOPSequence") or []}
            if failed:
                reasons = sorted({f"{int(one.get('FailureReason', 0)):04X}" for one in failed})
                raise RemoteError(
                    f"{self.address.host}: {len(failed)} of {len(batch)} instances were not taken "
                    f"(failure reason {', '.join(reasons)} of PS3.18 I.2.2); the rest was, and a second try is harmless"
                )
            silent = {str(dataset.SOPInstanceUID) for dataset in datasets} - stored
            if silent:
                raise RemoteError(
                    f"{self.address.host}: it does not say that it stored {len(silent)} of {len(batch)} instances"
                )
        return len(files)

    @contextmanager
    def _talking(self, doing: str) -> Iterator[None]:
        """Turn whatever goes wrong on the way into one sentence that quotes nothing."""
        import requests

        with _hushed(), quiet():
            try:
                yield
            except RemoteError:
                raise
            except requests.HTTPError as error:
                status = error.response.status_code if error.response is not None else 0
                raise RemoteError(
                    f"{self.address.host}: {doing} was refused with status {status}{_hint(status)}"
                ) from None
            except Exception as error:
                if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
                    raise  # of our own disk
                if isinstance(error, requests.RequestException) and not isinstance(error, ValueError):
                    raise RemoteError(
                        f"{self.address.host}: {doing} failed ({type(error).__name__}); "
                        "is a DICOMweb server running there?"
                    ) from None
                strange = f"got an answer that is not as PS3.18 has it ({type(error).__name__})"
                root = urlsplit(self.address.url).path or "/"
                raise RemoteError(
                    f"{self.address.host}: {doing} {strange}; is {root} the root of its DICOMweb service?"
                ) from None


def _client(address: Address) -> DICOMwebClient:
    try:
        import requests
        from dicomweb_client.web import DICOMwebClient
    except ImportError:
        raise MissingExtra("a dicomweb:// address", "pacs") from None
    session = requests.Session()
    session.trust_env = False  # no proxy, and no password of another program
    token, user = (os.environ.get(f"DOMAINAUG_DICOMWEB_{name}") for name in ("TOKEN", "USER"))
    if token:
        session.headers["Authorization"] = f"Bearer {token}"
    elif user:
        session.auth = (user, os.environ.get("DOMAINAUG_DICOMWEB_PASSWORD", ""))
    client = DICOMwebClient(address.url, session=session, timeout=_TIMEOUT, permissive_uid=True)
    client.set_http_retry_params(max_attempts=3, wait_exponential_multiplier=500)  # half a minute by default
    return client


def _batches(files: Iterable[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in files:
        length = path.stat().st_size
        if batch and size + length > _AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += length
    if batch:
        yield batch


def _hint(status: int) -> str:
    if status in (401, 403):
        return "; set DOMAINAUG_DICOMWEB_TOKEN, or DOMAINAUG_DICOMWEB_USER and DOMAINAUG_DICOMWEB_PASSWORD"
    if status == 404:
        return "; there is no such study, or this is not the root of the DICOMweb service"
    return ""


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep to themselves what the client libraries log: addresses with UIDs in them, and answers."""
    loggers: list[tuple[Any, int]] = [
        (logger, logger.level) for logger in map(logging.getLogger, ("dicomweb_client", "urllib3", "requests"))
    ]
    for logger, _ in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in loggers:
            logger.setLevel(level)
