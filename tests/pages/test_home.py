from tests.pages.conftest import OpenPage


def test_home_leads_to_every_page(open_page: OpenPage) -> None:
    app = open_page("home")
    assert [link.value for link in app.page_link] == [
        "**Explore a convolution**",
        "**Explore a pooling**",
        "**Build a network**",
        "**Compare the famous ones**",
        "**Train a network**",
        "**Compare what they learned**",
        "**Look at its kernels**",
        "**Follow an image through it**",
    ]
