"""Addresses of DICOMweb servers, and what is said when there is none behind them."""

from __future__ import annotations

import io
import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.errors import RemoteError
from domainaug.medical.dicomweb import Address, Archive, is_address, is_ours


class TestAddress:
    @pytest.mark.parametrize("text", ["dicomweb://host/x", "dicomwebs://host", "dicomweb:/host/x"])
    def test_it_is_told_from_a_path(self, text):
        assert is_address(text)

    @pytest.mark.parametrize("text", ["dicomweb", "/data/dicomweb:", "C:/studies", "http://host", "study.dcm"])
    def test_a_path_is_none(self, text):
        assert not is_address(text)

    def test_scheme_port_root_and_filters_are_read(self):
        address = Address.of("dicomweb://host:8042/dicom-web/?Modality=CT&StudyDate=20200101-20201231")
        assert (address.url, address.host) == ("http://host:8042/dicom-web", "host:8042")
        assert address.filters == (("Modality", "CT"), ("StudyDate", "20200101-20201231"))

    def test_one_study_may_be_named_and_the_safe_scheme_is_https(self):
        address = Address.of("dicomwebs://host/rs/studies/1.2.3")
        assert (address.url, address.study) == ("https://host/rs", "1.2.3")

    @pytest.mark.parametrize("text", ["dicomweb://", "dicomweb:///x", "dicomweb://host:port/x", "http://host/x"])
    def test_what_is_none_is_refused_with_the_pattern(self, text):
        with pytest.raises(RemoteError, match=r"an address is dicomweb://HOST"):
            Address.of(text)

    def test_a_password_is_refused_and_not_quoted(self):
        with pytest.raises(RemoteError, match="no user or password") as told:
            Address.of("dicomweb://me:secret@host/x")
        assert "secret" not in str(told.value)

    def test_the_uid_of_a_study_is_digits_and_dots(self):
        with pytest.raises(RemoteError, match="digits and dots"):
            Address.of("dicomweb://host/x/studies/../../etc")


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, int]]]:
    """A web server that is no archive: it answers as it is told to, and remembers what it was asked."""
    answer: dict[str, object] = {"status": 200, "body": b"<html>welcome</html>", "headers": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer["headers"].append(dict(self.headers))
            body = answer["answers"](self.path) if "answers" in answer else answer["body"]
            kind = {b"[": "application/dicom+json", b"-": 'multipart/related; type="application/dicom"; boundary=B'}
            self.send_response(int(answer["status"]))
            self.send_header("Content-Type", kind.get(body[:1], "text/html"))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"dicomweb://127.0.0.1:{http.server_port}/root", answer
        http.shutdown()
        thread.join()


class TestTalking:
    def test_where_nobody_listens_the_place_is_named(self):
        with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as http:
            port = http.server_port
        with pytest.raises(RemoteError, match=rf"127\.0\.0\.1:{port}: looking for studies failed"):
            Archive(Address.of(f"dicomweb://127.0.0.1:{port}/x")).studies()

    def test_a_page_for_people_is_not_an_archive(self, server):
        address, _ = server
        with pytest.raises(RemoteError, match="is /root the root of its DICOMweb service"):
            Archive(Address.of(address)).studies()

    def test_who_may_not_ask_is_told_how_to(self, server):
        address, answer = server
        answer["status"] = 401
        with pytest.raises(RemoteError, match="refused with status 401; set DOMAINAUG_DICOMWEB_TOKEN"):
            Archive(Address.of(address)).studies()

    def test_the_token_of_the_environment_is_sent(self, server, monkeypatch):
        address, answer = server
        monkeypatch.setenv("DOMAINAUG_DICOMWEB_TOKEN", "T0KEN")
        with pytest.raises(RemoteError) as told:
            Archive(Address.of(address)).studies()
        assert answer["headers"][0]["Authorization"] == "Bearer T0KEN"
        assert "T0KEN" not in str(told.value)

    def test_so_are_user_and_password(self, server, monkeypatch):
        address, answer = server
        monkeypatch.setenv("DOMAINAUG_DICOMWEB_USER", "me")
        monkeypatch.setenv("DOMAINAUG_DICOMWEB_PASSWORD", "secret")
        with pytest.raises(RemoteError):
            Archive(Address.of(address)).studies()
        assert answer["headers"][0]["Authorization"].startswith("Basic ")

    def test_the_answer_is_quoted_nowhere_not_even_in_logs(self, server, caplog):
        address, answer = server
        answer["body"] = b"Jane^Q7"
        caplog.set_level("DEBUG")
        with pytest.raises(RemoteError) as told:
            Archive(Address.of(f"{address}?PatientID=4711")).studies()
        assert not {"Q7", "4711"} & {word for word in ("Q7", "4711") if word in str(told.value) + caplog.text}


class TestAnswers:
    """What a server may answer that it should not."""

    @staticmethod
    def asked(server, answers):
        address, answer = server
        answer["answers"] = answers
        return Archive(Address.of(address))

    @staticmethod
    def rows(name, *uids):
        return json.dumps([{name: {"vr": "UI", "Value": [uid]}} for uid in uids]).encode()

    def test_a_study_whose_uid_is_a_path_is_refused(self, server):
        archive = self.asked(server, lambda _: self.rows("0020000D", "../../admin?x=Jane"))
        with pytest.raises(RemoteError, match="a StudyInstanceUID that is none") as told:
            archive.studies()
        assert "Jane" not in str(told.value)

    def test_pages_may_repeat_a_study_and_may_ignore_where_they_begin(self, server):
        every = [f"1.2.{number // 300}" for number in range(900)]

        def paged(path):
            begin = int(parse_qs(urlsplit(path).query)["offset"][0])
            return self.rows("0020000D", *every[begin : begin + 200])

        assert self.asked(server, paged).studies() == ["1.2.0", "1.2.1", "1.2.2"]
        assert self.asked(server, lambda _: self.rows("0020000D", "1.2.5", "1.2.4")).studies() == ["1.2.4", "1.2.5"]

    def test_pages_that_never_end_are_left(self, server, monkeypatch):
        monkeypatch.setattr("domainaug.medical.dicomweb._MOST", 20)
        counter = itertools.count()
        archive = self.asked(server, lambda _: self.rows("0020000D", *(f"1.2.{next(counter)}" for _ in range(5))))
        with pytest.raises(RemoteError, match="more than 20 rows"):
            archive.studies()

    @pytest.mark.parametrize("closed", [True, False])
    def test_a_study_that_ends_early_is_not_taken_for_whole(self, server, tmp_path, closed):
        part = io.BytesIO()
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        dataset.save_as(part)
        study = dataset.StudyInstanceUID
        body = b"--B\r\nContent-Type: application/dicom\r\n\r\n" + part.getvalue() + (b"\r\n--B--" if closed else b"")

        def answered(path):
            if "/instances" in path:
                return self.rows("00080018", dataset.SOPInstanceUID, "1.2.3.99")
            return body

        with pytest.raises(RemoteError, match="it sent 1 of 2 instances"):
            self.asked(server, answered).fetch(study, tmp_path)

    @pytest.mark.parametrize(
        ("query", "said"),
        [("Modalty=CT", "no keyword of DICOM"), ("limit=5", "no keyword"), ("Modality=CT&Modality=MR", "there twice")],
    )
    def test_a_filter_that_would_not_be_heard_is_refused(self, query, said):
        with pytest.raises(RemoteError, match=said):
            Address.of(f"dicomweb://host/x?{query}")


def test_what_domainaug_derived_is_known_by_its_equipment():
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    assert not is_ours(dataset)
    equipment = pydicom.Dataset()
    equipment.ManufacturerModelName = "domainaug"
    dataset.ContributingEquipmentSequence = [equipment]
    assert is_ours(dataset)
