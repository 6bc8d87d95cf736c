from tests.pages.conftest import OpenPage


def test_home_leads_to_every_page(open_page: OpenPage) -> None:
    app = open_page("home")
    assert [link.value for link in app.page_link] == [
        "**Explore a convolution**",
        "**Explore a pooling**",
        "**Build a network**",
        "**Study the famous ones**",
        "**Train a network**",
        "**Follow an image through it**",
        "**Look at its kernels**",
        "**Compare what they learned**",
    ]
