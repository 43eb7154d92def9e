import runpy
import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domainaug.app.start import OPTIONS, command, serve
from domainaug.cli import app
from domainaug.errors import DomainAugError, MissingExtra, OutputError

CHECKOUT = Path(__file__).resolve().parents[2]


def test_a_checkout_is_as_hardened_as_the_command():
    tomllib = pytest.importorskip("tomllib")
    written = tomllib.loads((CHECKOUT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert written == {name: dict(section) for name, section in OPTIONS.items()}


def test_every_option_is_one_that_streamlit_has():
    config = pytest.importorskip("streamlit.config")
    known = config.get_config_options()
    said = [word.removeprefix("--").partition("=")[0] for word in command(Path(), 8501) if word.startswith("--ser")]
    assert "server.allowedHosts" in said
    assert [name for name in said if name not in known] == []


@pytest.mark.parametrize(
    "flag",
    [
        "--server.address=127.0.0.1",
        "--server.allowedHosts=localhost",
        "--server.allowedHosts=127.0.0.1",
        "--server.maxUploadSize=20",
        "--server.enableStaticServing=false",
        "--browser.gatherUsageStats=false",
        "--client.showErrorDetails=none",
    ],
)
def test_the_command_carries_what_keeps_it_safe(flag):
    assert flag in command(Path("/data"), 8501)


def test_the_folder_comes_after_everything_that_is_streamlits():
    words = command(Path("/data"), 9000)
    assert words[-3:] == ["--", "--root", "/data"]
    assert "--server.port=9000" in words[: words.index("--")]
    assert Path(words[4]).is_file()


def test_a_folder_that_is_not_there_is_refused_before_an_address_is_told(tmp_path, capfd):
    pytest.importorskip("streamlit")
    with pytest.raises(OutputError, match="no such folder"):
        serve(tmp_path / "missing", 8501)
    assert capfd.readouterr() == ("", "")


def test_a_port_where_something_else_listens_is_refused_before_an_address_is_told(tmp_path, capfd):
    pytest.importorskip("streamlit")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=f"--port {port}: something else listens there; name another"):
            serve(tmp_path, port)
    assert capfd.readouterr() == ("", "")


def test_a_python_that_is_too_old_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("domainaug.app.start._LEAST", (99, 0))
    with pytest.raises(DomainAugError, match=r"needs Python 99\.0 or newer"):
        serve(tmp_path, 8501)


def test_without_streamlit_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("domainaug.app.start.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"domainaug\[app\]"):
        serve(tmp_path, 8501)


def test_the_command_serves_the_folder_it_is_given(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("domainaug.app.start.serve", lambda root, port: asked.append((root, port)) or 0)
    done = CliRunner().invoke(app, ["app", "--root", str(tmp_path), "--port", "8600"])
    assert done.exit_code == 0
    assert asked == [(tmp_path, 8600)]


def test_starting_it_costs_no_streamlit():
    import subprocess

    script = "import sys, domainaug.cli, domainaug.app.start; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def luminance(color):
    parts = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in (c / 255 for c in color)]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_captions_can_be_read_by_those_who_see_less(theme):
    """Streamlit draws captions with 60 % of the text's color; WCAG asks for 4.5."""
    told = OPTIONS["theme"][theme]
    text = [int(told["textColor"][at : at + 2], 16) for at in (1, 3, 5)]
    for name in (told["backgroundColor"], told["sidebar"]["backgroundColor"]):
        back = [int(name[at : at + 2], 16) for at in (1, 3, 5)]
        faded = [0.6 * one + 0.4 * behind for one, behind in zip(text, back, strict=True)]
        dark, bright = sorted((luminance(faded), luminance(back)))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("script", ["app.py", "domainaug/app/start/entry.py"])
@pytest.mark.parametrize(("name", "draws"), [("__main__", 1), ("__mp_main__", 0)])
def test_a_process_that_a_page_starts_draws_no_page(script, name, draws, monkeypatch):
    navigation = pytest.importorskip("domainaug.app.navigation")
    drawn = []
    monkeypatch.setattr(navigation, "navigate", lambda: drawn.append(script))
    runpy.run_path(str(CHECKOUT / script), run_name=name)
    assert len(drawn) == draws
