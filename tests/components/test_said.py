"""What the explorer has told the address comes back late: it must not undo what was said since."""

from playwright.sync_api import Browser

from tests.components.modules import with_functions

_RUN = """(steps) => {
  const said = new Said();
  return steps.map(([act, value]) => said[act](value));
}"""


def test_only_the_servers_own_news_is_news(chromium: Browser) -> None:
    page = with_functions(chromium, "shared/said.js")
    for steps, expected in (
        ([("hear", "")], [False]),
        ([("hear", "1.2.3")], [True]),  # a shared link
        ([("say", "1"), ("hear", "1")], [True, False]),
        ([("say", "1"), ("say", "1")], [True, False]),  # nothing to send again
        ([("say", "1"), ("say", "2"), ("hear", "1"), ("hear", "2")], [True, True, False, False]),
        ([("say", "1"), ("say", "2"), ("hear", "2"), ("hear", "2")], [True, True, False, False]),
        ([("say", "1"), ("hear", ""), ("hear", "1")], [True, False, False]),  # an older run ends first
        ([("say", "1"), ("hear", "1"), ("hear", "")], [True, False, True]),  # an example was loaded
        ([("say", "1"), ("hear", "1"), ("say", ""), ("hear", "")], [True, False, True, False]),
    ):
        assert page.evaluate(_RUN, steps) == expected, steps
    page.close()
