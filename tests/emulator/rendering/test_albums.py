from __future__ import annotations

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves


def upload(rokka: Rokka, width: int, albums: str) -> str:
    data = encode(halves(width, 10))
    image = rokka.upload(data, f"{width}.png", **{"meta_user[0]": f'{{"array:albums": {albums}}}'})
    return str(image["hash"])


def test_album__lists_its_images_newest_first(rokka: Rokka) -> None:
    first = upload(rokka, 10, '["summer 1", "lake"]')
    second = upload(rokka, 20, '["summer 1"]')
    upload(rokka, 30, '["summer 10"]')
    gone = upload(rokka, 40, '["summer 1"]')
    rokka.api("DELETE", f"/sourceimages/demo/{gone}")
    rokka.upload(encode(halves(50, 10)))
    answer = rokka.render("/_albums/summer%201/all.json")
    assert answer.json() == {
        "items": [
            {"hash": second, "name": "20.png", "mimetype": "image/png", "format": "png"},
            {"hash": first, "name": "10.png", "mimetype": "image/png", "format": "png"},
        ]
    }
    assert answer.headers["Content-Type"] == "application/json"


def test_album__leaves_out_what_is_protected(rokka: Rokka) -> None:
    seen = upload(rokka, 10, '["lake"]')
    hidden = upload(rokka, 20, '["lake"]')
    assert len(rokka.render("/_albums/lake/all.json").json()["items"]) == 2
    path = f"/sourceimages/demo/{hidden}/options/protected?deletePrevious=true"
    assert rokka.api("PUT", path, json=True).status_code < 300
    items = rokka.render("/_albums/lake/all.json").json()["items"]
    assert [item["hash"] for item in items] == [seen]


def test_album__without_images_is_empty(rokka: Rokka) -> None:
    assert rokka.render("/_albums/none/all.json?x=1").json() == {"items": []}


def test_album__of_an_unknown_organization_is_404(rokka: Rokka) -> None:
    path = "/render/nobody/_albums/lake/all.json"
    assert rokka.api("GET", path).status_code == 404


def test_album__is_only_read(rokka: Rokka) -> None:
    assert rokka.render("/_albums/lake/all.json", method="DELETE").status_code == 400


def test_favorites__are_missing(rokka: Rokka) -> None:
    answer = rokka.render("/_albums/lake/favorites.json")
    assert answer.status_code == 501
    assert "favorites" in answer.json()["error"]["message"]
