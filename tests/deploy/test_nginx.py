"""deploy/nginx/etracking.conf in a real nginx, before a real gunicorn, over TLS."""

import ssl
import threading
from contextlib import ExitStack

import pytest
import urllib3

from models.dossiers.number import new_number
from paths import STATIC
from support.nginx import HOST, Front
from support.waiting import eventually
from web.static_files import copies

pytestmark = pytest.mark.long

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BOUNCE = {"Content-Type": "message/rfc822"}


def test_a_page_has_the_headers_of_the_site_once(front):
    answer = front.ask("/procedures")
    assert answer.status == 200 and b"<h1" in answer.data
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
        assert len(answer.headers.getlist(name)) == 1, name


def test_browsers_speak_http2_over_modern_tls(front):
    with front.connection() as connection:
        assert connection.version() == "TLSv1.3" and connection.selected_alpn_protocol() == "h2"
    with front.connection(maximum_version=ssl.TLSVersion.TLSv1_2) as connection:
        name, _protocol, _bits = connection.cipher()
        assert name.startswith("ECDHE-") and ("GCM" in name or "CHACHA20" in name)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(front):
    old = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError), front.connection(minimum_version=old, maximum_version=old):
        pass


def test_no_answer_tells_the_version_of_a_program(front):
    for path in ("/", "/static/site.css", "/no-such-page", "/healthz"):
        assert front.ask(path).headers.get("Server", "nginx") == "nginx", path


def test_plain_http_is_sent_to_https_with_path_and_method(front):
    answer = front.ask_plain("/procedures?q=rent", method="POST")
    assert answer.status == 308 and answer.headers["Location"] == f"https://{HOST}/procedures?q=rent"
    assert front.ask_plain("/api/v1/dossiers").status == 403


def test_a_foreign_name_gets_no_answer(front):
    with pytest.raises(ssl.SSLError), front.connection("elsewhere.example.org"):
        pass
    for ask in (
        lambda: front.ask_plain("/", host="elsewhere.example.org"),
        lambda: front.ask("/", headers={"Host": "elsewhere.example.org"}),  # our name in TLS, another in the request
    ):
        with pytest.raises(urllib3.exceptions.ProtocolError):
            ask()


def test_our_name_may_be_in_capitals(front, number):
    assert front.ask("/", headers={"Host": HOST.upper()}).status == 200
    assert front.ask(f"/T/{number}", headers={"Host": HOST.upper()}).status < 400


def test_static_files_come_compressed_and_for_ever(front):
    answer = front.ask(f"/static/{copies()['site.css']}", headers={"Accept-Encoding": "br"}, decode_content=False)
    assert answer.status == 200 and answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.headers.getlist("X-Content-Type-Options")) == 1
    assert int(answer.headers["Content-Length"]) < (STATIC / "site.css").stat().st_size / 2


def test_a_page_with_a_secret_in_it_is_not_compressed(front):
    answer = front.ask("/sign-in", headers={"Accept-Encoding": "gzip, br"}, decode_content=False)
    assert answer.status == 200 and "Content-Encoding" not in answer.headers


def test_the_session_is_one_of_https(front):
    cookie = front.ask("/sign-in").headers["Set-Cookie"]
    assert "__Host-etracking=" in cookie and "Secure" in cookie


def test_who_guesses_is_stopped_whatever_address_they_claim(front):
    statuses = []
    for attempt in range(40):
        claimed = {"X-Forwarded-For": f"198.51.100.{attempt}", "X-Real-IP": f"198.51.100.{attempt}"}
        statuses.append(front.ask(f"/t/{new_number()}", source="127.0.9.9", headers=claimed).status)
    assert statuses[0] == 404 and statuses[-1] == 429
    assert front.ask(f"/t/{new_number()}", source="127.0.5.5").status == 404, "another visitor is not"


@pytest.mark.parametrize(
    "path, headers, fits, too_long",
    [("/t", FORM, 60_000, 66_000), ("/webhooks/bounces", BOUNCE, 520_000, 530_000)],
)
def test_a_request_has_the_room_that_the_site_gives_it(front, path, headers, fits, too_long):
    taken = front.ask(path, "POST", body=b"n=" + b"0" * fits, headers=headers)
    assert taken.status == (200 if path == "/t" else 401)  # no such number; not signed
    refused = front.ask(path, "POST", body=b"n=" + b"0" * too_long, headers=headers)
    assert refused.status == 413 and b"eTracking" in refused.data
    assert "Strict-Transport-Security" in refused.headers and "Content-Security-Policy" in refused.headers


def test_an_address_that_is_too_long_is_refused_by_nginx(front):
    taken = front.ask("/procedures?q=" + "a" * 7_900)
    assert taken.status == 200 and b"<h1" in taken.data
    for length in (8_050, 8_300):  # one that gunicorn would take, and one that no buffer of nginx holds
        refused = front.ask("/procedures?q=" + "a" * length)
        assert refused.status == 414 and b"eTracking" in refused.data
        assert "Strict-Transport-Security" in refused.headers


def test_slow_visitors_keep_nobody_waiting(front):
    begin = f"POST /t HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n\r\nnumber="
    with ExitStack() as stack:
        for _visitor in range(40):  # gunicorn has eight threads
            stack.enter_context(front.connection()).sendall(begin.encode())
        assert front.ask("/").status == 200


def test_a_restart_loses_no_request(front, web, number):
    """Eight visitors look and write while gunicorn is restarted: they wait, and nobody is refused."""
    over, answers = threading.Event(), []
    wanted = (("GET", f"/t/{number}", 200), ("POST", "/t", 200), ("GET", "/static/site.css", 200))

    def visit() -> None:
        with front.pool("127.0.8.8") as pool:
            while not over.is_set():
                for method, path, status in wanted:
                    answer = pool.request(method, path, headers={"Host": HOST}, redirect=False)
                    answers.append((path, answer.status) if answer.status != status else None)

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    web.stop()
    web.start()
    assert front.ask("/healthz").status == 200
    over.set()
    for visitor in visitors:
        visitor.join()
    assert len(answers) >= 24 and set(answers) == {None}


def test_while_the_site_is_away_visitors_are_told_when_to_come_back(folder):
    (folder / "alone").mkdir()
    front, number = Front(folder / "alone"), new_number()
    with front.running():
        for method, path in (("GET", f"/t/{number}"), ("POST", "/t")):
            answer = front.ask(path, method)
            assert answer.status == 503 and answer.headers["Retry-After"] == "30"
            assert answer.headers["Cache-Control"] == "no-store" and "Strict-Transport-Security" in answer.headers
            assert all(word in answer.data.decode() for word in ("Minutt", "minute", "Minute"))
    assert eventually(lambda: front.logged.count('"status":503') == 2) and number not in front.logged
