import http.client

import pytest


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768])
def test_the_app_opens_without_a_complaint_or_a_request_to_elsewhere(visiting, theme, width):
    with visiting(theme, width) as visit:
        visit.go()
        assert visit.page.locator("img[alt]").count() >= 1
        assert visit.page.locator("[data-testid='stException']").count() == 0
        visit.shot(f"frame-{theme}-{width}")


def handshake(server, **headers):
    """What the server answers to a browser that asks for the line all pages come over."""
    asked = {
        "Host": f"127.0.0.1:{server.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        line.request("GET", "/_stcore/stream", headers={**asked, **headers})
        return line.getresponse().status
    finally:
        line.close()


def test_only_pages_of_its_own_are_answered(server):
    assert handshake(server, Origin=server.url) == 101
    assert handshake(server, Origin=server.url, Host="evil.example") == 403
    assert handshake(server, Origin="http://evil.example") == 403
