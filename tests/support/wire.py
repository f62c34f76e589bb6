"""A browser without JavaScript, over the wire: for the service as processes of its own."""

from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup

from support.visitor import check, values


class Browser:
    """Opens pages, follows links and sends forms; `headers` go with every request."""

    def __init__(self, url: str, **headers: str) -> None:
        self.session = requests.Session()
        self.session.headers.update({"Accept-Language": "en"} | headers)
        self.open(self.session.get, url)

    def open(self, method, url: str, **kwargs) -> None:
        answer = method(url, timeout=30, **kwargs)
        assert answer.status_code == 200, answer.url
        self.url, self.soup = answer.url, BeautifulSoup(answer.text, "html.parser")
        check(self.soup, part=False)

    def go(self, url: str) -> None:
        self.open(self.session.get, urljoin(self.url, url))

    def follow(self, words: str) -> None:
        self.go(next(a["href"] for a in self.soup.main.find_all("a") if words in a.get_text()))

    def send(self, action: str, **fields: str) -> None:
        form = next(form for form in self.soup.main.find_all("form") if action in form["action"])
        address, data = urljoin(self.url, form["action"]), values(form) | fields
        if form.get("method") == "post":
            self.open(self.session.post, address, data=data)
        else:
            self.open(self.session.get, address, params=data)

    def file(self, words: str) -> bytes:
        link = next(a["href"] for a in self.soup.main.find_all("a") if words in a.get_text())
        return self.session.get(urljoin(self.url, link), timeout=30).content

    def picture(self, selector: str) -> str:
        source = self.soup.select_one(selector)["src"]
        return self.session.get(urljoin(self.url, source), timeout=30).text

    @property
    def title(self) -> str:
        return self.soup.h1.get_text(" ", strip=True)
