"""The components' modules in a browser without a server."""

from playwright.sync_api import Browser, Page, Route

from cnnviz.components.assets import FILES, MODULES, VERSION

ORIGIN = "http://modules.test/"
BASE = f"{ORIGIN}{MODULES}/{VERSION}/"

_KINDS = {"js": "text/javascript", "css": "text/css", "html": "text/html"}
_TAKE = """async (addresses) => {
  for (const address of addresses) Object.assign(globalThis, await import(address));
}"""
_MOUNT = """async (address) => {
  globalThis.mount = (await import(address)).default;
}"""


def serve(route: Route) -> None:
    name = route.request.url.removeprefix(BASE).partition("?")[0]
    if route.request.url == ORIGIN:
        route.fulfill(body="<!doctype html><main></main>", content_type="text/html")
    elif name in FILES:
        route.fulfill(body=FILES[name], content_type=_KINDS[name.rpartition(".")[2]])
    else:
        route.fulfill(status=404)


def open_page(chromium: Browser, **options: object) -> Page:
    """An empty page whose server has the modules."""
    page = chromium.new_page(**options)  # type: ignore[arg-type]
    page.route(f"{ORIGIN}**", serve)
    page.goto(ORIGIN)
    return page


def with_functions(chromium: Browser, *names: str) -> Page:
    """A page in which what the modules ``names`` export can be called by its name."""
    page = open_page(chromium)
    take_functions(page, *names)
    return page


def take_functions(page: Page, *names: str) -> None:
    page.evaluate(_TAKE, [BASE + name for name in names])


def with_component(page: Page, name: str) -> Page:
    """``mount`` is what the component ``name`` exports; ``main`` is where it goes."""
    page.evaluate(_MOUNT, f"{BASE}{name}/{name}.js")
    return page
